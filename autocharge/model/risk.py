"""The risk of an Autocharge request: accept, ask the driver, or deny, with every reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autocharge.model.features import Features


class Action(StrEnum):
    """What the risk asks for; each is stricter than the one before it."""

    ACCEPT = "accept"
    STEP_UP = "step_up"  # the driver has to confirm in another way
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold of a feature; what is unknown (None) holds of nothing.

    `at_least` and `below` bound a number, `equals` compares a flag or a word; exactly the one
    sort or the other is given (the loader sees to it).
    """

    feature: str
    at_least: float | None = None
    below: float | None = None
    equals: bool | str | None = None

    def holds(self, features: Features) -> bool:
        """Whether it holds of these features."""
        value = getattr(features, self.feature)
        if value is None:
            return False
        if self.equals is not None:
            return bool(value == self.equals)
        return (self.at_least is None or value >= self.at_least) and (
            self.below is None or value < self.below
        )


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign of risk: where all of `when` hold, `weight` is added to the score.

    `code` is stable; `detail` is a sentence for people, into which the features that the signal
    looks at are put by name (`{travel_km}`).
    """

    code: str
    weight: int
    detail: str
    when: tuple[Condition, ...]

    def holds(self, features: Features) -> bool:
        """Whether all its conditions hold."""
        for condition in self.when:  # noqa: SIM110 - asked for each signal of each request
            if not condition.holds(features):
                return False
        return True


@dataclass(frozen=True, slots=True)
class RiskRules:
    """One rule file: from which score the driver is asked, from which the request is denied.

    `version` is stored with every assessment. 0 < `step_up` < `deny`.
    """

    version: str
    step_up: int
    deny: int
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class RiskReason:
    """One signal that held: its code, a sentence for people, and what it added to the score."""

    code: str
    detail: str
    weight: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules of `rules_version` say: the sum of the reasons' weights, and what it asks."""

    action: Action
    score: int
    reasons: tuple[RiskReason, ...]
    rules_version: str


CONFIRMED = RiskReason("confirmed", "the driver has confirmed that it is the right vehicle", 0)


def judge(rules: RiskRules, features: Features) -> Assessment:
    """Judge the features by the rules; every signal that holds is among the reasons.

    A confirmed step-up answers a step-up and nothing else: what is denied stays denied. The score
    is the same either way. Never raises.
    """
    reasons = tuple(_reason(signal, features) for signal in rules.signals if signal.holds(features))
    score = sum(reason.weight for reason in reasons)
    action = _action(rules, score)
    if action is Action.STEP_UP and features.confirmed:
        return Assessment(Action.ACCEPT, score, (*reasons, CONFIRMED), rules.version)
    return Assessment(action, score, reasons, rules.version)


def _action(rules: RiskRules, score: int) -> Action:
    if score >= rules.deny:
        return Action.DENY
    return Action.STEP_UP if score >= rules.step_up else Action.ACCEPT


def _reason(signal: Signal, features: Features) -> RiskReason:
    detail = signal.detail
    for condition in _each_feature(signal.when):
        shown = _shown(getattr(features, condition))
        detail = detail.replace(f"{{{condition}}}", shown)
    return RiskReason(signal.code, detail, signal.weight)


def _each_feature(conditions: Sequence[Condition]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(condition.feature for condition in conditions))


def _shown(value: object) -> str:
    """A number as people read it: three digits tell enough, more would tell a place."""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"
    return str(value)
