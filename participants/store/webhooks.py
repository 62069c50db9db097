"""Endpoints and deliveries in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    Update,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from foundation.database import Database, Instant
from foundation.outbox import settle
from foundation.sealing import Sealer
from foundation.time_ordered import TimeOrderedIds
from participants.model.webhook_endpoint import Delivery, Endpoint, EndpointStatus
from participants.model.webhook_policy import Attempt, DeliveryState, Health
from participants.operations.webhook_ports import NewDelivery, OwnedEndpoint
from participants.store.tables import clients, webhook_deliveries, webhook_endpoints
from participants.store.webhook_rows import (
    DELIVERY_COLUMNS,
    ENDPOINT_COLUMNS,
    OWNED,
    delivery_of,
    endpoint_of,
    endpoint_values,
    health_values,
    open_body,
    owned_of,
    seal_body,
    seal_secret,
)

PENDING = DeliveryState.PENDING.value
ENABLED = EndpointStatus.ENABLED.value

_new_id = TimeOrderedIds()


class SqlWebhookRepository:
    """`WebhookRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, endpoint: Endpoint, secret: str) -> None:
        """Store a new endpoint, its secret sealed."""
        self._connection.execute(
            insert(webhook_endpoints).values(
                endpoint_id=endpoint.endpoint_id,
                client_id=endpoint.client_id,
                created_at=endpoint.created_at,
                secret=seal_secret(self._sealer, endpoint.endpoint_id, secret),
                **endpoint_values(endpoint),
            )
        )

    def lock(self, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint, kept from others' changes until the transaction ends, or None."""
        locked = (
            select(*ENDPOINT_COLUMNS)
            .where(webhook_endpoints.c.endpoint_id == endpoint_id)
            .with_for_update()  # SQLite's one writer needs no lock
        )
        row = self._connection.execute(locked).first()
        return None if row is None else endpoint_of(row)

    def count(self, client_id: str) -> int:
        """Return how many endpoints a client has."""
        counted = select(func.count()).where(webhook_endpoints.c.client_id == client_id)
        return self._connection.scalar(counted) or 0

    def change(self, endpoint: Endpoint) -> None:
        """Store what its owner or its health changed; one that is disabled has no turn."""
        values = endpoint_values(endpoint)
        if not endpoint.enabled:
            values["due_at"] = None
        self._connection.execute(_this(endpoint.endpoint_id).values(values))

    def remove(self, endpoint_id: str) -> None:
        """Remove the endpoint with its deliveries."""
        self._connection.execute(
            delete(webhook_deliveries).where(webhook_deliveries.c.endpoint_id == endpoint_id)
        )
        self._connection.execute(
            delete(webhook_endpoints).where(webhook_endpoints.c.endpoint_id == endpoint_id)
        )

    def remove_all(self, client_id: str) -> int:
        """Remove every endpoint of a client; return how many."""
        own = (
            select(webhook_endpoints.c.endpoint_id)
            .where(webhook_endpoints.c.client_id == client_id)
            .order_by(webhook_endpoints.c.endpoint_id)
        )
        # locked first: what is being queued for them is there before they go, or never comes
        endpoint_ids = self._connection.scalars(own.with_for_update()).all()
        for endpoint_id in endpoint_ids:
            self.remove(endpoint_id)
        return len(endpoint_ids)

    def end_waiting(self, endpoint_id: str, code: str, now: datetime) -> None:
        """Let every delivery that waits for the endpoint fail, with `code`."""
        self._connection.execute(
            update(webhook_deliveries)
            .where(
                webhook_deliveries.c.endpoint_id == endpoint_id,
                webhook_deliveries.c.state == PENDING,
            )
            .values(
                state=DeliveryState.FAILED.value,
                last_code=code,
                last_status=None,
                last_attempt_at=now,
                next_attempt_at=None,
            )
        )

    def waiting(self, endpoint_id: str, at_most: int) -> int:
        """Return how many deliveries wait for the endpoint, counted up to `at_most`."""
        some = (
            select(webhook_deliveries.c.delivery_id)
            .where(
                webhook_deliveries.c.endpoint_id == endpoint_id,
                webhook_deliveries.c.state == PENDING,
            )
            .limit(at_most)
            .subquery()
        )
        return self._connection.scalar(select(func.count()).select_from(some)) or 0

    def queue(self, deliveries: Sequence[NewDelivery], now: datetime) -> Sequence[str]:
        """Store deliveries, due at once, with the turn that their endpoints get; return ids."""
        # ids of one moment are in no order of their own; what is told first is to be sent first
        ids = sorted(_new_id() for _ in deliveries)
        rows = [self._row(of, delivery, now) for of, delivery in zip(ids, deliveries, strict=True)]
        if rows:
            self._connection.execute(insert(webhook_deliveries), rows)
        present = literal(now, Instant())
        rests = webhook_endpoints.c.rests_until
        due = case((rests > present, rests), else_=present)
        sooner = or_(webhook_endpoints.c.due_at.is_(None), webhook_endpoints.c.due_at > due)
        for endpoint_id in sorted({delivery.endpoint_id for delivery in deliveries}):
            self._connection.execute(
                _this(endpoint_id)
                .where(webhook_endpoints.c.status == ENABLED, sooner)
                .values(due_at=due)
            )
        return ids

    def _row(self, delivery_id: str, delivery: NewDelivery, now: datetime) -> dict[str, object]:
        return {
            "delivery_id": delivery_id,
            "endpoint_id": delivery.endpoint_id,
            "event": delivery.event,
            "event_id": delivery.event_id,
            "body": seal_body(self._sealer, delivery_id, delivery.body),
            "state": PENDING,
            "attempts": 0,
            "created_at": now,
            "next_attempt_at": now,
            "replay_of": delivery.replay_of,
        }

    def delivery(self, endpoint_id: str, delivery_id: str) -> tuple[Delivery, bytes] | None:
        """Return a delivery of that endpoint with its payload, or None."""
        row = self._connection.execute(
            select(webhook_deliveries).where(
                webhook_deliveries.c.delivery_id == delivery_id,
                webhook_deliveries.c.endpoint_id == endpoint_id,
            )
        ).first()
        if row is None:
            return None
        return delivery_of(row), open_body(self._sealer, delivery_id, row.body)

    def is_waiting(self, endpoint_id: str, event_id: str) -> bool:
        """Whether a delivery with that `eventId` waits for the endpoint."""
        found = self._connection.execute(
            select(webhook_deliveries.c.delivery_id)
            .where(
                webhook_deliveries.c.endpoint_id == endpoint_id,
                webhook_deliveries.c.state == PENDING,
                webhook_deliveries.c.event_id == event_id,
            )
            .limit(1)
        )
        return found.first() is not None

    def pinged_at(self, endpoint_id: str) -> datetime | None:
        """Return when the endpoint was last sent a trial, or None."""
        return self._connection.scalar(
            select(webhook_endpoints.c.pinged_at).where(
                webhook_endpoints.c.endpoint_id == endpoint_id
            )
        )

    def note_ping(self, endpoint_id: str, now: datetime) -> None:
        """Store that the endpoint is sent a trial."""
        self._connection.execute(_this(endpoint_id).values(pinged_at=now))

    def record(self, claim: str, endpoint_id: str, attempts: Mapping[str, Attempt]) -> bool:
        """Store what became of deliveries (by id) in a turn; False where its lease ran out."""
        holder = self._connection.scalar(
            select(webhook_endpoints.c.claim).where(webhook_endpoints.c.endpoint_id == endpoint_id)
        )
        if holder != claim:
            return False
        for delivery_id, attempt in attempts.items():
            self._connection.execute(
                update(webhook_deliveries)
                .where(
                    webhook_deliveries.c.delivery_id == delivery_id,
                    webhook_deliveries.c.state == PENDING,  # not ended by its owner meanwhile
                )
                .values(
                    state=attempt.state.value,
                    attempts=attempt.attempts,
                    last_attempt_at=attempt.at,
                    last_status=attempt.status,
                    last_code=attempt.code,
                    next_attempt_at=attempt.next_attempt_at,
                )
            )
        return True

    def end_turn(self, endpoint_id: str, health: Health) -> None:
        """End the endpoint's turn; the next comes when a delivery is due and it has rested.

        The endpoint is locked: nothing is queued for it while its next turn is looked for.
        """
        due = self._connection.scalar(
            select(func.min(webhook_deliveries.c.next_attempt_at)).where(
                webhook_deliveries.c.endpoint_id == endpoint_id,
                webhook_deliveries.c.state == PENDING,
            )
        )
        if due is not None and health.rests_until is not None:
            due = max(due, health.rests_until)
        self._connection.execute(
            _this(endpoint_id).values(
                due_at=due, claim=None, claimed_until=None, **health_values(health)
            )
        )

    def settle_events(self, claim: str, event_ids: Sequence[str], now: datetime) -> bool:
        """Mark claimed events as done; False where one is no longer this claim's."""
        return settle(self._connection, claim, event_ids, now)


class SqlWebhookReader:
    """`WebhookReader` over what is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, endpoint_id: str) -> OwnedEndpoint | None:
        """Return the endpoint, or None."""
        with self._database.read() as connection:
            row = connection.execute(
                OWNED.where(webhook_endpoints.c.endpoint_id == endpoint_id)
            ).first()
        return None if row is None else owned_of(row)

    def list(self, client_id: str | None, limit: int) -> Sequence[OwnedEndpoint]:
        """Return the endpoints of a client (None: of all), oldest first."""
        statement = OWNED.order_by(
            webhook_endpoints.c.created_at, webhook_endpoints.c.endpoint_id
        ).limit(limit)
        if client_id is not None:
            statement = statement.where(webhook_endpoints.c.client_id == client_id)
        with self._database.read() as connection:
            return [owned_of(row) for row in connection.execute(statement)]

    def listening(self) -> Sequence[OwnedEndpoint]:
        """Return every enabled endpoint of a client that stands."""
        statement = OWNED.where(
            webhook_endpoints.c.status == ENABLED, clients.c.withdrawn_at.is_(None)
        )
        with self._database.read() as connection:
            return [owned_of(row) for row in connection.execute(statement)]

    def deliveries(
        self, endpoint_id: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """Return an endpoint's deliveries, newest first; `before` is the last id of a page."""
        statement = (
            select(*DELIVERY_COLUMNS)
            .where(webhook_deliveries.c.endpoint_id == endpoint_id)
            .order_by(webhook_deliveries.c.delivery_id.desc())
            .limit(limit)
        )
        if state is not None:
            statement = statement.where(webhook_deliveries.c.state == state.value)
        if before is not None:
            statement = statement.where(webhook_deliveries.c.delivery_id < before)
        with self._database.read() as connection:
            return [delivery_of(row) for row in connection.execute(statement)]


def _this(endpoint_id: str) -> Update:
    return update(webhook_endpoints).where(webhook_endpoints.c.endpoint_id == endpoint_id)
