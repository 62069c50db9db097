"""`evtrust vehicle`: what manufacturers publish of their vehicles."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import click
import orjson

from contract_service.model.vehicle_file import FileFormat, LineSource, read_vehicles
from contract_service.operations.delete_vehicle import DeleteVehicle
from contract_service.operations.publish_vehicles import (
    LineReport,
    Outcome,
    PublishVehicles,
    line_members,
)
from contract_service.operations.show_vehicle import ShowVehicle
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option

MOST_REFUSALS_SHOWN = 1000
"""Own judgement: `--report` has every line; what is printed stays readable, and in memory."""


class VehicleServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def publish_vehicles(self) -> PublishVehicles:
        """Publishes many provisioning certificates."""

    @property
    def show_vehicle(self) -> ShowVehicle:
        """Delivers a provisioning certificate."""

    @property
    def delete_vehicle(self) -> DeleteVehicle:
        """Deletes a vehicle."""


@click.group("vehicle")
def vehicle_group() -> None:
    """Publish vehicles in bulk, show one, delete one."""


@vehicle_group.command("publish")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--format",
    "file_format",
    type=click.Choice([one.value for one in FileFormat]),
    help="JSON lines, or CSV with a header; told from the file's name, if left out.",
)
@click.option("--dry-run", is_flag=True, help="Check every line and store nothing.")
@click.option(
    "--report",
    "report_file",
    type=click.File("wb"),
    help="Where to write what became of each line, as JSON lines.",
)
@json_option
@click.pass_obj
def publish_command(
    services: VehicleServices,
    file: BinaryIO,
    file_format: str | None,
    dry_run: bool,
    report_file: BinaryIO | None,
    as_json: bool,
) -> int:
    """Publish the vehicles in FILE (`-` reads standard input); exits 1 where a line was refused.

    A line that is refused stops no other. Done again, what stands already is left as it is.
    """
    counts = dict.fromkeys(Outcome, 0)
    refused: list[dict[str, object]] = []
    with _followed(file) as source:
        records = read_vehicles(source, _format(file, file_format))
        reports = services.publish_vehicles(LOCAL_ADMINISTRATOR, records, dry_run=dry_run)
        for report in _written(reports, report_file):
            counts[report.outcome] += 1
            if report.outcome is Outcome.REFUSED and len(refused) < MOST_REFUSALS_SHOWN:
                refused.append(line_members(report))
    told: dict[str, Any] = {"dry_run": dry_run}
    told |= {outcome.value: count for outcome, count in counts.items()} | {"lines": refused}
    emit(told, as_json=as_json, human=_human(told))
    return 1 if counts[Outcome.REFUSED] else 0


@vehicle_group.command("show")
@click.argument("pcid")
@json_option
@click.pass_obj
def show_command(services: VehicleServices, pcid: str, as_json: bool) -> None:
    """Show what is published of PCID; its status and chain are controlled."""
    shown = services.show_vehicle(LOCAL_ADMINISTRATOR, pcid)
    vehicle = shown.vehicle
    payload = {
        "pcid": vehicle.pcid.value,
        "schema": vehicle.schema.value,
        "fingerprint": vehicle.fingerprint,
        "root": shown.root.name,
        "not_before": vehicle.not_before,
        "not_after": vehicle.not_after,
        "published_at": vehicle.published_at,
        "client_id": vehicle.client_id,
    }
    emit(payload, as_json=as_json, human="\n".join(f"{k}: {v}" for k, v in payload.items()))


@vehicle_group.command("delete")
@click.argument("pcid")
@json_option
@click.pass_obj
def delete_command(services: VehicleServices, pcid: str, as_json: bool) -> None:
    """Delete the vehicle PCID with its contract data; what was issued here is revoked."""
    services.delete_vehicle(LOCAL_ADMINISTRATOR, pcid)
    emit({"deleted": True}, as_json=as_json, human="deleted")


def _format(file: BinaryIO, named: str | None) -> FileFormat:
    if named is not None:
        return FileFormat(named)
    suffix = Path(str(getattr(file, "name", ""))).suffix.lower()
    return FileFormat.CSV if suffix == ".csv" else FileFormat.JSON_LINES


def _written(reports: Iterable[LineReport], file: BinaryIO | None) -> Iterator[LineReport]:
    for report in reports:
        if file is not None:
            file.write(orjson.dumps(line_members(report)) + b"\n")
            file.flush()  # it stands in the database, so it stands in the report
        yield report


@contextmanager
def _followed(file: BinaryIO) -> Iterator[LineSource]:
    """Yield the file, whose reading shows as progress on a terminal."""
    size = _size(file)
    if size is None or not sys.stderr.isatty():
        yield file
        return
    with click.progressbar(length=size, label="publishing", file=sys.stderr) as bar:
        yield _Watched(file, bar.update)


class _Watched:
    """A file that tells how far it was read."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], object]) -> None:
        self._file = file
        self._tell = tell

    def readline(self, limit: int, /) -> bytes:
        line = self._file.readline(limit)
        self._tell(len(line))
        return line


def _size(file: BinaryIO) -> int | None:
    try:
        return os.fstat(file.fileno()).st_size or None
    except (OSError, AttributeError):
        return None


def _human(told: dict[str, Any]) -> str:
    lines = [f"line {one['line']}: {one['detail']} [{one['code']}]" for one in told["lines"]]
    if told["refused"] > len(lines):
        lines.append(f"and {told['refused'] - len(lines)} more; --report FILE has every line")
    counts = ", ".join(f"{told[outcome.value]} {outcome.value}" for outcome in Outcome)
    lines.append(f"{'would be ' if told['dry_run'] else ''}{counts}")
    return "\n".join(lines)
