"""Whose an endpoint is, and whether a call to its target may be made."""

from datetime import datetime

from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR, Principal
from participants.model.webhook_endpoint import Endpoint
from participants.operations.ports import UnitOfWork
from participants.operations.webhook_ports import Outside, OwnedEndpoint, WebhookRepository


def endpoint_not_found() -> ServiceError:
    """Return the refusal for an endpoint that is not there, or somebody else's: the same."""
    return ServiceError(
        Kind.NOT_FOUND,
        "endpoint_not_found",
        "you have no endpoint with this id; GET /v1/webhook/endpoints lists yours",
    )


def delivery_not_found() -> ServiceError:
    """Return the refusal for a delivery that the endpoint's log does not have."""
    return ServiceError(
        Kind.NOT_FOUND, "delivery_not_found", "the endpoint's log has no delivery with this id"
    )


def readable(principal: Principal, found: OwnedEndpoint | None) -> OwnedEndpoint:
    """Return the endpoint where the client may read it; NOT_FOUND otherwise."""
    if found is None or not (
        principal.reads_everything or found.endpoint.client_id == principal.client_id
    ):
        raise endpoint_not_found()
    return found


def locked_own(webhooks: WebhookRepository, principal: Principal, endpoint_id: str) -> Endpoint:
    """Return the endpoint for a change by its owner or an ADMIN; NOT_FOUND otherwise."""
    endpoint = webhooks.lock(endpoint_id)
    if endpoint is None or not (principal.is_admin or endpoint.client_id == principal.client_id):
        raise endpoint_not_found()
    return endpoint


def check_target(outside: Outside, url: str) -> None:
    """Raise INVALID (`webhook_target_refused`) unless a call may go to `url` now."""
    refused = outside.check(url)
    if refused is not None:
        raise ServiceError(
            Kind.INVALID,
            "webhook_target_refused",
            "name an https address at a public host, without user, fragment or redirect: "
            + refused.detail,
            {"url": refused.code},
        )


def endpoint_event(
    event_type: str, endpoint: Endpoint, principal: Principal, now: datetime
) -> Event:
    """Return an event about an endpoint; its url may hold a secret and stays out."""
    subject = {"endpoint_id": endpoint.endpoint_id, "owner": endpoint.client_id}
    return Event(event_type, now, principal.client_id, (), subject)


def pause(work: UnitOfWork, paused: Endpoint, now: datetime) -> None:
    """Store an endpoint that this service paused and let what waits for it fail."""
    work.webhooks.change(paused)
    work.webhooks.end_waiting(paused.endpoint_id, "endpoint_disabled", now)
    work.events.append(endpoint_event("webhook.paused", paused, LOCAL_ADMINISTRATOR, now))
