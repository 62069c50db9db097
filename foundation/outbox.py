"""The outbox: events written in the operation's own transaction, a queue for whoever tells of them,
and leases for background work.

An event waits until it is done. Any number of processes claim those that wait, in batches and for a
while: what a process that died had claimed waits again when its lease has run out.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from foundation.database import Database, Instant, Row, metadata
from foundation.errors import ServiceError
from foundation.events import Event
from foundation.prepared import execute_in
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
    Column("claim", String(36)),
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("done_at", Instant),
    Index("ix_outbox_occurred_at", "occurred_at"),
    Index(
        "ix_outbox_waiting",
        "id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
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

MAXIMUM_ATTEMPTS = 10
"""How often an event is claimed before it is left for people: whoever tells of it always fails."""

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
        execute_in(self._connection, row.statement, row.values)


@dataclass(frozen=True, slots=True)
class ClaimedEvents:
    """Events that one process may tell of until its lease ends, oldest first, each with its id."""

    claim: str
    events: Sequence[tuple[str, Event]]


_free = and_(
    outbox.c.done_at.is_(None),
    outbox.c.attempts < MAXIMUM_ATTEMPTS,
    or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= bindparam("now")),
)
_any_free = select(outbox.c.id).where(_free).limit(1)


class OutboxQueue:
    """The events that wait, oldest first; each is told of at least once."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    def claim(self, limit: int, now: datetime, lease: timedelta) -> ClaimedEvents:
        """Claim up to `limit` events for `lease`; those that others have claimed are passed over.

        Which come first is known to the millisecond, and within a claim as exactly as their times.

        An event whose personal part cannot be opened is claimed with them and left out.
        """
        claim = str(uuid.uuid4())
        if not self._database.fetch(_any_free, {"now": now}):  # no transaction for nothing
            return ClaimedEvents(claim, ())
        oldest = select(outbox.c.id).where(_free).order_by(outbox.c.id).limit(limit)
        claiming = (
            update(outbox)
            # SQLite has one writer, whom nobody needs to pass over
            .where(outbox.c.id.in_(oldest.with_for_update(skip_locked=True)))
            .values(claim=claim, claimed_until=now + lease, attempts=outbox.c.attempts + 1)
            .returning(*EVENT_COLUMNS)
        )
        with self._database.write() as connection:
            claimed = connection.execute(claiming, {"now": now}).all()
            connection.commit()
        rows = sorted(claimed, key=lambda row: (row.occurred_at, row.id))
        read = ((row.id, self._read(row)) for row in rows)
        return ClaimedEvents(claim, [(of, event) for of, event in read if event is not None])

    def pass_over(self, before: datetime, now: datetime, limit: int) -> int:
        """Mark up to `limit` events from before that instant as done, untold; return how many."""
        free = _any_free.where(outbox.c.occurred_at < before).limit(limit)
        if not self._database.fetch(_any_free, {"now": now}):  # no transaction for nothing
            return 0
        passing = (
            update(outbox)
            .where(outbox.c.id.in_(free.with_for_update(skip_locked=True)))
            .values(done_at=now, claimed_until=None)
        )
        with self._database.write() as connection:
            passed = connection.execute(passing, {"now": now}).rowcount
            connection.commit()
        return passed

    def _read(self, row: Any) -> Event | None:
        try:
            personal = self._outbox.open_personal(row.id, row.personal)
        except ServiceError:
            return None
        return Event(
            row.type, row.occurred_at, row.client_id, tuple(row.owners), row.subject, personal
        )

    def remove_done(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` events from before that instant that are done; return how many."""
        old = (
            select(outbox.c.id)
            .where(outbox.c.occurred_at < before, outbox.c.done_at.is_not(None))
            .order_by(outbox.c.occurred_at)
            .limit(limit)
        )
        with self._database.write() as connection:
            removed = connection.execute(delete(outbox).where(outbox.c.id.in_(old))).rowcount
            connection.commit()
        return removed


@dataclass(frozen=True, slots=True)
class RecentEvents:
    """What happened lately, whether anybody was told of it or not; nothing personal is opened."""

    database: Database

    def __call__(self, types: Collection[str], since: datetime) -> Sequence[Event]:
        """Return the events of these types since an instant, in no order."""
        statement = select(*EVENT_COLUMNS).where(
            outbox.c.occurred_at >= since, outbox.c.type.in_(types)
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).all()
        return [
            Event(row.type, row.occurred_at, row.client_id, tuple(row.owners), row.subject)
            for row in rows
        ]


def settle(connection: Connection, claim: str, event_ids: Sequence[str], now: datetime) -> bool:
    """Mark claimed events as done in a running transaction.

    False where one of them is no longer this claim's: the lease ran out and somebody else has
    claimed it. The caller then gives its transaction up, as the other does the same work.
    """
    done = (
        update(outbox)
        .where(outbox.c.id.in_(event_ids), outbox.c.claim == claim, outbox.c.done_at.is_(None))
        .values(done_at=now, claimed_until=None)
    )
    return connection.execute(done).rowcount == len(event_ids)


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
