"""What another rule file would have answered, on features that were recorded."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autocharge.model.features import Features
from autocharge.model.risk import Action, RiskRules, judge


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rule files on the same features: how often each pair of answers came about.

    `answers` counts (live, candidate); `gained` and `lost` count the signals that hold by one of
    the two alone where the answers differ, for people who want to know why.
    """

    live_version: str
    candidate_version: str
    answers: Mapping[tuple[Action, Action], int]
    gained: Mapping[str, int]
    lost: Mapping[str, int]

    @property
    def judged(self) -> int:
        """How many features both rule files judged."""
        return sum(self.answers.values())

    @property
    def changed(self) -> int:
        """How many of them would have been answered differently."""
        return sum(count for (live, other), count in self.answers.items() if live is not other)

    @property
    def stricter(self) -> int:
        """How many of those the candidate would have answered more strictly."""
        return sum(
            count
            for (live, other), count in self.answers.items()
            if STRICTNESS[other] > STRICTNESS[live]
        )

    @property
    def laxer(self) -> int:
        """How many of those the candidate would have answered less strictly."""
        return self.changed - self.stricter


STRICTNESS = {action: rank for rank, action in enumerate(Action)}
"""Actions are declared from the laxest to the strictest."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What the risk answered to a request once: its features, the action, the signals that held."""

    features: Features
    action: Action
    codes: frozenset[str]
    rules_version: str


def compare(live: RiskRules, candidate: RiskRules, features: Iterable[Features]) -> Difference:
    """Judge every one of the features by both rule files; pure, in one pass, never raises."""
    judged = ((one, judge(live, one)) for one in features)
    return replay(
        candidate,
        (
            RecordedAnswer(
                one,
                before.action,
                frozenset(reason.code for reason in before.reasons),
                before.rules_version,
            )
            for one, before in judged
        ),
        live.version,
    )


def replay(
    candidate: RiskRules, recorded: Iterable[RecordedAnswer], version: str | None = None
) -> Difference:
    """Judge recorded features by the candidate and compare with what was answered then.

    `version` names the live rules; None: those of the records, all versions that are met.
    """
    answers: Counter[tuple[Action, Action]] = Counter()
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    versions: set[str] = set()
    for one in recorded:
        after = judge(candidate, one.features)
        versions.add(one.rules_version)
        answers[one.action, after.action] += 1
        if one.action is not after.action:
            now = {reason.code for reason in after.reasons}
            gained.update(now - one.codes)
            lost.update(one.codes - now)
    live = ", ".join(sorted(versions)) if version is None else version
    return Difference(live, candidate.version, answers, gained, lost)
