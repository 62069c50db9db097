"""`evtrust contract access-methods`: the ways to a contract, and to block one of them."""

from collections.abc import Iterator
from typing import Protocol

import click

from authorization.api.surroundings_schemas import AccessMethodsBody
from authorization.model.access_token import TokenStatus
from authorization.operations.change_access_method import ChangeAccessMethod
from authorization.operations.list_access_methods import ListAccessMethods
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class AccessMethodServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_access_methods(self) -> ListAccessMethods:
        """Shows every way to a contract."""

    @property
    def change_access_method(self) -> ChangeAccessMethod:
        """Blocks and unblocks one of them."""


@click.group("access-methods")
def access_methods_group() -> None:
    """Look at the ways by which a contract's driver may charge, and block one."""


@access_methods_group.command("list")
@click.argument("emaid")
@json_option
@click.pass_obj
def list_(services: AccessMethodServices, emaid: str, as_json: bool) -> None:
    """List cards, app accounts, certificates and vehicles of the contract EMAID, masked."""
    _emit_listed(services, Emaid.parse(emaid), as_json=as_json)


@access_methods_group.command("block")
@click.argument("emaid")
@click.argument("method_id")
@json_option
@click.pass_obj
def block(services: AccessMethodServices, emaid: str, method_id: str, as_json: bool) -> None:
    """Block METHOD_ID (an id of the list) of the contract EMAID, effective at once.

    A vehicle is suspended, a certificate is put on hold.
    """
    _change(services, emaid, method_id, TokenStatus.BLOCKED, as_json=as_json)


@access_methods_group.command("unblock")
@click.argument("emaid")
@click.argument("method_id")
@json_option
@click.pass_obj
def unblock(services: AccessMethodServices, emaid: str, method_id: str, as_json: bool) -> None:
    """Unblock METHOD_ID (an id of the list) of the contract EMAID."""
    _change(services, emaid, method_id, TokenStatus.ACTIVE, as_json=as_json)


def _change(
    services: AccessMethodServices,
    emaid: str,
    method_id: str,
    status: TokenStatus,
    *,
    as_json: bool,
) -> None:
    parsed = Emaid.parse(emaid)
    services.change_access_method(LOCAL_ADMINISTRATOR, parsed, method_id, status)
    _emit_listed(services, parsed, as_json=as_json)


def _emit_listed(services: AccessMethodServices, emaid: Emaid, *, as_json: bool) -> None:
    body = AccessMethodsBody.of(services.list_access_methods(LOCAL_ADMINISTRATOR, emaid))
    emit(
        body.model_dump(mode="json"),
        as_json=as_json,
        human="\n".join(_lines(body)) or "no way but the EMAID itself leads to this contract",
    )


def _lines(body: AccessMethodsBody) -> Iterator[str]:
    for token in body.access_methods:
        yield f"{token.token_id}  {token.kind}  {token.status}  {token.masked_uid}"
    for one in body.certificates:
        yield f"{one.fingerprint}  certificate  {one.state}  until {one.not_after:%Y-%m-%d}"
    for vehicle in body.vehicles:
        yield (
            f"{vehicle.enrolment_id}  {vehicle.kind}  {vehicle.status}  {vehicle.masked_identifier}"
        )
