"""`evtrust console`: who may use the web console."""

from collections.abc import Mapping
from typing import Any, Protocol

import click

from console.model.account import Account
from console.model.roles import ConsoleRole
from console.operations.add_account import AddAccount, NewAccount
from console.operations.change_account import ChangeAccount
from console.operations.ports import AccountReader
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option
from server.settings import Settings


class ConsoleServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def settings(self) -> Settings:
        """The settings, for the address that people open."""

    @property
    def console_accounts(self) -> AccountReader:
        """Accounts, to read."""

    @property
    def add_account(self) -> AddAccount:
        """Gives a person an account."""

    @property
    def change_account(self) -> ChangeAccount:
        """Changes accounts."""


_ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in ConsoleRole]),
    help="What the person may do; may be repeated.",
)


@click.group("console")
def console_group() -> None:
    """Give people accounts in the web console, and take them back."""


@console_group.command("add")
@click.argument("email")
@_ROLE
@json_option
@click.pass_obj
def add_command(
    services: ConsoleServices, email: str, roles: tuple[str, ...], as_json: bool
) -> None:
    """Add an account for EMAIL, the name to sign in with; nothing is sent there."""
    _tell_password(services, services.add_account(LOCAL_ADMINISTRATOR, email, roles), as_json)


@console_group.command("reset-password")
@click.argument("email")
@json_option
@click.pass_obj
def reset_command(services: ConsoleServices, email: str, as_json: bool) -> None:
    """Give EMAIL a new password; its one-time codes and sessions end."""
    _tell_password(
        services, services.change_account.reset_password(LOCAL_ADMINISTRATOR, email), as_json
    )


@console_group.command("roles")
@click.argument("email")
@_ROLE
@json_option
@click.pass_obj
def roles_command(
    services: ConsoleServices, email: str, roles: tuple[str, ...], as_json: bool
) -> None:
    """Replace what EMAIL may do."""
    account = services.change_account.set_roles(LOCAL_ADMINISTRATOR, email, roles)
    emit(_shown(account), as_json=as_json, human=f"{account.email} is {_words(account)} now")


@console_group.command("list")
@json_option
@click.pass_obj
def list_command(services: ConsoleServices, as_json: bool) -> None:
    """List the accounts."""
    accounts = services.console_accounts.all()
    lines = [
        f"{one.email:40} {_words(one)}{'' if one.active else ' (disabled)'}" for one in accounts
    ]
    human = "\n".join(lines) or "nobody yet; `evtrust console add` adds somebody"
    emit({"accounts": [_shown(one) for one in accounts]}, as_json=as_json, human=human)


@console_group.command("remove")
@click.argument("email")
@json_option
@click.pass_obj
def remove_command(services: ConsoleServices, email: str, as_json: bool) -> None:
    """Remove EMAIL's account, its passkeys and sessions."""
    account = services.change_account.remove(LOCAL_ADMINISTRATOR, email)
    emit(_shown(account), as_json=as_json, human=f"{account.email} is removed")


def _tell_password(services: ConsoleServices, made: NewAccount, as_json: bool) -> None:
    address = f"{services.settings.public_url}/console/"
    emit(
        {**_shown(made.account), "password": made.password, "url": address},
        as_json=as_json,
        human=f"{made.account.email} signs in at {address}\n"
        f"password, shown only now: {made.password}",
    )


def _shown(account: Account) -> Mapping[str, Any]:
    return {
        "account_id": account.account_id,
        "email": account.email,
        "roles": sorted(account.roles),
        "active": account.active,
        "second_factor": account.second_factor,
    }


def _words(account: Account) -> str:
    return ", ".join(sorted(account.roles)).replace("_", " ")
