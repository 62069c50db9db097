"""`evtrust authorize`: ask the decision as a station would."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import click

from authorization.api.payloads import decision_payload
from authorization.model.claim import (
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    VehicleClaim,
)
from authorization.model.decision import Decision
from authorization.model.station import parse_station_id
from authorization.operations.authorize import Authorize
from foundation.clock import parse_time
from foundation.identifiers import Emaid, Vin, parse_evccid
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.chain_parser import MAX_CHAIN_BYTES, parse_chain
from server.cli.output import emit, json_option


class AuthorizeServices(Protocol):
    """What this command needs of the wired services."""

    @property
    def authorize(self) -> Authorize:
        """Decides."""


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except (ValueError, OverflowError) as failure:
        raise click.BadParameter(str(failure)) from failure


@click.command("authorize")
@click.option("--station", "station_id", required=True, help="OCPP identity of the station.")
@click.option(
    "--chain",
    "chain_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Contract certificate chain (PEM or DER, leaf first); needs --emaid.",
)
@click.option("--emaid", help="EMAID of the contract; alone it is refused, unless policy allows.")
@click.option("--mac", help="MAC or EVCCID of the vehicle (Autocharge).")
@click.option("--vin", help="VIN of the vehicle (Autocharge).")
@click.option(
    "--at", callback=_instant, help="Decide for this time (2026-12-01T00:00:00Z); not recorded."
)
@json_option
@click.pass_obj
def authorize(
    services: AuthorizeServices,
    station_id: str,
    chain_file: Path | None,
    emaid: str | None,
    mac: str | None,
    vin: str | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Ask whether a vehicle may charge at a station; exit 0 if it may, 1 with reasons if not."""
    claim = Claim(
        _identification(chain_file, emaid, mac, vin), station_id=parse_station_id(station_id), at=at
    )
    decision = services.authorize(LOCAL_ADMINISTRATOR, claim)
    emit(_printable(decision), as_json=as_json, human=_human(decision))
    if not decision.accepted:
        sys.exit(1)


def _identification(
    chain_file: Path | None, emaid: str | None, mac: str | None, vin: str | None
) -> Identification:
    if sum(given is not None for given in (emaid, mac, vin)) != 1:
        raise click.UsageError("give one of --emaid, --mac and --vin")
    if chain_file is not None and emaid is None:
        raise click.UsageError("--chain needs --emaid: the contract that the vehicle names")
    if mac is not None:
        return VehicleClaim(parse_evccid(mac))
    if vin is not None:
        return VehicleClaim(Vin.parse(vin))
    parsed = Emaid.parse(emaid or "")
    if chain_file is None:
        return EmaidClaim(parsed)
    with chain_file.open("rb") as file:  # one byte more than allowed, so that the parser refuses it
        return CertificateClaim(parsed, parse_chain(file.read(MAX_CHAIN_BYTES + 1)))


def _printable(decision: Decision) -> dict[str, Any]:
    end = decision.valid_until
    return decision_payload(decision) | {"valid_until": None if end is None else end.isoformat()}


def _human(decision: Decision) -> str:
    words = [decision.outcome.value, f"({decision.evidence.value}, {decision.assurance.value})"]
    if decision.certificate_status is not None:
        words.append(f"certificate {decision.certificate_status.value}")
    lines = [" ".join(words)]
    if decision.evcoid is not None:
        lines.append(f"contract {decision.evcoid}")
    lines += [f"- {reason.detail} [{reason.code}]" for reason in decision.reasons]
    lines.append(
        "not recorded" if decision.reference is None else f"reference {decision.reference}"
    )
    return "\n".join(lines)
