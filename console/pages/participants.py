"""Participants: their clients, made, rotated, withdrawn; webhooks beside them."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.model.roles import Permission
from console.pages.who import actor, reader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole
from participants.model.client import Client
from participants.operations.create_client import ClientCredentials, CreateClient
from participants.operations.list_clients import ListClients
from participants.operations.rotate_secret import DEFAULT_OVERLAP, RotateSecret
from participants.operations.withdraw_client import WithdrawClient


@dataclass(frozen=True, slots=True)
class ParticipantPages:
    """What these pages translate for."""

    list: ListClients
    create: CreateClient
    rotate: RotateSecret
    withdraw: WithdrawClient
    clock: Clock


def participants_pages(operations: ParticipantPages) -> Blueprint:
    """Return the list of clients and the page of each."""
    pages = Blueprint("participants", __name__, url_prefix="/participants")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        return render_template(
            "participants.html",
            title="Participants",
            clients=operations.list(reader()),
            roles=[role.value for role in ClientRole],
        )

    @pages.post("")
    def create() -> str:
        principal, form = actor(Permission.ADMINISTER), request.form
        made = operations.create(
            principal,
            form.get("name", ""),
            _roles(form.getlist("roles")),
            provider_ids=form.get("provider_ids", "").split(),
            wmis=form.get("wmis", "").split(),
            operator_ids=form.get("operator_ids", "").split(),
        )
        return _page(operations, made.client, made)

    @pages.get("/<client_id>")
    def show(client_id: str) -> str:
        return _page(operations, _found(operations, client_id), None)

    @pages.post("/<client_id>/rotate")
    def rotate(client_id: str) -> str:
        principal = actor(Permission.ADMINISTER)
        overlap = timedelta(0) if request.form.get("leaked") == "yes" else DEFAULT_OVERLAP
        made = operations.rotate(principal, client_id, overlap)
        return _page(operations, made.client, made)

    @pages.post("/<client_id>/withdraw")
    def withdraw(client_id: str) -> Response:
        principal = actor(Permission.ADMINISTER)
        if request.form.get("confirm") != "yes":
            raise ServiceError(
                Kind.INVALID, "not_confirmed", "tick that it is for good; nothing was withdrawn"
            )
        operations.withdraw(principal, client_id)
        flash("Withdrawn: its tokens count no more within a second.", "success")
        return redirect(url_for("participants.show", client_id=client_id))

    return pages


def _found(operations: ParticipantPages, client_id: str) -> Client:
    for client in operations.list(reader()):
        if client.client_id == client_id:
            return client
    raise ServiceError(Kind.NOT_FOUND, "client_not_found", "no client has this id")


def _page(operations: ParticipantPages, client: Client, made: ClientCredentials | None) -> str:
    return render_template(
        "participant.html",
        title=client.name,
        client=client,
        made=made,
        now=operations.clock(),
        overlap=DEFAULT_OVERLAP,
    )


def _roles(texts: list[str]) -> list[ClientRole]:
    try:
        return [ClientRole(text) for text in texts]
    except ValueError:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_role",
            f"a role is one of {', '.join(ClientRole)}",
            {"roles": "none of them"},
        ) from None
