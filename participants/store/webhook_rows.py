"""Rows of endpoints and deliveries as values, and what is sealed in them."""

from typing import Any

from sqlalchemy import select

from foundation.principal import ClientRole, Principal
from foundation.sealing import Sealer
from participants.model.webhook_endpoint import Delivery, Endpoint, EndpointStatus
from participants.model.webhook_event import WebhookEvent
from participants.model.webhook_policy import DeliveryState, Health, PauseReason
from participants.operations.webhook_ports import OwnedEndpoint
from participants.store.tables import clients, webhook_deliveries, webhook_endpoints

ENDPOINT_COLUMNS = tuple(
    column for column in webhook_endpoints.c if column.name not in {"secret", "claim"}
)
DELIVERY_COLUMNS = tuple(column for column in webhook_deliveries.c if column.name != "body")
OWNED = select(
    *ENDPOINT_COLUMNS,
    clients.c.name.label("client_name"),
    clients.c.roles,
    clients.c.provider_ids,
    clients.c.wmis,
    clients.c.operator_ids,
).join_from(webhook_endpoints, clients)


def endpoint_of(row: Any) -> Endpoint:
    """Return the endpoint of a row."""
    return Endpoint(
        endpoint_id=row.endpoint_id,
        client_id=row.client_id,
        url=row.url,
        events=tuple(WebhookEvent(event) for event in row.events),
        created_at=row.created_at,
        status=EndpointStatus(row.status),
        description=row.description,
        metadata=row.metadata,
        health=Health(
            failures=row.failures,
            failing_since=row.failing_since,
            rests_until=row.rests_until,
            pause=None if row.pause is None else PauseReason(row.pause),
        ),
    )


def endpoint_values(endpoint: Endpoint) -> dict[str, Any]:
    """Return what of an endpoint may change, as a row has it."""
    return {
        "url": endpoint.url,
        "events": [event.value for event in endpoint.events],
        "description": endpoint.description,
        "metadata": dict(endpoint.metadata),
        "status": endpoint.status.value,
        **health_values(endpoint.health),
    }


def health_values(health: Health) -> dict[str, Any]:
    """Return an endpoint's health as a row has it."""
    return {
        "failures": health.failures,
        "failing_since": health.failing_since,
        "rests_until": health.rests_until,
        "pause": None if health.pause is None else health.pause.value,
    }


def owned_of(row: Any) -> OwnedEndpoint:
    """Return the endpoint of a row of `OWNED` with its owner."""
    principal = Principal(
        client_id=row.client_id,
        roles=frozenset(ClientRole(role) for role in row.roles),
        provider_ids=frozenset(row.provider_ids),
        wmis=frozenset(row.wmis),
        operator_ids=frozenset(row.operator_ids),
    )
    return OwnedEndpoint(endpoint_of(row), principal, row.client_name)


def delivery_of(row: Any) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(
        delivery_id=row.delivery_id,
        endpoint_id=row.endpoint_id,
        event=row.event,
        event_id=row.event_id,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        last_attempt_at=row.last_attempt_at,
        status=row.last_status,
        code=row.last_code,
        replay_of=row.replay_of,
    )


def seal_secret(sealer: Sealer, endpoint_id: str, secret: str) -> bytes:
    """Return an endpoint's secret sealed for its row."""
    return sealer.seal(secret.encode(), f"webhook_secret:{endpoint_id}")


def open_secret(sealer: Sealer, endpoint_id: str, sealed: bytes) -> str:
    """Return an endpoint's secret."""
    return sealer.open(sealed, f"webhook_secret:{endpoint_id}").decode()


def seal_body(sealer: Sealer, delivery_id: str, body: bytes) -> bytes:
    """Return a payload sealed for its row."""
    return sealer.seal(body, f"webhook_body:{delivery_id}")


def open_body(sealer: Sealer, delivery_id: str, sealed: bytes) -> bytes:
    """Return a payload."""
    return sealer.open(sealed, f"webhook_body:{delivery_id}")
