"""What vehicles asked and were answered, in the database; written by group commit."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select

from contract_service.model.contract_data import InstallationAction
from contract_service.model.installation import InstallationRecord, InstallationStep
from contract_service.store.contract_pool_tables import installations
from exi import Schema
from foundation.database import Database, Row
from foundation.events import Event
from foundation.outbox import Outbox

MOST_DELIVERIES = 256
"""Own judgement: how far back a session's deliveries are looked at."""

_insert = insert(installations)
_by_reference = select(installations).where(installations.c.reference == bindparam("reference"))
_delivered = (
    select(installations.c.request, installations.c.data_id)
    .where(installations.c.session == bindparam("session"), installations.c.data_id.is_not(None))
    .order_by(installations.c.answered_at, installations.c.reference)
    .limit(MOST_DELIVERIES)
)


class SqlInstallationLog:
    """`InstallationLog` on one table."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    def append(self, record: InstallationRecord, event: Event | None) -> None:
        """Keep a record together with the event of a delivery, durable on return."""
        row = Row(
            _insert,
            {
                "reference": record.reference,
                "answered_at": record.answered_at,
                "client_id": record.client_id,
                "operator_ids": list(record.operator_ids),
                "station_id": record.station_id,
                "wmi": record.wmi,
                "provider_id": record.provider_id,
                "schema": record.schema.value,
                "action": record.action.value,
                "accepted": record.accepted,
                "response_code": record.response_code,
                "remaining_contracts": record.remaining_contracts,
                "steps": [[s.name, s.passed, s.code, s.detail] for s in record.steps],
                "data_id": record.data_id,
                "session": record.session,
                "request": record.request,
            },
        )
        self._database.append(row, *([] if event is None else [self._outbox.row(event)]))

    def find(self, reference: str) -> InstallationRecord | None:
        """Return the record with that reference."""
        rows = self._database.fetch(_by_reference, {"reference": reference})
        if not rows:
            return None
        (row,) = rows
        return InstallationRecord(
            reference=row.reference,
            answered_at=row.answered_at,
            client_id=row.client_id,
            operator_ids=tuple(row.operator_ids),
            station_id=row.station_id,
            wmi=row.wmi,
            provider_id=row.provider_id,
            schema=Schema(row.schema),
            action=InstallationAction(row.action),
            accepted=row.accepted,
            response_code=row.response_code,
            remaining_contracts=row.remaining_contracts,
            steps=tuple(InstallationStep(*step) for step in row.steps),
            data_id=row.data_id,
            session=row.session,
            request=row.request,
        )

    def delivered(self, session: str) -> Sequence[tuple[str, str]]:
        """Return request and data id of what was delivered in a session, first to last."""
        rows = self._database.fetch(_delivered, {"session": session})
        return [(row.request, row.data_id) for row in rows]
