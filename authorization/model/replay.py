"""Make a recorded decision again from what was kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authorization.model.basis import inputs_of
from authorization.model.decision import RULES_VERSION, Decision, decide
from authorization.model.outcome import Outcome, Reason


@dataclass(frozen=True, slots=True)
class Replay:
    """What the rules that hold now say to what a decision was made from.

    `same_rules`: they are those of the time, so that anything but `same_outcome` is a fault of
    ours. `reasons` are those of now.
    """

    rules_version: str
    same_rules: bool
    same_outcome: bool
    outcome: Outcome
    reasons: tuple[Reason, ...]


def replay(decision: Decision, rules_version: str, basis: Mapping[str, Any]) -> Replay:
    """Decide again, at the time of the decision; `rules_version` is that of then."""
    inputs = inputs_of(basis)
    again = decide(
        inputs.evidence,
        inputs.contract,
        now=decision.decided_at,
        reference=decision.reference,
        limits=inputs.limits,
    )
    same = (again.outcome, again.certificate_status, again.assurance, again.refused_for) == (
        decision.outcome,
        decision.certificate_status,
        decision.assurance,
        decision.refused_for,
    )
    return Replay(RULES_VERSION, rules_version == RULES_VERSION, same, again.outcome, again.reasons)
