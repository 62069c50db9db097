"""The decision log in the database, written by group commit."""

from sqlalchemy import bindparam, insert, select

from authorization.model.decision import Decision
from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    Reason,
)
from authorization.operations.ports import DecisionRecord
from authorization.store.tables import decisions
from foundation.database import Database, Row
from foundation.sealing import Sealer

_insert = insert(decisions)
_find = select(decisions).where(decisions.c.reference == bindparam("reference"))


class SqlDecisionLog:
    """`authorization.operations.ports.DecisionLog`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def append(self, record: DecisionRecord) -> None:
        """Keep the record; durable on return, in a transaction shared with other decisions."""
        decision = record.decision
        if decision.reference is None:
            raise ValueError("a rehearsal is not recorded")
        evcoid_sealed = None
        if decision.contract_id is None and decision.evcoid is not None:
            evcoid_sealed = self._sealer.seal(
                decision.evcoid.encode(), _context(decision.reference)
            )
        status = decision.certificate_status
        values = {
            "reference": decision.reference,
            "decided_at": decision.decided_at,
            "client_id": record.client_id,
            "operator_id": record.operator_id,
            "station_id": record.station_id,
            "evse_id": record.evse_id,
            "evidence": decision.evidence.value,
            "assurance": decision.assurance.value,
            "outcome": decision.outcome.value,
            "certificate_status": status.value if status is not None else None,
            "reasons": [(reason.code, reason.detail) for reason in decision.reasons],
            "valid_until": decision.valid_until,
            "contract_id": decision.contract_id,
            "provider_id": decision.provider_id,
            "enrolment_id": decision.enrolment_id,
            "evcoid_sealed": evcoid_sealed,
            "rules_version": record.rules_version,
        }
        self._database.append(Row(_insert, values))

    def find(self, reference: str) -> DecisionRecord | None:
        """Return the record; its decision's `evcoid` is None where a contract has it."""
        with self._database.read() as connection:
            row = connection.execute(_find, {"reference": reference}).first()
        if row is None:
            return None
        evcoid = None
        if row.evcoid_sealed is not None:
            evcoid = self._sealer.open(row.evcoid_sealed, _context(reference)).decode()
        status = row.certificate_status
        decision = Decision(
            reference=row.reference,
            decided_at=row.decided_at,
            outcome=Outcome(row.outcome),
            certificate_status=None if status is None else AuthorizeCertificateStatus(status),
            evidence=EvidenceKind(row.evidence),
            assurance=Assurance(row.assurance),
            reasons=tuple(Reason(code, detail) for code, detail in row.reasons),
            valid_until=row.valid_until,
            evcoid=evcoid,
            contract_id=row.contract_id,
            provider_id=row.provider_id,
            enrolment_id=row.enrolment_id,
        )
        return DecisionRecord(
            decision,
            row.client_id,
            row.operator_id,
            row.station_id,
            row.evse_id,
            row.rules_version,
        )


def _context(reference: str) -> str:
    return f"authorization.decision:{reference}"
