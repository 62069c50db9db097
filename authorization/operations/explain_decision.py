"""Explain a recorded decision: what it was made from, and whether it still comes out so."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authorization.model.decision_query import Visibility
from authorization.model.explanation import Step, steps_of, verdict_in
from authorization.model.replay import Replay, replay
from authorization.operations.ports import DecisionRecord
from authorization.operations.read_decision import ReadDecision
from foundation.principal import Principal

KeptEvidence = Callable[[Sequence[str]], Collection[str]]
"""Which of these digests (SHA-256, lower-case hex) name revocation evidence that is kept."""

_FOR_OWNERS = frozenset({"contract", "limits"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision as its reader may see it.

    `basis` is what it was made from; `replay` what the rules of now say to that, None where
    nothing was kept (decisions from before this was kept).
    """

    record: DecisionRecord
    evcoid: str | None
    basis: Mapping[str, Any]
    steps: tuple[Step, ...]
    replay: Replay | None


@dataclass(frozen=True, slots=True)
class ExplainDecision:
    """Explains a decision to those who may read it."""

    read: ReadDecision
    kept_evidence: KeptEvidence

    def __call__(self, principal: Principal, reference: str) -> Explanation:
        """Return the explanation; raises NOT_FOUND as `ReadDecision` does.

        How the contract stood, what limits it has and what its driver was asked is for its
        provider, administrators and auditors; an operator sees of it what its answer said.
        """
        record, evcoid = self.read(principal, reference)
        decision = record.decision
        kept = record.basis
        replayed = None if kept is None else replay(decision, record.rules_version, kept)
        owns = Visibility.of(principal).owns_contract(decision.provider_id)
        basis = _visible(kept or {}, owns=owns)
        verdict = verdict_in(basis)
        digests = [] if verdict is None else verdict["revocation_evidence"]
        steps = steps_of(
            decision,
            record.station_id,
            record.operator_id,
            record.evse_id,
            record.rules_version,
            basis,
            self.kept_evidence(digests),
            replayed,
        )
        return Explanation(record, evcoid, basis, steps, replayed)


def _visible(basis: Mapping[str, Any], *, owns: bool) -> Mapping[str, Any]:
    if owns:
        return basis
    shown = {name: value for name, value in basis.items() if name not in _FOR_OWNERS}
    evidence = shown.get("evidence")
    if evidence is not None and evidence["kind"] == "vehicle":
        # what holds of the risk is among the reasons, for whoever was to be told
        shown["evidence"] = {"kind": evidence["kind"]}
    return shown
