"""`evtrust client`: who may ask."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import click

from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from participants.model.client import Client
from participants.operations.create_client import ClientCredentials, CreateClient
from participants.operations.list_clients import ListClients
from participants.operations.rotate_secret import DEFAULT_OVERLAP, MAXIMUM_OVERLAP, RotateSecret
from participants.operations.rotate_token_key import RotateTokenKey
from participants.operations.withdraw_client import WithdrawClient
from server.cli.output import emit, json_option


class ClientServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def create_client(self) -> CreateClient:
        """Registers a client."""

    @property
    def list_clients(self) -> ListClients:
        """Lists the clients."""

    @property
    def withdraw_client(self) -> WithdrawClient:
        """Withdraws a client."""

    @property
    def rotate_secret(self) -> RotateSecret:
        """Gives a client another secret."""

    @property
    def rotate_token_key(self) -> RotateTokenKey:
        """Replaces the key that signs tokens."""


@click.group("client")
def client_group() -> None:
    """Register and withdraw participants' clients."""


@client_group.command("create")
@click.option("--name", required=True, help="What people call it.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in ClientRole], case_sensitive=False),
    help="What it is; may be repeated.",
)
@click.option(
    "--provider-id", "provider_ids", multiple=True, help="EMP id such as DEABC (role MO)."
)
@click.option("--wmi", "wmis", multiple=True, help="Manufacturer's WMI such as WP0 (role OEM).")
@click.option(
    "--operator-id", "operator_ids", multiple=True, help="CPO id such as DEABC (role CPO)."
)
@json_option
@click.pass_obj
def create_command(
    services: ClientServices,
    name: str,
    roles: tuple[str, ...],
    provider_ids: tuple[str, ...],
    wmis: tuple[str, ...],
    operator_ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """Register a client and print its secret, this once."""
    created = services.create_client(
        LOCAL_ADMINISTRATOR,
        name,
        [ClientRole(role) for role in roles],
        provider_ids=provider_ids,
        wmis=wmis,
        operator_ids=operator_ids,
    )
    _emit_secret(created, as_json=as_json)


@client_group.command("list")
@json_option
@click.pass_obj
def list_command(services: ClientServices, as_json: bool) -> None:
    """List every client, withdrawn ones included; secrets are not known."""
    clients = services.list_clients(LOCAL_ADMINISTRATOR)
    emit(
        {"clients": [_described(client) for client in clients]},
        as_json=as_json,
        human="\n".join(_line(client) for client in clients) or "no clients yet",
    )


@client_group.command("revoke")
@click.argument("client_id")
@json_option
@click.pass_obj
def revoke_command(services: ClientServices, client_id: str, as_json: bool) -> None:
    """Withdraw a client: its tokens and secrets count no more, within a second."""
    client = services.withdraw_client(LOCAL_ADMINISTRATOR, client_id)
    emit(_described(client), as_json=as_json, human=f"withdrawn: {_line(client)}")


@client_group.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--overlap-days",
    type=click.IntRange(0, MAXIMUM_OVERLAP.days),
    default=DEFAULT_OVERLAP.days,
    show_default=True,
    help="How long the old secrets still count; 0 for one that leaked.",
)
@json_option
@click.pass_obj
def rotate_secret_command(
    services: ClientServices, client_id: str, overlap_days: int, as_json: bool
) -> None:
    """Give a client another secret and print it, this once; the old ones run out."""
    overlap = timedelta(days=overlap_days)
    rotated = services.rotate_secret(LOCAL_ADMINISTRATOR, client_id, overlap)
    _emit_secret(rotated, as_json=as_json)


@client_group.command("rotate-token-key")
@click.option(
    "--at-once", is_flag=True, help="The old key leaked: destroy it, every token with it."
)
@json_option
@click.pass_obj
def rotate_token_key_command(services: ClientServices, at_once: bool, as_json: bool) -> None:
    """Sign access tokens with a new key; `serve` and `worker` do so by themselves in time."""
    key_id = services.rotate_token_key(LOCAL_ADMINISTRATOR, at_once=at_once)
    until = "no token counts any more" if at_once else "tokens of the old one count to their end"
    emit({"key_id": key_id}, as_json=as_json, human=f"key {key_id} signs now; {until}")


def _emit_secret(given: ClientCredentials, *, as_json: bool) -> None:
    client_id, secret = given.client.client_id, given.client_secret
    emit(
        {**_described(given.client), "client_secret": secret},
        as_json=as_json,
        human=f"client_id      {client_id}\n"
        f"client_secret  {secret}\n"
        "Keep the secret now: it is stored hashed and cannot be shown again.",
    )


def _described(client: Client) -> Mapping[str, Any]:
    held = client.principal
    return {
        "client_id": client.client_id,
        "name": client.name,
        "roles": [role.value for role in sorted(held.roles)],
        "provider_ids": sorted(held.provider_ids),
        "wmis": sorted(held.wmis),
        "operator_ids": sorted(held.operator_ids),
        "created_at": client.created_at,
        "withdrawn_at": client.withdrawn_at,
    }


def _line(client: Client) -> str:
    words = [client.client_id, ",".join(sorted(client.principal.roles)), *client.owners]
    state = "" if client.stands else "  (withdrawn)"
    return f"{'  '.join(words)}  {client.name}{state}"
