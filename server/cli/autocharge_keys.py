"""`evtrust autocharge rotate-pepper` and `rotate-key`: new keys for vehicle identifiers."""

import sys
import time
from typing import Protocol

import click

from autocharge.model.vault_key import KeyPurpose, RotationPhase, RotationProgress
from autocharge.operations.rotate_keys import AdvanceRotation, BeginRotation
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option

_AT_ONCE_SECONDS = 1.0
_WAIT_SECONDS = 0.1


class RotationServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def begin_rotation(self) -> BeginRotation:
        """Announces a new key."""

    @property
    def advance_rotation(self) -> AdvanceRotation:
        """Does what is to be done next."""


background_option = click.option(
    "--background", is_flag=True, help="Only announce the key; `serve` or `worker` does the rest."
)


@click.command("rotate-pepper")
@background_option
@json_option
@click.pass_obj
def rotate_pepper_command(services: RotationServices, background: bool, as_json: bool) -> None:
    """Hash every stored identifier under a new pepper and destroy the old one.

    Every process goes on serving meanwhile. What was interrupted goes on when this is run again.
    """
    _rotate(services, KeyPurpose.PEPPER, background=background, as_json=as_json)


@click.command("rotate-key")
@background_option
@json_option
@click.pass_obj
def rotate_key_command(services: RotationServices, background: bool, as_json: bool) -> None:
    """Seal every stored identifier under a new key and destroy the old one.

    Every process goes on serving meanwhile. What was interrupted goes on when this is run again.
    """
    _rotate(services, KeyPurpose.SEALING, background=background, as_json=as_json)


def _rotate(
    services: RotationServices, purpose: KeyPurpose, *, background: bool, as_json: bool
) -> None:
    key_id, begun = services.begin_rotation(LOCAL_ADMINISTRATOR, purpose)
    progress = (
        RotationProgress(RotationPhase.ANNOUNCED)
        if background
        else _finished(services.advance_rotation)
    )
    done = progress.phase in {RotationPhase.DONE, RotationPhase.IDLE}
    emit(
        {
            "purpose": purpose,
            "key_id": key_id,
            "resumed": not begun,
            "phase": RotationPhase.DONE if done else progress.phase,
            "records": progress.seen,
            "renewed": progress.renewed,
        },
        as_json=as_json,
        human=f"{purpose} {key_id}: {progress.renewed} of {progress.seen} records renewed here, "
        "the old key is destroyed"
        if done
        else f"{purpose} {key_id} is announced; `serve` or `worker` renews the records",
    )


def _finished(advance: AdvanceRotation) -> RotationProgress:
    """Work until nothing is left to do, by this process or another."""
    last = RotationProgress(RotationPhase.IDLE)
    while True:
        progress = advance(_AT_ONCE_SECONDS)
        if progress.phase is RotationPhase.BLOCKED:
            raise ServiceError(
                Kind.CONFLICT,
                "rotation_blocked",
                f"{progress.left} records cannot be renewed, as their ciphertext does not open or "
                "another record of their identifier stands in their way; the old key stays. "
                "Restore or erase them, then run this again",
            )
        if progress.phase is RotationPhase.DONE:
            return progress
        if progress.phase is RotationPhase.IDLE:  # another process was faster
            return RotationProgress(RotationPhase.DONE, last.seen, last.renewed)
        if progress.phase is RotationPhase.RENEWING:
            last = progress
            _tell(f"\r{progress.seen} records looked at, {progress.renewed} renewed")
        else:
            time.sleep(_WAIT_SECONDS)


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(text, err=True, nl=False)
