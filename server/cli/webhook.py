"""`evtrust webhook`: where clients are told of events, and how that went."""

from collections.abc import Mapping
from typing import Any, Protocol

import click

from foundation.principal import LOCAL_ADMINISTRATOR
from participants.model.webhook_endpoint import Delivery
from participants.model.webhook_policy import DeliveryState
from participants.operations.list_endpoints import MAXIMUM_PAGE, ListDeliveries, ListEndpoints
from participants.operations.replay_delivery import ReplayDelivery
from participants.operations.webhook_ports import OwnedEndpoint
from server.cli.output import emit, json_option


class WebhookServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_endpoints(self) -> ListEndpoints:
        """Lists endpoints."""

    @property
    def list_deliveries(self) -> ListDeliveries:
        """Reads an endpoint's log."""

    @property
    def replay_delivery(self) -> ReplayDelivery:
        """Sends a delivery again."""


@click.group("webhook")
def webhook_group() -> None:
    """Look after the endpoints at which clients are told of events."""


@webhook_group.command("list")
@json_option
@click.pass_obj
def list_command(services: WebhookServices, as_json: bool) -> None:
    """List every client's endpoints, and why one is paused; secrets are not shown."""
    endpoints = services.list_endpoints(LOCAL_ADMINISTRATOR)
    emit(
        {"endpoints": [_endpoint(owned) for owned in endpoints]},
        as_json=as_json,
        human="\n".join(_endpoint_line(owned) for owned in endpoints) or "no endpoints yet",
    )


@webhook_group.command("deliveries")
@click.argument("endpoint_id")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only those that stand so.",
)
@click.option("--before", help="The last id of the page before.")
@click.option(
    "--limit", type=click.IntRange(1, MAXIMUM_PAGE), default=50, show_default=True, help="A page."
)
@json_option
@click.pass_obj
def deliveries_command(
    services: WebhookServices,
    endpoint_id: str,
    state: str | None,
    before: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what an endpoint was told, newest first, and how it answered."""
    deliveries = services.list_deliveries(
        LOCAL_ADMINISTRATOR,
        endpoint_id,
        None if state is None else DeliveryState(state),
        before,
        limit,
    )
    emit(
        {"deliveries": [_delivery(delivery) for delivery in deliveries]},
        as_json=as_json,
        human="\n".join(_delivery_line(delivery) for delivery in deliveries) or "no deliveries",
    )


@webhook_group.command("replay")
@click.argument("endpoint_id")
@click.argument("delivery_id")
@json_option
@click.pass_obj
def replay_command(
    services: WebhookServices, endpoint_id: str, delivery_id: str, as_json: bool
) -> None:
    """Send what a delivery carried once more; `serve` or `worker` sends it."""
    again = services.replay_delivery(LOCAL_ADMINISTRATOR, endpoint_id, delivery_id)
    emit(
        {"delivery_id": again, "replay_of": delivery_id},
        as_json=as_json,
        human=f"on its way as {again}",
    )


def _endpoint(owned: OwnedEndpoint) -> Mapping[str, Any]:
    endpoint = owned.endpoint
    pause = endpoint.health.pause
    return {
        "endpoint_id": endpoint.endpoint_id,
        "client_id": endpoint.client_id,
        "client_name": owned.client_name,
        "url": endpoint.url,
        "events": [event.value for event in endpoint.events],
        "status": endpoint.status.value,
        "status_reason": None if pause is None else pause.value,
        "failing_since": endpoint.health.failing_since,
        "created_at": endpoint.created_at,
    }


def _endpoint_line(owned: OwnedEndpoint) -> str:
    endpoint = owned.endpoint
    pause = endpoint.health.pause
    state = endpoint.status.value if pause is None else f"{endpoint.status.value}: {pause.value}"
    return f"{endpoint.endpoint_id}  {state}  {owned.client_name}  {endpoint.url}"


def _delivery(delivery: Delivery) -> Mapping[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "event": delivery.event,
        "event_id": delivery.event_id,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at,
        "last_attempt_at": delivery.last_attempt_at,
        "status": delivery.status,
        "code": delivery.code,
        "replay_of": delivery.replay_of,
    }


def _delivery_line(delivery: Delivery) -> str:
    answer = delivery.status or delivery.code or "-"
    return (
        f"{delivery.delivery_id}  {delivery.created_at:%Y-%m-%dT%H:%M:%SZ}  {delivery.state.value}"
        f"  {delivery.event}  attempts {delivery.attempts}, last {answer}"
    )
