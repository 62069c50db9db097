"""`evtrust autocharge`: vehicle identifiers that stand for contracts."""

from typing import Any, Protocol

import click

from autocharge.model.enrolment import Enrolment, EnrolmentStatus
from autocharge.model.resolution import Quarantined, Resolution, Resolved, Suspended
from autocharge.operations.enrol import Enrol
from autocharge.operations.erase import ENROLMENTS, EraseIdentifier
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.replace_identifier import ReplaceIdentifier
from autocharge.operations.resolve import Resolve
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.autocharge_claims import (
    answer_command,
    challenges_command,
    confirm_command,
    proposals_command,
    reject_command,
)
from server.cli.autocharge_erasure import receipt_keys_command, verify_receipt_command
from server.cli.autocharge_identifier import (
    evccid_option,
    identifier_given,
    mac_option,
    vin_option,
)
from server.cli.autocharge_imports import import_command
from server.cli.autocharge_keys import rotate_key_command, rotate_pepper_command
from server.cli.autocharge_quarantines import (
    quarantine_command,
    quarantines_command,
    release_command,
)
from server.cli.autocharge_rules import replay_command, shadow_command
from server.cli.output import emit, json_option


class AutochargeServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def enrol(self) -> Enrol:
        """Enrols an identifier."""

    @property
    def resolve(self) -> Resolve:
        """Resolves an identifier."""

    @property
    def erase_identifier(self) -> EraseIdentifier:
        """Erases an identifier."""

    @property
    def set_enrolment_state(self) -> SetEnrolmentState:
        """Suspends and resumes an enrolment."""

    @property
    def remove_enrolment(self) -> RemoveEnrolment:
        """Removes an enrolment."""

    @property
    def replace_identifier(self) -> ReplaceIdentifier:
        """Replaces an identifier."""


@click.group("autocharge")
def autocharge_group() -> None:
    """Enrol, resolve and erase vehicle identifiers."""


for command in (
    answer_command,
    challenges_command,
    confirm_command,
    proposals_command,
    reject_command,
    import_command,
    quarantine_command,
    quarantines_command,
    release_command,
    replay_command,
    rotate_key_command,
    receipt_keys_command,
    rotate_pepper_command,
    verify_receipt_command,
    shadow_command,
):
    autocharge_group.add_command(command)


@autocharge_group.command("enrol")
@click.argument("emaid")
@mac_option
@evccid_option
@vin_option
@click.option(
    "--beside-own", is_flag=True, help="Beside another contract of the same provider, behind it."
)
@json_option
@click.pass_obj
def enrol_command(
    services: AutochargeServices,
    emaid: str,
    mac: str | None,
    evccid: str | None,
    vin: str | None,
    beside_own: bool,
    as_json: bool,
) -> None:
    """Let a vehicle's identifier stand for the contract EMAID."""
    identifier = identifier_given(mac=mac, evccid=evccid, vin=vin)
    enrolment = services.enrol(LOCAL_ADMINISTRATOR, emaid, identifier, beside_own=beside_own)
    emit(
        _shown(enrolment),
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
    resolution = services.resolve(identifier_given(mac=mac, evccid=evccid, vin=vin))
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
    """Delete everything that is stored of a vehicle's identifier, and print a signed receipt.

    Contracts stay. Doing so again deletes nothing more.
    """
    done = services.erase_identifier(
        LOCAL_ADMINISTRATOR, identifier_given(mac=mac, evccid=evccid, vin=vin)
    )
    deleted = dict(done.erasure.records.deleted)
    emit(
        {
            "erased": deleted[ENROLMENTS],
            "erasure_id": done.erasure.erasure_id,
            "subject": done.erasure.subject,
            "deleted": deleted,
            "receipt": done.receipt,
        },
        as_json=as_json,
        human="\n".join(
            [*(f"{count} deleted from {table}" for table, count in deleted.items()), done.receipt]
        ),
    )


@autocharge_group.command("pause")
@click.argument("enrolment_id")
@json_option
@click.pass_obj
def pause_command(services: AutochargeServices, enrolment_id: str, as_json: bool) -> None:
    """Let an enrolment answer nothing until it is resumed."""
    _set_state(services, enrolment_id, EnrolmentStatus.SUSPENDED, as_json)


@autocharge_group.command("resume")
@click.argument("enrolment_id")
@json_option
@click.pass_obj
def resume_command(services: AutochargeServices, enrolment_id: str, as_json: bool) -> None:
    """Let an enrolment that was paused answer again."""
    _set_state(services, enrolment_id, EnrolmentStatus.ACTIVE, as_json)


def _set_state(
    services: AutochargeServices, enrolment_id: str, status: EnrolmentStatus, as_json: bool
) -> None:
    enrolment = services.set_enrolment_state(LOCAL_ADMINISTRATOR, enrolment_id, status)
    emit(_shown(enrolment), as_json=as_json, human=f"enrolment {enrolment_id} is {status}")


@autocharge_group.command("remove")
@click.argument("enrolment_id")
@json_option
@click.pass_obj
def remove_command(services: AutochargeServices, enrolment_id: str, as_json: bool) -> None:
    """Delete an enrolment; its history stays."""
    services.remove_enrolment(LOCAL_ADMINISTRATOR, enrolment_id)
    emit({"removed": enrolment_id}, as_json=as_json, human=f"enrolment {enrolment_id} removed")


@autocharge_group.command("replace")
@click.argument("enrolment_id")
@mac_option
@evccid_option
@vin_option
@json_option
@click.pass_obj
def replace_command(
    services: AutochargeServices,
    enrolment_id: str,
    mac: str | None,
    evccid: str | None,
    vin: str | None,
    as_json: bool,
) -> None:
    """Put a vehicle's new identifier in the place of the one it was enrolled with."""
    identifier = identifier_given(mac=mac, evccid=evccid, vin=vin)
    replaced = services.replace_identifier(LOCAL_ADMINISTRATOR, enrolment_id, identifier)
    emit(
        {"enrolments": [_shown(enrolment) for enrolment in replaced]},
        as_json=as_json,
        human=f"{len(replaced)} enrolment(s) stand for the new identifier",
    )


def _shown(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "enrolment_id": enrolment.enrolment_id,
        "type": enrolment.kind,
        "emaid": enrolment.emaid.canonical,
        "status": enrolment.status,
    }


def _described(resolution: Resolution) -> dict[str, Any]:
    stands_for = resolution if isinstance(resolution, Resolved | Suspended | Quarantined) else None
    return {
        "result": type(resolution).__name__.lower(),
        "enrolment_id": stands_for and stands_for.enrolment_id,
        "emaid": stands_for and stands_for.emaid.canonical,
        "signals": list(resolution.signals),
    }
