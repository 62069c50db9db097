"""`/v1/webhook/endpoints` of OPCP, with the log, replays and trials that it lacks."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from foundation.principal import Principal
from participants.api.webhook_schemas import (
    ChangedEndpoint,
    DeliveriesBody,
    DeliveriesQuery,
    DeliveryBody,
    DeliveryPath,
    EndpointBody,
    EndpointPath,
    EndpointsBody,
    NewEndpoint,
    QueuedBody,
)
from participants.operations.create_endpoint import CreateEndpoint
from participants.operations.delete_endpoint import DeleteEndpoint
from participants.operations.list_endpoints import ListDeliveries, ListEndpoints, ShowEndpoint
from participants.operations.replay_delivery import PingEndpoint, ReplayDelivery
from participants.operations.update_endpoint import UpdateEndpoint

_TAG = Tag(name="Webhooks", description="Where a client is told of events, signed (OPCP 1.0.0)")
_ONE = "/v1/webhook/endpoints/<endpoint_id>"


@dataclass(frozen=True, slots=True)
class WebhookOperations:
    """What the blueprint translates for."""

    create: CreateEndpoint
    list: ListEndpoints
    show: ShowEndpoint
    update: UpdateEndpoint
    delete: DeleteEndpoint
    deliveries: ListDeliveries
    replay: ReplayDelivery
    ping: PingEndpoint


def webhooks_blueprint(
    operations: WebhookOperations,
    principal: Callable[[], Principal],
    error_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `error_responses` documents the errors that every route may answer.

    An endpoint that is another client's is 404, as one that is not there.
    """
    blueprint = APIBlueprint("webhooks", __name__, abp_tags=[_TAG], abp_responses=error_responses)
    _add_collection(blueprint, operations, principal)
    _add_endpoint(blueprint, operations, principal)
    _add_log(blueprint, operations, principal)
    return blueprint


def _add_collection(
    blueprint: APIBlueprint, operations: WebhookOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/webhook/endpoints",
        summary="Register an endpoint",
        operation_id="createWebhookEndpoint",
        responses={201: EndpointBody},
    )
    def create_webhook_endpoint(body: NewEndpoint) -> Response:
        """The answer has the secret that signs what is sent: it is shown this once."""
        who = principal()
        created = operations.create(
            who,
            body.url,
            body.enabledEvents,
            description=body.description,
            metadata=body.metadata,
            status=body.status,
        )
        owned = operations.show(who, created.endpoint.endpoint_id)
        return _json(EndpointBody.of(owned, created.secret), 201)

    @blueprint.get(
        "/v1/webhook/endpoints",
        summary="List your endpoints",
        operation_id="getWebhookEndpoints",
        responses={200: EndpointsBody},
    )
    def get_webhook_endpoints() -> Response:
        """To ADMIN and AUDITOR everybody's, a thousand at most."""
        listed = [EndpointBody.of(owned) for owned in operations.list(principal())]
        return _json(EndpointsBody(listed))


def _add_endpoint(
    blueprint: APIBlueprint, operations: WebhookOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.get(
        _ONE,
        summary="Show an endpoint",
        operation_id="getWebhookEndpoint",
        responses={200: EndpointBody},
    )
    def get_webhook_endpoint(path: EndpointPath) -> Response:
        """Without its secret."""
        return _json(EndpointBody.of(operations.show(principal(), path.endpoint_id)))

    @blueprint.put(
        _ONE,
        summary="Change an endpoint",
        operation_id="updateWebhookEndpoint",
        responses={200: EndpointBody},
    )
    def update_webhook_endpoint(path: EndpointPath, body: ChangedEndpoint) -> Response:
        """Disabled, what waits for it fails; enabled again, a pause is over."""
        who = principal()
        operations.update(who, path.endpoint_id, body.as_change())
        return _json(EndpointBody.of(operations.show(who, path.endpoint_id)))

    @blueprint.delete(
        _ONE,
        summary="Delete an endpoint",
        operation_id="deleteWebhookEndpoint",
        responses={200: None},
    )
    def delete_webhook_endpoint(path: EndpointPath) -> Response:
        """Its secret and its log go with it."""
        operations.delete(principal(), path.endpoint_id)
        return Response(status=200)


def _add_log(
    blueprint: APIBlueprint, operations: WebhookOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.get(
        f"{_ONE}/deliveries",
        summary="Read an endpoint's log",
        operation_id="getWebhookDeliveries",
        responses={200: DeliveriesBody},
    )
    def get_webhook_deliveries(path: EndpointPath, query: DeliveriesQuery) -> Response:
        """Newest first, without what was sent: that names drivers and vehicles."""
        page = operations.deliveries(
            principal(), path.endpoint_id, query.state, query.before, query.limit
        )
        more = page[-1].delivery_id if len(page) == query.limit else None
        return _json(
            DeliveriesBody(deliveries=[DeliveryBody.of(one) for one in page], next=more),
            exclude_none=False,
        )

    @blueprint.post(
        f"{_ONE}/deliveries/<delivery_id>/replay",
        summary="Send a delivery again",
        operation_id="replayWebhookDelivery",
        responses={202: QueuedBody},
    )
    def replay_webhook_delivery(path: DeliveryPath) -> Response:
        """The same bytes with the same `eventId`, as a delivery of its own."""
        return _json(
            QueuedBody(id=operations.replay(principal(), path.endpoint_id, path.delivery_id)), 202
        )

    @blueprint.post(
        f"{_ONE}/ping",
        summary="Send a trial",
        operation_id="pingWebhookEndpoint",
        responses={202: QueuedBody},
    )
    def ping_webhook_endpoint(path: EndpointPath) -> Response:
        """Signed like every event, of the type `ping`; the log says how it was answered."""
        return _json(QueuedBody(id=operations.ping(principal(), path.endpoint_id)), 202)


def _json(body: BaseModel, status: int = 200, *, exclude_none: bool = True) -> Response:
    text = body.model_dump_json(exclude_none=exclude_none)
    return Response(text, status, content_type="application/json")
