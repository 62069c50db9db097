"""`evtrust vehicle`: what manufacturers publish of their vehicles."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import click

from contract_service.model.vehicle_file import read_vehicles
from contract_service.operations.delete_vehicle import DeleteVehicle
from contract_service.operations.publish_vehicles import Outcome, PublishVehicles
from contract_service.operations.show_vehicle import ShowVehicle
from foundation.line_report import LineReport
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.record_file import FileFormat, LineSource
from server.cli.bulk import bulk_options, run_bulk
from server.cli.output import emit, json_option


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
@bulk_options
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

    def publish(source: LineSource, source_format: FileFormat) -> Iterator[LineReport]:
        records = read_vehicles(source, source_format)
        return services.publish_vehicles(LOCAL_ADMINISTRATOR, records, dry_run=dry_run)

    return run_bulk(
        publish,
        Outcome,
        "publishing",
        file=file,
        file_format=file_format,
        dry_run=dry_run,
        report_file=report_file,
        as_json=as_json,
    )


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
