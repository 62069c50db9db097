"""`evtrust autocharge quarantine|quarantines|release`: identifiers that are not believed."""

from typing import Any, Protocol

import click

from autocharge.model.quarantine import Quarantine
from autocharge.operations.list_quarantines import ListedQuarantine, ListQuarantines
from autocharge.operations.quarantine_identifier import QuarantineIdentifier
from autocharge.operations.release_quarantine import ReleaseQuarantine
from foundation.identifiers import OperatorId
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.autocharge_identifier import (
    evccid_option,
    identifier_given,
    mac_option,
    vin_option,
)
from server.cli.output import emit, json_option


class QuarantineServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def quarantine_identifier(self) -> QuarantineIdentifier:
        """Puts an identifier in quarantine."""

    @property
    def list_quarantines(self) -> ListQuarantines:
        """Lists quarantines."""

    @property
    def release_quarantine(self) -> ReleaseQuarantine:
        """Ends a quarantine."""


@click.command("quarantine")
@mac_option
@evccid_option
@vin_option
@click.option("--reason", required=True, help="Why; kept and shown to the providers.")
@json_option
@click.pass_obj
def quarantine_command(
    services: QuarantineServices,
    mac: str | None,
    evccid: str | None,
    vin: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Have a vehicle's identifier answered with a step-up, everywhere and for everybody."""
    identifier = identifier_given(mac=mac, evccid=evccid, vin=vin)
    [stored] = services.quarantine_identifier(LOCAL_ADMINISTRATOR, identifier, reason)
    emit(_payload(stored), as_json=as_json, human=f"in quarantine: {_line(stored)}")


@click.command("quarantines")
@click.option("--released", is_flag=True, help="With those that were released.")
@json_option
@click.pass_obj
def quarantines_command(services: QuarantineServices, released: bool, as_json: bool) -> None:
    """List the identifiers in quarantine, masked, with the reasons."""
    listed: list[ListedQuarantine] = []
    after: str | None = None
    while True:
        page = services.list_quarantines(
            LOCAL_ADMINISTRATOR, standing_only=not released, after=after, limit=200
        )
        listed += page.quarantines
        after = page.next_after
        if after is None:
            break
    emit(
        {
            "quarantines": [
                {**_payload(one.quarantine), "masked_identifier": one.masked_identifier}
                for one in listed
            ]
        },
        as_json=as_json,
        human="\n".join(f"{one.masked_identifier}  {_line(one.quarantine)}" for one in listed)
        or "no identifier is in quarantine",
    )


@click.command("release")
@click.argument("quarantine_id")
@click.option("--reason", required=True, help="Why; kept and shown to the providers.")
@click.option(
    "--disbelieve",
    multiple=True,
    help="Suspected operator id (DEABC) whose readings are known to be wrong; repeatable.",
)
@json_option
@click.pass_obj
def release_command(
    services: QuarantineServices,
    quarantine_id: str,
    reason: str,
    disbelieve: tuple[str, ...],
    as_json: bool,
) -> None:
    """Have an identifier believed again; QUARANTINE_ID is what `quarantines` lists."""
    operators = frozenset(OperatorId.parse(text).value for text in disbelieve)
    released = services.release_quarantine(LOCAL_ADMINISTRATOR, quarantine_id, reason, operators)
    emit(_payload(released), as_json=as_json, human=f"released: {_line(released)}")


def _payload(quarantine: Quarantine) -> dict[str, Any]:
    ended = quarantine.release
    return {
        "quarantine_id": quarantine.quarantine_id,
        "type": quarantine.kind,
        "provider_id": quarantine.provider_id,
        "operator_id": quarantine.operator_id,
        "cause": quarantine.cause,
        "reasons": [
            {"code": reason.code, "detail": reason.detail} for reason in quarantine.reasons
        ],
        "suspected": sorted(quarantine.suspected),
        "created_at": quarantine.created_at.isoformat(),
        "created_by": quarantine.created_by,
        "released_at": ended and ended.released_at.isoformat(),
        "release_reason": ended and ended.reason,
        "disbelieved": sorted(ended.disbelieved) if ended else [],
    }


def _line(quarantine: Quarantine) -> str:
    place = quarantine.operator_id or "everywhere"
    whose = quarantine.provider_id or "everybody"
    why = "; ".join(reason.detail for reason in quarantine.reasons)
    ended = "" if quarantine.release is None else f"  released: {quarantine.release.reason}"
    return f"{quarantine.quarantine_id}  {quarantine.cause}  {place}  {whose}  {why}{ended}"
