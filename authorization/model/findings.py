"""What was found in a claim's evidence: what speaks against it, what for it."""

from dataclasses import dataclass, field
from datetime import datetime

from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    Reason,
    ReasonCode,
)


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that speaks against, and the outcome it would lead to."""

    outcome: Outcome
    reason: Reason


@dataclass(slots=True)
class Findings:
    """What speaks against and for the evidence.

    `proven`: whether it is authentic, if perhaps ended (expired, revoked). Only then does the
    asker learn how the contract stands; a printed EMAID with a forged chain asks in vain.
    """

    kind: EvidenceKind
    assurance: Assurance = Assurance.IDENTIFIER
    status: AuthorizeCertificateStatus | None = None
    status_with_contract_refused: AuthorizeCertificateStatus | None = None
    objections: list[Objection] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    proven: bool = True
    needs_contract: bool = True
    valid_until: datetime | None = None

    def object(self, outcome: Outcome, code: ReasonCode, detail: str) -> None:
        """Add one thing that speaks against."""
        self.objections.append(Objection(outcome, Reason(code, detail)))

    def note(self, code: ReasonCode, detail: str) -> None:
        """Add one thing worth knowing that speaks for the evidence, or for caution."""
        self.reasons.append(Reason(code, detail))
