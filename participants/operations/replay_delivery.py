"""Send a payload once more, or one for trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from participants.model.webhook_endpoint import Endpoint
from participants.model.webhook_event import PING
from participants.model.webhook_payload import ping_payload
from participants.model.webhook_policy import DeliveryState, WebhookPolicy
from participants.operations.ports import OpenUnitOfWork, UnitOfWork
from participants.operations.webhook_access import delivery_not_found, locked_own
from participants.operations.webhook_ports import NewDelivery


@dataclass(frozen=True, slots=True)
class ReplayDelivery:
    """Sends what a delivery carried again, byte by byte, as a delivery of its own."""

    open_unit_of_work: OpenUnitOfWork
    policy: WebhookPolicy
    clock: Clock

    def __call__(self, principal: Principal, endpoint_id: str, delivery_id: str) -> str:
        """Return the new delivery's id.

        NOT_FOUND where endpoint or delivery is not the client's; CONFLICT where the endpoint is
        disabled (`endpoint_disabled`), the same event waits for it already (`delivery_waits`) or
        its queue is full (`queue_full`).
        """
        with self.open_unit_of_work() as work:
            endpoint = locked_own(work.webhooks, principal, endpoint_id)
            found = work.webhooks.delivery(endpoint_id, delivery_id)
            if found is None:
                raise delivery_not_found()
            delivery, body = found
            _require_room(work, endpoint, self.policy.queue_limit)
            if delivery.state is DeliveryState.PENDING or work.webhooks.is_waiting(
                endpoint_id, delivery.event_id
            ):
                raise ServiceError(
                    Kind.CONFLICT,
                    "delivery_waits",
                    "this is still to be delivered; look into the log before you ask again",
                )
            again = NewDelivery(
                endpoint_id, delivery.event, delivery.event_id, body, replay_of=delivery_id
            )
            return _queued(work, [again], self.clock)


@dataclass(frozen=True, slots=True)
class PingEndpoint:
    """Sends a signed payload for trial, of the type `ping`."""

    open_unit_of_work: OpenUnitOfWork
    policy: WebhookPolicy
    clock: Clock

    def __call__(self, principal: Principal, endpoint_id: str) -> str:
        """Return the delivery's id: its log entry says how the endpoint answered.

        NOT_FOUND where it is not the client's, CONFLICT where it is disabled or its queue is
        full, RATE_LIMITED (`pinged_lately`) where the last trial was a moment ago.
        """
        now = self.clock()
        with self.open_unit_of_work() as work:
            endpoint = locked_own(work.webhooks, principal, endpoint_id)
            _require_room(work, endpoint, self.policy.queue_limit)
            last = work.webhooks.pinged_at(endpoint_id)
            if last is not None and now - last < self.policy.ping_interval:
                raise ServiceError(
                    Kind.RATE_LIMITED,
                    "pinged_lately",
                    "one trial in a while; wait and ask again",
                    {"retry_after": str(int(self.policy.ping_interval.total_seconds()))},
                )
            work.webhooks.note_ping(endpoint_id, now)
            event_id = uuid4()
            body = ping_payload(event_id, now)
            trial = NewDelivery(endpoint_id, PING, str(event_id), body)
            return _queued(work, [trial], self.clock)


def _require_room(work: UnitOfWork, endpoint: Endpoint, limit: int) -> None:
    if not endpoint.enabled:
        raise ServiceError(
            Kind.CONFLICT, "endpoint_disabled", "the endpoint is disabled; enable it first"
        )
    if work.webhooks.waiting(endpoint.endpoint_id, limit) >= limit:
        raise ServiceError(
            Kind.CONFLICT, "queue_full", "too much waits for this endpoint; let it catch up first"
        )


def _queued(work: UnitOfWork, deliveries: Sequence[NewDelivery], clock: Clock) -> str:
    (delivery_id,) = work.webhooks.queue(deliveries, clock())
    work.commit()
    return delivery_id
