"""What the webhooks' API takes and gives, in OPCP's words."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from foundation.principal import ClientRole
from participants.model.webhook_endpoint import (
    MAXIMUM_DESCRIPTION,
    MAXIMUM_METADATA,
    MAXIMUM_METADATA_TEXT,
    Delivery,
    EndpointChange,
    EndpointStatus,
    Metadata,
)
from participants.model.webhook_event import WebhookEvent
from participants.model.webhook_policy import DeliveryState
from participants.operations.list_endpoints import MAXIMUM_PAGE
from participants.operations.webhook_ports import OwnedEndpoint

# ruff: noqa: N815 - OPCP's spelling

API_VERSION = "v1"
_MAXIMUM_URL = 2048
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"

Text = Annotated[str, Field(max_length=MAXIMUM_METADATA_TEXT, pattern=_NO_CONTROL)]
MetadataBody = Annotated[
    dict[Text, StrictBool | StrictInt | StrictFloat | Annotated[StrictStr, Text]],
    Field(max_length=MAXIMUM_METADATA, description="What the owner notes beside the endpoint"),
]
Id = Annotated[str, Field(pattern="^[0-9a-f-]{36}$", description="Random id")]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=_MAXIMUM_URL,
        pattern=r"^[!-~]+$",
        description="https, at a public host, port 443 or above 1023; redirects are not followed",
    ),
]
Description = Annotated[str, Field(max_length=MAXIMUM_DESCRIPTION, pattern=_NO_CONTROL)]
Events = Annotated[list[WebhookEvent], Field(min_length=1, max_length=2 * len(WebhookEvent))]


class Strict(BaseModel):
    """A request: members that nobody documented are refused."""

    model_config = ConfigDict(extra="forbid")


class EndpointPath(Strict):
    """Path of one endpoint."""

    endpoint_id: Id


class DeliveryPath(Strict):
    """Path of one delivery."""

    endpoint_id: Id
    delivery_id: Id


class NewEndpoint(Strict):
    """An endpoint to register."""

    url: Url
    enabledEvents: Events
    apiVersion: Literal["v1"] = "v1"
    description: Description | None = None
    metadata: MetadataBody | None = None
    status: EndpointStatus = EndpointStatus.ENABLED


class ChangedEndpoint(Strict):
    """An endpoint as it is to be; what is left out stays as it is."""

    url: Url
    enabledEvents: Events | None = None
    apiVersion: Literal["v1"] = "v1"
    description: Description | None = None
    metadata: MetadataBody | None = None
    status: EndpointStatus | None = None

    def as_change(self) -> EndpointChange:
        """Return what the operation takes."""
        return EndpointChange(
            url=self.url,
            events=None if self.enabledEvents is None else tuple(self.enabledEvents),
            status=self.status,
            description=self.description,
            metadata=self.metadata,
        )


class EndpointBody(BaseModel):
    """An endpoint; its `secret` is there once, where it is made."""

    id: Id
    apiVersion: str = API_VERSION
    created: int = Field(description="Seconds since 1970")
    description: str | None = None
    enabledEvents: list[str]
    metadata: dict[str, bool | int | float | str]
    status: EndpointStatus
    statusReason: str | None = Field(
        None, description="Why this service disabled it: failing, gone, queue_full"
    )
    url: str
    secret: str | None = Field(None, description="Signs what is sent; shown this once")
    providerIds: list[str] | None = None
    wmis: list[str] | None = None
    userRole: str
    userName: str

    @classmethod
    def of(cls, owned: OwnedEndpoint, secret: str | None = None) -> "EndpointBody":
        """Return the endpoint as JSON shows it."""
        endpoint, principal = owned.endpoint, owned.principal
        pause = endpoint.health.pause
        metadata: Metadata = endpoint.metadata
        return cls(
            id=endpoint.endpoint_id,
            created=int(endpoint.created_at.timestamp()),
            description=endpoint.description,
            enabledEvents=[event.value for event in endpoint.events],
            metadata=dict(metadata),
            status=endpoint.status,
            statusReason=None if pause is None else pause.value,
            url=endpoint.url,
            secret=secret,
            providerIds=_if(principal.roles, ClientRole.MO, principal.provider_ids),
            wmis=_if(principal.roles, ClientRole.OEM, principal.wmis),
            userRole=" ".join(sorted(principal.roles)),
            userName=owned.client_name,
        )


class EndpointsBody(RootModel[list[EndpointBody]]):
    """Endpoints, oldest first."""


class DeliveriesQuery(Strict):
    """Which part of a log."""

    state: DeliveryState | None = None
    before: Id | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class DeliveryBody(BaseModel):
    """One delivery, without what it carried."""

    id: Id
    eventType: str
    eventId: str = Field(description="As the payload has it; the same each time it is sent")
    state: DeliveryState
    attempts: int
    created: datetime
    nextAttempt: datetime | None
    lastAttempt: datetime | None
    httpStatus: int | None = Field(description="What the endpoint answered last")
    error: str | None = Field(description="Why there was no answer, as a word for machines")
    replayOf: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryBody":
        """Return the delivery as JSON shows it."""
        return cls(
            id=delivery.delivery_id,
            eventType=delivery.event,
            eventId=delivery.event_id,
            state=delivery.state,
            attempts=delivery.attempts,
            created=delivery.created_at,
            nextAttempt=delivery.next_attempt_at,
            lastAttempt=delivery.last_attempt_at,
            httpStatus=delivery.status,
            error=delivery.code,
            replayOf=delivery.replay_of,
        )


class DeliveriesBody(BaseModel):
    """A page of a log, newest first."""

    deliveries: list[DeliveryBody]
    next: Id | None = Field(description="`before` of the next page; null: no more")


class QueuedBody(BaseModel):
    """A delivery that is on its way now."""

    id: Id


def _if(roles: frozenset[ClientRole], role: ClientRole, ids: frozenset[str]) -> list[str] | None:
    return sorted(ids) if role in roles else None
