"""Turn what happened into deliveries, one for each endpoint that is to be told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.clock import Clock
from foundation.events import Event
from participants.model.webhook_event import Rules
from participants.model.webhook_payload import payload
from participants.model.webhook_policy import PauseReason, WebhookPolicy
from participants.operations.ports import OpenUnitOfWork, UnitOfWork
from participants.operations.webhook_access import pause
from participants.operations.webhook_ports import (
    Concerning,
    EventQueue,
    NewDelivery,
    OutcomeCounter,
    OwnedEndpoint,
    WebhookReader,
)

BATCH = 250
LEASE = timedelta(seconds=60)
"""Longer than a batch takes: it is one transaction."""

UNTOLD = timedelta(seconds=5)
"""How old an event is that nobody hears: older than clocks differ, so that it happened before
whoever may have begun to listen a moment ago."""


@dataclass(frozen=True, slots=True)
class DispatchEvents:
    """Takes events from the outbox and queues what is told of them.

    The deliveries and the mark that their events are done are one transaction, so that an event
    is queued once, whoever dies in between. Where nobody listens, events are not even read.
    """

    queue: EventQueue
    webhooks: WebhookReader
    open_unit_of_work: OpenUnitOfWork
    concerning: Concerning
    rules: Rules
    policy: WebhookPolicy
    clock: Clock
    count: OutcomeCounter

    def __call__(self) -> int:
        """Deal with one batch; return how many events there were."""
        now = self.clock()
        listening = self.webhooks.listening()
        if not listening:
            return self.queue.pass_over(now - UNTOLD, now, BATCH)
        claimed = self.queue.claim(BATCH, now, LEASE)
        if claimed.events:
            deliveries = list(self._planned(claimed.events, listening))
            with self.open_unit_of_work() as work:
                self._queue(work, deliveries, now)
                if work.webhooks.settle_events(
                    claimed.claim, [event_id for event_id, _ in claimed.events], now
                ):
                    work.commit()
        return len(claimed.events)

    def _planned(
        self, events: Sequence[tuple[str, Event]], listening: Sequence[OwnedEndpoint]
    ) -> Iterator[NewDelivery]:
        for event_id, event in events:
            for part, told in enumerate(self.concerning(event)):
                yield from self._of(event_id, part, told, listening)

    def _of(
        self, event_id: str, part: int, event: Event, listening: Sequence[OwnedEndpoint]
    ) -> Iterator[NewDelivery]:
        for rule in self.rules.of(event):
            told = [
                owned.endpoint
                for owned in listening
                if rule.tells in owned.endpoint.events
                and rule.audience.includes(owned.principal, event.owners)
            ]
            if not told:
                continue
            made = payload(rule, event_id, part, event, self.rules.namespaces)
            if made is None:
                self.count("untellable_event")
                continue
            for endpoint in told:
                yield NewDelivery(endpoint.endpoint_id, rule.tells, made.event_id, made.body)

    def _queue(self, work: UnitOfWork, deliveries: Sequence[NewDelivery], now: datetime) -> None:
        """Queue what finds room; an endpoint that lets too much wait is paused.

        Endpoints are locked in one order, so that no two transactions wait for each other.
        """
        full = {
            endpoint_id
            for endpoint_id, more in sorted(_by_endpoint(deliveries).items())
            if not self._has_room(work, endpoint_id, more, now)
        }
        work.webhooks.queue([d for d in deliveries if d.endpoint_id not in full], now)

    def _has_room(self, work: UnitOfWork, endpoint_id: str, more: int, now: datetime) -> bool:
        endpoint = work.webhooks.lock(endpoint_id)
        if endpoint is None or not endpoint.enabled:
            return False  # deleted or disabled since it was read
        limit = self.policy.queue_limit
        if work.webhooks.waiting(endpoint_id, limit) + more <= limit:
            return True
        pause(work, endpoint.paused(PauseReason.QUEUE_FULL), now)
        return False


def _by_endpoint(deliveries: Sequence[NewDelivery]) -> Mapping[str, int]:
    return Counter(delivery.endpoint_id for delivery in deliveries)
