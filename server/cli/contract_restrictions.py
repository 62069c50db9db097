"""`evtrust contract restrictions`: what a contract may use, where and when."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import click

from authorization.api.site_schemas import HoursBody, RestrictionsBody
from authorization.operations.restrict_contract import RestrictContract
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.document import read_document
from server.cli.output import emit, json_option


class RestrictionServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def restrict_contract(self) -> RestrictContract:
        """Shows, stores and removes what contracts are restricted to."""


@click.group("restrictions")
def restrictions_group() -> None:
    """Say what a contract may use, where and when."""


@restrictions_group.command("show")
@click.argument("emaid")
@json_option
@click.pass_obj
def show(services: RestrictionServices, emaid: str, as_json: bool) -> None:
    """Show what the contract EMAID is restricted to."""
    _emit_kept(services, Emaid.parse(emaid), as_json=as_json)


@restrictions_group.command("set")
@click.argument("emaid")
@click.argument("file", type=click.File("rb"))
@json_option
@click.pass_obj
def set_(services: RestrictionServices, emaid: str, file: BinaryIO, as_json: bool) -> None:
    """Restrict the contract EMAID to what FILE (`-` reads standard input) says, and nothing else.

    FILE is the JSON that `PUT /v1/contracts/{emaid}/restrictions` takes: connector_types, hours,
    sites, energy_transfer, time_zone; what is left out is not restricted.
    """
    parsed = Emaid.parse(emaid)
    wanted = read_document(RestrictionsBody, file).restrictions()
    services.restrict_contract.put(LOCAL_ADMINISTRATOR, parsed, wanted)
    _emit_kept(services, parsed, as_json=as_json)


@restrictions_group.command("clear")
@click.argument("emaid")
@json_option
@click.pass_obj
def clear(services: RestrictionServices, emaid: str, as_json: bool) -> None:
    """Lift the restrictions of the contract EMAID; doing so again changes nothing."""
    parsed = Emaid.parse(emaid)
    services.restrict_contract.remove(LOCAL_ADMINISTRATOR, parsed)
    _emit_kept(services, parsed, as_json=as_json)


def _emit_kept(services: RestrictionServices, emaid: Emaid, *, as_json: bool) -> None:
    body = RestrictionsBody.of(services.restrict_contract.show(LOCAL_ADMINISTRATOR, emaid))
    human = "\n".join([emaid.canonical, *_lines(body)])
    emit(body.model_dump(mode="json"), as_json=as_json, human=human)


def _lines(body: RestrictionsBody) -> Iterator[str]:
    told = {
        "connector types": body.connector_types,
        "hours": None if body.hours is None else [_hours(one) for one in body.hours],
        "sites": None
        if body.sites is None
        else [f"{one.operator_id}/{one.site_id}" for one in body.sites],
        "energy transfer": body.energy_transfer,
    }
    for name, values in told.items():
        yield f"  {name}: {'all' if values is None else ', '.join(values)}"
    if body.hours is not None:
        yield f"  time zone where no site is known: {body.time_zone}"


def _hours(one: HoursBody) -> str:
    return f"{one.begin}-{one.end} on weekdays {' '.join(map(str, one.weekdays))}"
