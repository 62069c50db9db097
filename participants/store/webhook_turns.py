"""Which process sends to which endpoint, and what keeps the log of deliveries in bounds."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, bindparam, delete, or_, select, update

from foundation.database import Database
from foundation.errors import ServiceError
from foundation.sealing import Sealer
from participants.model.webhook_endpoint import Delivery
from participants.model.webhook_policy import DeliveryState
from participants.operations.webhook_ports import Turn
from participants.store.tables import webhook_deliveries, webhook_endpoints
from participants.store.webhook_rows import delivery_of, endpoint_of, open_body, open_secret
from participants.store.webhooks import ENABLED, PENDING

_due = and_(
    webhook_endpoints.c.status == ENABLED,
    webhook_endpoints.c.due_at <= bindparam("now"),
    or_(
        webhook_endpoints.c.claimed_until.is_(None),
        webhook_endpoints.c.claimed_until <= bindparam("now"),
    ),
)
_any_due = select(webhook_endpoints.c.endpoint_id).where(_due).limit(1)


class SqlTurns:
    """`Turns` by leases on the endpoints' rows."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def claim(self, limit: int, batch: int, now: datetime, lease: timedelta) -> Sequence[Turn]:
        """Claim up to `limit` endpoints with deliveries due, those due longest first."""
        if not self._database.fetch(_any_due, {"now": now}):  # no transaction for nothing
            return ()
        claim = str(uuid.uuid4())
        first = (
            select(webhook_endpoints.c.endpoint_id)
            .where(_due)
            .order_by(webhook_endpoints.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)  # SQLite has one writer, whom nobody passes over
        )
        with self._database.write() as connection:
            rows = connection.execute(
                update(webhook_endpoints)
                .where(webhook_endpoints.c.endpoint_id.in_(first))
                .values(claim=claim, claimed_until=now + lease)
                .returning(webhook_endpoints),
                {"now": now},
            ).all()
            turns = [self._turn(connection, claim, row, batch, now) for row in rows]
            connection.commit()
        return [turn for turn in turns if turn is not None]

    def _turn(
        self, connection: Connection, claim: str, row: Any, batch: int, now: datetime
    ) -> Turn | None:
        """Return an endpoint's turn; None where its secret cannot be opened: others have theirs."""
        try:
            secret = open_secret(self._sealer, row.endpoint_id, row.secret)
        except ServiceError:
            return None
        deliveries = self._deliveries(connection, row.endpoint_id, batch, now)
        return Turn(claim, endpoint_of(row), secret, deliveries)

    def _deliveries(
        self, connection: Connection, endpoint_id: str, batch: int, now: datetime
    ) -> Sequence[tuple[Delivery, bytes]]:
        rows = connection.execute(
            select(webhook_deliveries)
            .where(
                webhook_deliveries.c.endpoint_id == endpoint_id,
                webhook_deliveries.c.state == PENDING,
                webhook_deliveries.c.next_attempt_at <= now,
            )
            .order_by(webhook_deliveries.c.next_attempt_at, webhook_deliveries.c.delivery_id)
            .limit(batch)
        )
        opened = [(delivery_of(row), self._body(row)) for row in rows]
        lost = [delivery.delivery_id for delivery, body in opened if body is None]
        if lost:  # they would come first for ever
            connection.execute(
                _failed("unreadable", now).where(webhook_deliveries.c.delivery_id.in_(lost))
            )
        return [(delivery, body) for delivery, body in opened if body is not None]

    def _body(self, row: Any) -> bytes | None:
        try:
            return open_body(self._sealer, row.delivery_id, row.body)
        except ServiceError:
            return None


class SqlWebhookChores:
    """`WebhookChores`, each step in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give_up(self, created_before: datetime, now: datetime, limit: int) -> int:
        """Let deliveries from before that instant fail that still wait; return how many."""
        old = _created_before(created_before, limit).where(webhook_deliveries.c.state == PENDING)
        with self._database.write() as connection:
            changed = connection.execute(
                _failed("given_up", now).where(webhook_deliveries.c.delivery_id.in_(old))
            ).rowcount
            connection.commit()
        return changed

    def remove_finished(self, created_before: datetime, limit: int) -> int:
        """Remove deliveries from before that instant that are over; return how many."""
        old = _created_before(created_before, limit).where(webhook_deliveries.c.state != PENDING)
        with self._database.write() as connection:
            removed = connection.execute(
                delete(webhook_deliveries).where(webhook_deliveries.c.delivery_id.in_(old))
            ).rowcount
            connection.commit()
        return removed


def _created_before(instant: datetime, limit: int) -> Select[tuple[str]]:
    return (
        select(webhook_deliveries.c.delivery_id)
        .where(webhook_deliveries.c.created_at < instant)
        .order_by(webhook_deliveries.c.created_at)
        .limit(limit)
    )


def _failed(code: str, now: datetime) -> Update:
    return update(webhook_deliveries).values(
        state=DeliveryState.FAILED.value,
        last_code=code,
        last_attempt_at=now,
        next_attempt_at=None,
    )
