"""The decision log in the database, written by group commit."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Row as ResultRow
from sqlalchemy import bindparam, insert, select

from authorization.model.connector import EnergyTransferMode
from authorization.model.decision import AllowedEvse, Decision
from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    Reason,
)
from authorization.model.partner_answer import PartnerReference
from authorization.operations.ports import DecisionRecord
from authorization.store.tables import decisions, partner_references
from autocharge.model.trace import NO_TRACE, Trace
from contract_service.model.contract import identity
from foundation.database import Database, Row
from foundation.identifiers import Emaid
from foundation.sealing import KeyedHash, Sealer

AnyRow = ResultRow[*tuple[Any, ...]]

EvcoidDigest = Callable[[Emaid], bytes]
"""What an EMAID without a contract here is looked up by, the same for all its spellings."""


def evcoid_digest(keyed_hash: KeyedHash) -> EvcoidDigest:
    """Return the digest under a secret pepper: 32 bytes."""
    return lambda emaid: keyed_hash.digest("authorization.evcoid", identity(emaid))


PresentedDigest = Callable[[str], bytes]
"""What a `presented_key` is looked up by."""


def presented_digest(keyed_hash: KeyedHash) -> PresentedDigest:
    """Return the digest under a secret pepper: 32 bytes."""
    return lambda presented: keyed_hash.digest("authorization.presented", presented)


Read = TypeVar("Read")

_insert = insert(decisions)
_insert_reference = insert(partner_references)
_find = (
    select(
        decisions,
        partner_references.c.partner_id,
        partner_references.c.partner_reference,
        partner_references.c.asked_us,
    )
    .outerjoin(partner_references, partner_references.c.reference == decisions.c.reference)
    .where(decisions.c.reference == bindparam("reference"))
)


class SqlDecisionLog:
    """`authorization.operations.ports.DecisionLog`.

    `trace_rows` turns what is kept beside a decision into rows, those of Autocharge's tables.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        trace_rows: Callable[[Trace], Sequence[Row]],
        digest: EvcoidDigest,
        presented: PresentedDigest,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._trace_rows = trace_rows
        self._digest = digest
        self._presented = presented

    def append(self, record: DecisionRecord, trace: Trace = NO_TRACE) -> None:
        """Keep both; durable on return, in a transaction shared with other decisions."""
        decision = record.decision
        if decision.reference is None:
            raise ValueError("a rehearsal is not recorded")
        evcoid_sealed, evcoid_digest = None, None
        if decision.contract_id is None and decision.evcoid is not None:
            evcoid_sealed = self._sealer.seal(
                decision.evcoid.encode(), _context(decision.reference)
            )
            evcoid_digest = self._digest(Emaid.parse(decision.evcoid))
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
            "refused_for": decision.refused_for,
            "evcoid_digest": evcoid_digest,
            "basis": record.basis,
            "presented_digest": (
                None if record.presented is None else self._presented(record.presented)
            ),
            "evses": _evses_value(decision),
            "energy_transfer": _modes_value(decision),
        }
        beside = [] if trace is NO_TRACE else [*self._trace_rows(trace)]
        if record.partner is not None:
            beside.append(_reference_row(decision.reference, record.partner))
        self._database.append(Row(_insert, values), *beside)

    def find(self, reference: str) -> DecisionRecord | None:
        """Return the record; its decision's `evcoid` is None where a contract has it."""
        with self._database.read() as connection:
            row = connection.execute(_find, {"reference": reference}).first()
        if row is None:
            return None
        partner = None
        if row.partner_id is not None:
            partner = PartnerReference(row.partner_id, row.partner_reference, row.asked_us)
        return replace(record_of(row, self._sealer), partner=partner)


def record_of(row: AnyRow, sealer: Sealer) -> DecisionRecord:
    """Return a row of the table as the record that it keeps."""
    evcoid = None
    if row.evcoid_sealed is not None:
        evcoid = sealer.open(row.evcoid_sealed, _context(row.reference)).decode()
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
        refused_for=row.refused_for,
        evses=_of(row.evses, lambda pair: AllowedEvse(*pair)),
        energy_transfer=_of(row.energy_transfer, EnergyTransferMode),
    )
    return DecisionRecord(
        decision,
        row.client_id,
        row.operator_id,
        row.station_id,
        row.evse_id,
        row.rules_version,
        basis=row.basis,
    )


def _evses_value(decision: Decision) -> list[tuple[int, str]] | None:
    evses = decision.evses
    return None if evses is None else [(evse.number, evse.evse_id) for evse in evses]


def _modes_value(decision: Decision) -> list[str] | None:
    modes = decision.energy_transfer
    return None if modes is None else [mode.value for mode in modes]


def _of(stored: Sequence[Any] | None, read: Callable[[Any], Read]) -> tuple[Read, ...] | None:
    return None if stored is None else tuple(read(one) for one in stored)


def _reference_row(reference: str, partner: PartnerReference) -> Row:
    return Row(
        _insert_reference,
        {
            "reference": reference,
            "partner_id": partner.partner_id,
            "partner_reference": partner.reference,
            "asked_us": partner.asked_us,
        },
    )


def _context(reference: str) -> str:
    return f"authorization.decision:{reference}"
