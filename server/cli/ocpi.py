"""`evtrust ocpi`: the connections to partners that speak OCPI."""

import re
from pathlib import Path
from typing import Any, Protocol

import click

from authorization.model.ocpi import CredentialsRole, OcpiRole
from authorization.model.ocpi_connection import OcpiConnection
from authorization.model.token_pull import TokenPull
from authorization.operations.pull_tokens import PullTokens
from authorization.operations.register_at_ocpi import OcpiConnections
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option

_PARTY = re.compile(r"([A-Za-z]+):([A-Za-z]{2})([A-Za-z0-9]{3}):(.{1,64})")


class OcpiServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def ocpi_connections(self) -> OcpiConnections:
        """An administrator's hands on connections."""

    @property
    def pull_tokens(self) -> PullTokens:
        """Reads partners' lists of tokens."""


@click.group("ocpi")
def ocpi_group() -> None:
    """Connect to OCPI partners; `evtrust partner add --protocol ocpi-…` registers them."""


_as_party = click.option(
    "--as",
    "parties",
    multiple=True,
    required=True,
    metavar="ROLE:PARTY:NAME",
    help="A party of ours that it shall see, as CPO:DEABC:ABC Charging; repeatable.",
)


@ocpi_group.command("show")
@click.argument("partner_id")
@json_option
@click.pass_obj
def show(services: OcpiServices, partner_id: str, as_json: bool) -> None:
    """Show the connection to PARTNER_ID, without its tokens."""
    found = services.ocpi_connections.show(LOCAL_ADMINISTRATOR, partner_id)
    emit(_payload(found), as_json=as_json, human=_text(found))


@ocpi_group.command("invite")
@click.argument("partner_id")
@_as_party
@json_option
@click.pass_obj
def invite(
    services: OcpiServices, partner_id: str, parties: tuple[str, ...], as_json: bool
) -> None:
    """Make the token by which PARTNER_ID registers here, once."""
    made = services.ocpi_connections.invite(LOCAL_ADMINISTRATOR, partner_id, _roles(parties))
    until = made.expires_at.isoformat()
    emit(
        {"token": made.token, "versions_url": made.url, "expires_at": until},
        as_json=as_json,
        human=f"versions URL  {made.url}\ntoken         {made.token}\n"
        f"good once, until {until}; send both to the partner, it is not shown again",
    )


@ocpi_group.command("register")
@click.argument("partner_id")
@_as_party
@click.option(
    "--token-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the registration token that the partner gave (CREDENTIALS_TOKEN_A).",
)
@json_option
@click.pass_obj
def register(
    services: OcpiServices,
    partner_id: str,
    parties: tuple[str, ...],
    token_file: Path,
    as_json: bool,
) -> None:
    """Register at the platform of PARTNER_ID; its `--url` is the one of its versions."""
    made = services.ocpi_connections.register(
        LOCAL_ADMINISTRATOR, partner_id, _roles(parties), token_file.read_text().strip()
    )
    emit(_payload(made), as_json=as_json, human=_text(made))


@ocpi_group.command("renew")
@click.argument("partner_id")
@json_option
@click.pass_obj
def renew(services: OcpiServices, partner_id: str, as_json: bool) -> None:
    """Renew both tokens of the connection and read the endpoints of PARTNER_ID again."""
    made = services.ocpi_connections.renew(LOCAL_ADMINISTRATOR, partner_id)
    emit(_payload(made), as_json=as_json, human=_text(made))


@ocpi_group.command("end")
@click.argument("partner_id")
@json_option
@click.pass_obj
def end(services: OcpiServices, partner_id: str, as_json: bool) -> None:
    """End the connection; tokens that PARTNER_ID pushed are forgotten, it stays registered."""
    services.ocpi_connections.end(LOCAL_ADMINISTRATOR, partner_id)
    emit({"ended": partner_id}, as_json=as_json, human=f"ended the connection to {partner_id}")


@ocpi_group.command("pull")
@click.argument("partner_id")
@click.option("--status", is_flag=True, help="Only show how far it is.")
@json_option
@click.pass_obj
def pull(services: OcpiServices, partner_id: str, *, status: bool, as_json: bool) -> None:
    """Have all tokens of PARTNER_ID read anew by `evtrust worker` or `serve`."""
    ask = services.pull_tokens.show if status else services.pull_tokens.again
    found = ask(LOCAL_ADMINISTRATOR, partner_id)
    emit(_pull_payload(found), as_json=as_json, human=_pull_text(found))


def _roles(parties: tuple[str, ...]) -> list[CredentialsRole]:
    return [_role(text) for text in parties]


def _role(text: str) -> CredentialsRole:
    found = _PARTY.fullmatch(text)
    known = {role.value for role in OcpiRole}
    if found is None or found[1].upper() not in known:
        raise ServiceError(
            Kind.INVALID,
            "invalid_party",
            "write a party as ROLE:PARTY:NAME, for instance CPO:DEABC:ABC Charging",
            {"--as": f"ROLE is one of {', '.join(sorted(known))}, NAME has 64 characters at most"},
        )
    role, country, party, name = found.groups()
    return CredentialsRole(OcpiRole(role.upper()), country.upper(), party.upper(), name)


def _payload(connection: OcpiConnection) -> dict[str, Any]:
    there = connection.registered
    return {
        "partner_id": connection.partner_id,
        "own_roles": [_role_text(role) for role in connection.own_roles],
        "version": None if there is None else there.version.value,
        "roles": [] if there is None else [_role_text(role) for role in there.roles],
        "registered_at": None if there is None else there.at.isoformat(),
    }


def _role_text(role: CredentialsRole) -> str:
    return f"{role.role.value}:{role.party}:{role.name}"


def _text(connection: OcpiConnection) -> str:
    there = connection.registered
    ours = ", ".join(map(_role_text, connection.own_roles)) or "nobody"
    if there is None:
        return f"{connection.partner_id}  not registered yet  we are {ours}"
    theirs = ", ".join(map(_role_text, there.roles))
    return (
        f"{connection.partner_id}  OCPI {there.version} since {there.at.isoformat()}\n"
        f"we are {ours}\nit is {theirs}"
    )


def _pull_payload(pull: TokenPull) -> dict[str, Any]:
    return {
        "partner_id": pull.partner_id,
        "read_until": None if pull.since is None else pull.since.isoformat(),
        "running_since": None if pull.began is None else pull.began.isoformat(),
        "due_at": pull.due_at.isoformat(),
        "taken": pull.taken,
        "refused": pull.refused,
    }


def _pull_text(pull: TokenPull) -> str:
    state = f"next at {pull.due_at.isoformat()}"
    if pull.began is not None:
        state = f"running since {pull.began.isoformat()}"
    read = "not read yet" if pull.since is None else f"read until {pull.since.isoformat()}"
    return f"{pull.partner_id}  {read}  {state}  {pull.taken} taken  {pull.refused} refused"
