"""`evtrust autocharge`: vehicle identifiers that stand for contracts."""

import sys
from typing import Any, Protocol

import click

from autocharge.model.enrolment import Identifier, parse_identifier
from autocharge.model.resolution import Resolution, Resolved, Suspended
from autocharge.operations.enrol import Enrol
from autocharge.operations.erase import EraseEnrolment
from autocharge.operations.resolve import Resolve
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option

LONGEST_LINE = 300


class AutochargeServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def enrol(self) -> Enrol:
        """Enrols an identifier."""

    @property
    def resolve(self) -> Resolve:
        """Resolves an identifier."""

    @property
    def erase_enrolment(self) -> EraseEnrolment:
        """Erases an identifier."""


@click.group("autocharge")
def autocharge_group() -> None:
    """Enrol, resolve and erase vehicle identifiers."""


mac_option = click.option("--mac", help="MAC address; `-` reads it from standard input.")
evccid_option = click.option("--evccid", help="EVCCID of any edition, or `-`.")
vin_option = click.option("--vin", help="Vehicle identification number, or `-`.")


def _identifier(**given: str | None) -> Identifier:
    """Return the one identifier that was given; standard input keeps it out of a shell's history.

    Raises click.UsageError where there is not exactly one.
    """
    named = [(kind, text) for kind, text in given.items() if text is not None]
    if len(named) != 1:
        raise click.UsageError("give exactly one of --mac, --evccid and --vin")
    kind, text = named[0]
    if text == "-":
        text = sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")
    return parse_identifier(kind, text)


@autocharge_group.command("enrol")
@click.argument("emaid")
@mac_option
@evccid_option
@vin_option
@json_option
@click.pass_obj
def enrol_command(
    services: AutochargeServices,
    emaid: str,
    mac: str | None,
    evccid: str | None,
    vin: str | None,
    as_json: bool,
) -> None:
    """Let a vehicle's identifier stand for the contract EMAID."""
    identifier = _identifier(mac=mac, evccid=evccid, vin=vin)
    enrolment = services.enrol(LOCAL_ADMINISTRATOR, emaid, identifier)
    emit(
        {
            "enrolment_id": enrolment.enrolment_id,
            "type": enrolment.kind,
            "emaid": enrolment.emaid.canonical,
            "status": enrolment.status,
        },
        as_json=as_json,
        human=f"{enrolment.kind} enrolled for {enrolment.emaid.canonical} "
        f"({enrolment.status}, enrolment {enrolment.enrolment_id})",
    )


@autocharge_group.command("resolve")
@mac_option
@evccid_option
@vin_option
@json_option
@click.pass_context
def resolve_command(
    ctx: click.Context, mac: str | None, evccid: str | None, vin: str | None, as_json: bool
) -> None:
    """Say which contract a vehicle's identifier stands for; exits 1 where it stands for none."""
    services: AutochargeServices = ctx.obj
    resolution = services.resolve(_identifier(mac=mac, evccid=evccid, vin=vin))
    payload = _described(resolution)
    words = [payload["result"], payload["emaid"] or "", *resolution.signals]
    emit(payload, as_json=as_json, human="  ".join(word for word in words if word))
    if not isinstance(resolution, Resolved):
        ctx.exit(1)


@autocharge_group.command("erase")
@mac_option
@evccid_option
@vin_option
@json_option
@click.pass_obj
def erase_command(
    services: AutochargeServices,
    mac: str | None,
    evccid: str | None,
    vin: str | None,
    as_json: bool,
) -> None:
    """Delete everything that is stored of a vehicle's identifier."""
    erased = services.erase_enrolment(
        LOCAL_ADMINISTRATOR, _identifier(mac=mac, evccid=evccid, vin=vin)
    )
    emit({"erased": erased}, as_json=as_json, human=f"{erased} enrolment(s) erased")


def _described(resolution: Resolution) -> dict[str, Any]:
    stands_for = resolution if isinstance(resolution, Resolved | Suspended) else None
    return {
        "result": type(resolution).__name__.lower(),
        "enrolment_id": stands_for and stands_for.enrolment_id,
        "emaid": stands_for and stands_for.emaid.canonical,
        "signals": list(resolution.signals),
    }
