"""Decision records made up for the log's tests."""

from datetime import datetime, timedelta

from authorization.model.decision import Decision
from authorization.model.outcome import (
    Assurance,
    EvidenceKind,
    Outcome,
    Reason,
    ReasonCode,
)
from authorization.operations.ports import DecisionRecord
from tests.authorization.fakes import CONTRACT_ID, NOW


def record(
    number: int,
    *,
    outcome: Outcome = Outcome.ACCEPTED,
    evidence: EvidenceKind = EvidenceKind.AUTOCHARGE,
    operator_id: str = "DEABC",
    station_id: str = "CS-1",
    evse_id: str | None = None,
    provider_id: str | None = "DEABC",
    contract_id: str | None = CONTRACT_ID,
    enrolment_id: str | None = None,
    evcoid: str | None = None,
    code: str = ReasonCode.CONTRACT_STANDS,
    decided_at: datetime | None = None,
) -> DecisionRecord:
    """A decision whose reference is `number`, made that many seconds after NOW."""
    decision = Decision(
        reference=reference(number),
        decided_at=decided_at or NOW + timedelta(seconds=number),
        outcome=outcome,
        certificate_status=None,
        evidence=evidence,
        assurance=Assurance.IDENTIFIER,
        reasons=(Reason(code, "=a sentence"),),
        valid_until=None,
        evcoid=evcoid,
        contract_id=contract_id,
        provider_id=provider_id,
        enrolment_id=enrolment_id,
        refused_for=None if outcome is Outcome.ACCEPTED else code,
    )
    return DecisionRecord(decision, "cpo", operator_id, station_id, evse_id, "2")


def reference(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012x}"
