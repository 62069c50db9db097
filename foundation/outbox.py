"""The outbox: events written in the operation's own transaction, and leases for background work."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    LargeBinary,
    String,
    Table,
    insert,
    or_,
    update,
)
from sqlalchemy.exc import IntegrityError

from foundation.database import Database, Instant, Row, metadata
from foundation.events import Event
from foundation.sealing import Sealer
from foundation.time_ordered import TimeOrderedIds

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("type", String(64), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("owners", JSON, nullable=False),
    Column("subject", JSON, nullable=False),
    Column("personal", LargeBinary),  # a JSON object, sealed for this row; none where empty
    Index("ix_outbox_occurred_at", "occurred_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("held_until", Instant, nullable=False),
)

EVENT_COLUMNS = (
    outbox.c.id,
    outbox.c.type,
    outbox.c.occurred_at,
    outbox.c.client_id,
    outbox.c.owners,
    outbox.c.subject,
    outbox.c.personal,
)
"""What `Outbox.row` gives values for."""

_insert_event = insert(outbox)
_new_id = TimeOrderedIds()


class Outbox:
    """Turns events into rows; what of an event is personal is sealed for its row alone."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def row(self, event: Event) -> Row:
        """Return the event as a row for `Database.append`."""
        event_id = _new_id()
        return Row(
            _insert_event,
            {
                "id": event_id,
                "type": event.type,
                "occurred_at": event.occurred_at,
                "client_id": event.client_id,
                "owners": list(event.owners),
                "subject": dict(event.subject or {}),
                "personal": self._sealed(event_id, event.personal),
            },
        )

    def log(self, connection: Connection) -> "SqlEventLog":
        """Return where a unit of work on `connection` puts its events."""
        return SqlEventLog(connection, self)

    def open_personal(self, event_id: str, sealed: bytes | None) -> Mapping[str, str]:
        """Return what was personal in the event `event_id`; UNAVAILABLE for another's blob."""
        if sealed is None:
            return {}
        opened: dict[str, str] = orjson.loads(self._sealer.open(sealed, _context(event_id)))
        return opened

    def _sealed(self, event_id: str, personal: Mapping[str, str]) -> bytes | None:
        if not personal:
            return None
        return self._sealer.seal(orjson.dumps(dict(personal)), _context(event_id))


def _context(event_id: str) -> str:
    return f"outbox:{event_id}"


class SqlEventLog:
    """`foundation.events.EventLog` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    def append(self, event: Event) -> None:
        """Write the event in the running transaction."""
        row = self._outbox.row(event)
        self._connection.execute(row.statement, row.values)


def claim_lease(
    database: Database, name: str, holder: str, *, now: datetime, held_until: datetime
) -> bool:
    """Take or prolong the lease `name` for `holder`; False while somebody else holds it."""
    with database.write() as connection:
        taken = connection.execute(
            update(leases)
            .where(
                leases.c.name == name, or_(leases.c.holder == holder, leases.c.held_until <= now)
            )
            .values(holder=holder, held_until=held_until)
        ).rowcount
        if not taken:
            try:
                connection.execute(
                    insert(leases).values(name=name, holder=holder, held_until=held_until)
                )
            except IntegrityError:
                return False
        connection.commit()
        return True
