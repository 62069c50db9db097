"""Certificates that our authorities issue for contracts, recorded for both in one transaction."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import bindparam, insert, select

from contract_service.model.contract import ContractCertificate, ContractStatus
from contract_service.store.contracts import IS_RECORDED, certificate_values
from contract_service.store.tables import contract_certificates, contracts
from foundation.database import Database, Row
from foundation.events import Event
from foundation.outbox import EVENT_COLUMNS, Outbox, outbox
from pki.model.issued import CertificateRecord

# recorded only while the contract is active: the share lock makes a termination wait, and its
# list of what to revoke then has this certificate
_insert_issued = insert(contract_certificates).from_select(
    [column.name for column in contract_certificates.columns],
    select(*(bindparam(c.name, type_=c.type) for c in contract_certificates.columns))
    .select_from(contracts)
    .where(
        contracts.c.contract_id == bindparam("contract_id"),
        contracts.c.status == ContractStatus.ACTIVE.value,
    )
    .with_for_update(read=True),
)
_insert_event_of_recorded = insert(outbox).from_select(
    [column.name for column in EVENT_COLUMNS],
    select(*(bindparam(c.name, type_=c.type) for c in EVENT_COLUMNS)).where(IS_RECORDED.exists()),
)


class RecordOwn(Protocol):
    """`pki.store.issuance.SqlIssuanceLog.record`."""

    def __call__(
        self, record: CertificateRecord, event: Event, alongside: Sequence[Row] = ()
    ) -> None:
        """Record a certificate, its event and the rows in one transaction, durable on return."""


class SqlIssuedCertificates:
    """`IssuedCertificates`, written by group commit."""

    def __init__(self, database: Database, outbox: Outbox, record_own: RecordOwn) -> None:
        self._database = database
        self._outbox = outbox
        self._record_own = record_own

    def record(
        self,
        contract_id: str,
        certificate: ContractCertificate,
        event: Event,
        own: CertificateRecord,
        own_event: Event,
    ) -> bool:
        """Record it for authority and contract; False where the contract is not active."""
        fingerprint = certificate.fingerprint
        values = certificate_values(contract_id, own.issuer, certificate, event.occurred_at)
        told = self._outbox.row(event).values
        concerned = {**told, "contract_id": contract_id, "fingerprint": fingerprint}
        self._record_own(
            own,
            own_event,
            (Row(_insert_issued, values), Row(_insert_event_of_recorded, concerned)),
        )
        found = {"contract_id": contract_id, "fingerprint": fingerprint}
        return bool(self._database.fetch(IS_RECORDED, found))
