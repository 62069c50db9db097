"""What the operations on webhooks need from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from foundation.errors import Refused
from foundation.events import Event
from foundation.principal import Principal
from participants.model.webhook_endpoint import Delivery, Endpoint
from participants.model.webhook_policy import Answered, Attempt, DeliveryState, Health


@dataclass(frozen=True, slots=True)
class OwnedEndpoint:
    """An endpoint with whose it is: the client as an asker, and its name for people."""

    endpoint: Endpoint
    principal: Principal
    client_name: str


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A payload that is to go to an endpoint. It names a driver: nobody prints it."""

    endpoint_id: str
    event: str
    event_id: str
    body: bytes = field(repr=False)
    replay_of: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An endpoint whose deliveries one process sends, until its lease ends.

    `deliveries` are due, oldest first, each with its payload.
    """

    claim: str
    endpoint: Endpoint
    secret: str = field(repr=False)
    deliveries: Sequence[tuple[Delivery, bytes]] = field(repr=False)


class WebhookRepository(Protocol):
    """Endpoints and deliveries, in the running transaction."""

    def add(self, endpoint: Endpoint, secret: str) -> None:
        """Store a new endpoint, its secret sealed."""

    def lock(self, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint, kept from others' changes until the transaction ends, or None."""

    def count(self, client_id: str) -> int:
        """Return how many endpoints a client has."""

    def change(self, endpoint: Endpoint) -> None:
        """Store what its owner or its health changed; one that is disabled has no turn."""

    def remove(self, endpoint_id: str) -> None:
        """Remove the endpoint with its deliveries."""

    def remove_all(self, client_id: str) -> int:
        """Remove every endpoint of a client; return how many."""

    def end_waiting(self, endpoint_id: str, code: str, now: datetime) -> None:
        """Let every delivery that waits for the endpoint fail, with `code`."""

    def waiting(self, endpoint_id: str, at_most: int) -> int:
        """Return how many deliveries wait for the endpoint, counted up to `at_most`."""

    def queue(self, deliveries: Sequence[NewDelivery], now: datetime) -> Sequence[str]:
        """Store deliveries, due at once, with the turn that their endpoints get; return ids."""

    def delivery(self, endpoint_id: str, delivery_id: str) -> tuple[Delivery, bytes] | None:
        """Return a delivery of that endpoint with its payload, or None."""

    def is_waiting(self, endpoint_id: str, event_id: str) -> bool:
        """Whether a delivery with that `eventId` waits for the endpoint."""

    def pinged_at(self, endpoint_id: str) -> datetime | None:
        """Return when the endpoint was last sent a trial, or None."""

    def note_ping(self, endpoint_id: str, now: datetime) -> None:
        """Store that the endpoint is sent a trial."""

    def record(self, claim: str, endpoint_id: str, attempts: Mapping[str, Attempt]) -> bool:
        """Store what became of deliveries (by id) in a turn; False where its lease ran out."""

    def end_turn(self, endpoint_id: str, health: Health) -> None:
        """End the endpoint's turn; the next comes when a delivery is due and it has rested."""

    def settle_events(self, claim: str, event_ids: Sequence[str], now: datetime) -> bool:
        """Mark claimed events as done; False where one is no longer this claim's."""


class WebhookReader(Protocol):
    """Endpoints and deliveries as last committed."""

    def find(self, endpoint_id: str) -> OwnedEndpoint | None:
        """Return the endpoint, or None."""

    def list(self, client_id: str | None, limit: int) -> Sequence[OwnedEndpoint]:
        """Return the endpoints of a client (None: of all), oldest first."""

    def listening(self) -> Sequence[OwnedEndpoint]:
        """Return every enabled endpoint of a client that stands."""

    def deliveries(
        self, endpoint_id: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """Return an endpoint's deliveries, newest first; `before` is the last id of a page."""


class WebhookChores(Protocol):
    """What keeps the log of deliveries in bounds, each step in a transaction of its own."""

    def give_up(self, created_before: datetime, now: datetime, limit: int) -> int:
        """Let deliveries from before that instant fail that still wait; return how many."""

    def remove_finished(self, created_before: datetime, limit: int) -> int:
        """Remove deliveries from before that instant that are over; return how many."""


class Turns(Protocol):
    """Who sends to which endpoint: one process at a time to each."""

    def claim(self, limit: int, batch: int, now: datetime, lease: timedelta) -> Sequence[Turn]:
        """Claim up to `limit` endpoints with deliveries due, those due longest first."""


class ClaimedEvents(Protocol):
    """Events that this process may tell of, each with its id."""

    @property
    def claim(self) -> str:
        """Under which they are claimed."""

    @property
    def events(self) -> Sequence[tuple[str, Event]]:
        """The events, oldest first."""


class EventQueue(Protocol):
    """What happened and has been told to nobody yet."""

    def claim(self, limit: int, now: datetime, lease: timedelta) -> ClaimedEvents:
        """Claim up to `limit` events, oldest first."""

    def pass_over(self, before: datetime, now: datetime, limit: int) -> int:
        """Mark up to `limit` events from before that instant as done, untold; return how many."""

    def remove_done(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` events from before that instant that are done; return how many."""


class Outside(Protocol):
    """The one way out (`foundation.egress`)."""

    def check(self, url: str) -> Refused | None:
        """Return why no call may go to `url`, None where one may."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered | Refused:
        """Send one POST within a bounded time; return the answer or why there is none."""


Concerning = Callable[[Event], Sequence[Event]]
"""What is to be told of an event: mostly itself, or it once for each party that it concerns."""

OutcomeCounter = Callable[[str], None]
"""Counts what became of an event or a delivery, under one of a few fixed words."""
