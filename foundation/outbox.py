"""The outbox: events written in the operation's own transaction, and leases for background work."""

from datetime import datetime

from sqlalchemy import JSON, Column, Connection, Index, String, Table, insert, or_, update
from sqlalchemy.exc import IntegrityError

from foundation.database import Database, Instant, Row, metadata
from foundation.events import Event
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
    Index("ix_outbox_occurred_at", "occurred_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("held_until", Instant, nullable=False),
)

_insert_event = insert(outbox)
_new_id = TimeOrderedIds()


def event_row(event: Event) -> Row:
    """Return the event as a row for `Database.append`."""
    return Row(
        _insert_event,
        {
            "id": _new_id(),
            "type": event.type,
            "occurred_at": event.occurred_at,
            "client_id": event.client_id,
            "owners": list(event.owners),
            "subject": dict(event.subject or {}),
        },
    )


class SqlEventLog:
    """`foundation.events.EventLog` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, event: Event) -> None:
        """Write the event in the running transaction."""
        row = event_row(event)
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
