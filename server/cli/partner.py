"""`evtrust partner`: roaming partners, who know contracts that are not kept here."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import click

from authorization.model.partner import Partner, PartnerProtocol, SilencePolicy
from authorization.model.routes import KnownPartner
from authorization.operations.push_authdata import PushAuthdata
from authorization.operations.register_partner import ListPartners, RegisterPartner, RemovePartner
from authorization.operations.roaming_ports import Credentials
from foundation.identifiers import ProviderId
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class PartnerServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def register_partner(self) -> RegisterPartner:
        """Registers partners."""

    @property
    def list_partners(self) -> ListPartners:
        """Shows partners."""

    @property
    def remove_partner(self) -> RemovePartner:
        """Removes partners."""

    @property
    def push_authdata(self) -> PushAuthdata:
        """Pushes authentication data."""


@click.group("partner")
def partner_group() -> None:
    """Register roaming partners and look at them."""


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@partner_group.command("add")
@click.argument("partner_id")
@click.option(
    "--protocol", required=True, type=click.Choice([one.value for one in PartnerProtocol])
)
@click.option("--url", "base_url", required=True, help="Where its protocol begins (https://…).")
@click.option(
    "--provider",
    "providers",
    multiple=True,
    help="Provider id (DEABC) to ask it about; repeatable.",
)
@click.option("--operator", "operators", multiple=True, help="Operator id it speaks for.")
@click.option("--client", "client_id", help="Client id with which an OICP hub asks here.")
@click.option(
    "--show", "own_providers", multiple=True, help="Own provider id that it may ask about."
)
@click.option("--authdata", is_flag=True, help="Push those providers' contracts to it (OICP).")
@click.option("--default", "is_default", is_flag=True, help="The route nobody else has.")
@click.option("--priority", type=int, default=100, show_default=True, help="Lower is asked first.")
@click.option(
    "--silence",
    nargs=3,
    type=int,
    default=(0, 0, 0),
    metavar="A_DAY MINUTES WH",
    help="Accept so many vehicles a day while it is silent, each for so long and so much.",
)
@click.option("--token-file", type=_FILE, help="File with the bearer token for its host.")
@click.option(
    "--identity-files",
    nargs=2,
    type=_FILE,
    metavar="CHAIN KEY",
    help="PEM of our client certificate, leaf first, and of its private key.",
)
@json_option
@click.pass_obj
def add(
    services: PartnerServices,
    *,
    partner_id: str,
    protocol: str,
    base_url: str,
    providers: tuple[str, ...],
    operators: tuple[str, ...],
    client_id: str | None,
    own_providers: tuple[str, ...],
    authdata: bool,
    is_default: bool,
    priority: int,
    silence: tuple[int, int, int],
    token_file: Path | None,
    identity_files: tuple[Path, Path] | None,
    as_json: bool,
) -> None:
    """Register PARTNER_ID, or replace what is registered of it; credentials stay if not given."""
    services.register_partner(
        LOCAL_ADMINISTRATOR,
        Partner(
            partner_id,
            PartnerProtocol(protocol),
            base_url,
            frozenset(ProviderId.parse(text).value for text in providers),
            frozenset(ProviderId.parse(text).value for text in operators),
            is_default,
            priority,
            SilencePolicy(*silence),
            client_id,
            frozenset(ProviderId.parse(text).value for text in own_providers),
            authdata,
        ),
        _credentials(token_file, identity_files),
    )
    known = services.list_partners.one(LOCAL_ADMINISTRATOR, partner_id)
    emit(_payload(known), as_json=as_json, human=f"registered {_line(known)}")


@partner_group.command("list")
@json_option
@click.pass_obj
def list_(services: PartnerServices, as_json: bool) -> None:
    """List every partner."""
    found = services.list_partners(LOCAL_ADMINISTRATOR)
    emit(
        {"partners": [_payload(known) for known in found]},
        as_json=as_json,
        human="\n".join(_line(known) for known in found) or "no partner is registered",
    )


@partner_group.command("show")
@click.argument("partner_id")
@json_option
@click.pass_obj
def show(services: PartnerServices, partner_id: str, as_json: bool) -> None:
    """Show PARTNER_ID and the state of its circuit breaker."""
    known = services.list_partners.one(LOCAL_ADMINISTRATOR, partner_id)
    emit(_payload(known), as_json=as_json, human=_line(known))


@partner_group.command("remove")
@click.argument("partner_id")
@json_option
@click.pass_obj
def remove(services: PartnerServices, partner_id: str, as_json: bool) -> None:
    """Remove PARTNER_ID with its credentials."""
    services.remove_partner(LOCAL_ADMINISTRATOR, partner_id)
    emit({"removed": partner_id}, as_json=as_json, human=f"removed {partner_id}")


@partner_group.command("push-authdata")
@click.argument("partner_id")
@json_option
@click.pass_obj
def push_authdata(services: PartnerServices, partner_id: str, as_json: bool) -> None:
    """Load our contracts and cards anew at the OICP hub PARTNER_ID.

    Exits 1 where it did not take them.
    """
    pushes = services.push_authdata.load(LOCAL_ADMINISTRATOR, partner_id)
    emit(
        {"pushes": [asdict(push) for push in pushes]},
        as_json=as_json,
        human="\n".join(
            f"{push.provider_id}  {push.failed or f'{push.inserted} records'}" for push in pushes
        )
        or "the partner is shown no provider",
    )
    if any(push.failed for push in pushes):
        raise SystemExit(1)


def _credentials(
    token_file: Path | None, identity_files: tuple[Path, Path] | None
) -> Credentials | None:
    if token_file is None and identity_files is None:
        return None
    chain, key = identity_files or (None, None)
    return Credentials(
        None if token_file is None else token_file.read_text().strip(),
        None if chain is None else chain.read_text(),
        None if key is None else key.read_text(),
    )


def _payload(known: KnownPartner) -> dict[str, Any]:
    partner, until = known.partner, known.circuit.open_until
    return {
        "partner_id": partner.partner_id,
        "protocol": partner.protocol.value,
        "base_url": partner.base_url,
        "provider_ids": sorted(partner.provider_ids),
        "operator_ids": sorted(partner.operator_ids),
        "is_default": partner.is_default,
        "priority": partner.priority,
        "silence": {
            "accepted_a_day": partner.silence.accepted_a_day,
            "minutes": partner.silence.minutes,
            "energy_wh": partner.silence.energy_wh,
        },
        "client_id": partner.client_id,
        "own_provider_ids": sorted(partner.own_provider_ids),
        "authdata": partner.authdata,
        "failures": known.circuit.failures,
        "left_alone_until": None if until is None else until.isoformat(),
    }


def _line(known: KnownPartner) -> str:
    partner = known.partner
    routes = [*sorted(partner.provider_ids), *(["all others"] if partner.is_default else [])]
    return (
        f"{partner.partner_id}  {partner.protocol}  {partner.base_url}  "
        f"{' '.join(routes) or 'no route'}"
    )
