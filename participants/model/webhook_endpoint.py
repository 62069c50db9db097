"""An endpoint: where a client wants to be told, and of what."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from foundation.errors import Kind, ServiceError
from participants.model.webhook_event import WebhookEvent
from participants.model.webhook_policy import DeliveryState, Health, PauseReason

MAXIMUM_DESCRIPTION = 500
MAXIMUM_METADATA = 20
MAXIMUM_METADATA_TEXT = 500

Metadata = Mapping[str, str | int | float | bool]
"""What an owner notes beside an endpoint; nobody here reads it."""


class EndpointStatus(StrEnum):
    """Whether an endpoint is told of anything."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a client is told. Its secret is with the store; it is shown once, when made."""

    endpoint_id: str
    client_id: str
    url: str
    events: tuple[WebhookEvent, ...]
    created_at: datetime
    status: EndpointStatus = EndpointStatus.ENABLED
    description: str | None = None
    metadata: Metadata = field(default_factory=dict)
    health: Health = field(default_factory=Health)

    @property
    def enabled(self) -> bool:
        """Whether it is told of events now."""
        return self.status is EndpointStatus.ENABLED

    def paused(self, reason: PauseReason) -> "Endpoint":
        """Return it disabled by this service."""
        health = replace(self.health, pause=reason)
        return replace(self, status=EndpointStatus.DISABLED, health=health)


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What an owner sets; None leaves the rest as it is."""

    url: str
    events: tuple[WebhookEvent, ...] | None = None
    status: EndpointStatus | None = None
    description: str | None = None
    metadata: Metadata | None = None

    def apply(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint as it then is; one that is enabled anew begins with good health."""
        status = endpoint.status if self.status is None else self.status
        anew = status is EndpointStatus.ENABLED and not endpoint.enabled
        return replace(
            endpoint,
            url=self.url,
            events=endpoint.events if self.events is None else self.events,
            status=status,
            description=endpoint.description if self.description is None else self.description,
            metadata=endpoint.metadata if self.metadata is None else self.metadata,
            health=Health() if anew or self.url != endpoint.url else endpoint.health,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One payload on its way to one endpoint, as its log shows it.

    `event` is what it tells of, `event_id` the id that the payload carries. `status` and `code`
    are of the last attempt: the receiver's answer, or why there was none.
    """

    delivery_id: str
    endpoint_id: str
    event: str
    event_id: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    status: int | None
    code: str | None
    replay_of: str | None = None


def check_metadata(metadata: Metadata) -> None:
    """Raise INVALID (`metadata_too_large`) beyond 20 short values; numbers have to be finite."""
    texts = [*metadata, *(value for value in metadata.values() if isinstance(value, str))]
    numbers = [value for value in metadata.values() if isinstance(value, float)]
    if (
        len(metadata) > MAXIMUM_METADATA
        or any(len(text) > MAXIMUM_METADATA_TEXT for text in texts)
        or not all(math.isfinite(number) for number in numbers)
    ):
        raise ServiceError(
            Kind.INVALID,
            "metadata_too_large",
            f"metadata has at most {MAXIMUM_METADATA} values of {MAXIMUM_METADATA_TEXT} characters",
            {"metadata": "too many or too long"},
        )
