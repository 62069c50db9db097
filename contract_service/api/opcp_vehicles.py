"""`/v1/oem`: OPCP's provisioning certificate pool."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel

from contract_service.api.opcp import OPCP_RESPONSES
from contract_service.api.opcp_vehicle_schemas import (
    BroadcastHeader,
    NewVehicle,
    PcidPath,
    VehicleBody,
    VehicleQuery,
    VehicleResponseBody,
)
from contract_service.model.vehicle_file import read_vehicles
from contract_service.operations.delete_vehicle import DeleteVehicle
from contract_service.operations.publish_vehicle import PublishVehicle
from contract_service.operations.publish_vehicles import Outcome, PublishVehicles
from contract_service.operations.show_vehicle import LookUpVehicle, ShowVehicle
from foundation.bulk_route import BulkRoute
from foundation.principal import Principal

MAXIMUM_BULK_BYTES = 4 * 1024 * 1024
MAXIMUM_BULK_LINES = 2000
"""Own judgement: a request that is answered within seconds."""

_BULK = BulkRoute(
    records="vehicles",
    maximum_bytes=MAXIMUM_BULK_BYTES,
    maximum_lines=MAXIMUM_BULK_LINES,
    dry_run="dryRun",
    command="evtrust vehicle publish",
    outcomes=Outcome,
)

_TAG = Tag(name="Provisioning pool", description="OPCP 1.0.0: vehicles and their certificates")


@dataclass(frozen=True, slots=True)
class VehicleOperations:
    """What the blueprint translates for."""

    publish: PublishVehicle
    show: ShowVehicle
    look_up: LookUpVehicle
    delete: DeleteVehicle
    publish_many: PublishVehicles


def opcp_vehicles_blueprint(
    operations: VehicleOperations, principal: Callable[[], Principal]
) -> APIBlueprint:
    """Return the blueprint `opcp_vehicles`."""
    blueprint = APIBlueprint(
        "opcp_vehicles", __name__, abp_tags=[_TAG], abp_responses=OPCP_RESPONSES
    )

    @blueprint.put(
        "/v1/oem/provCerts",
        summary="Publish a provisioning certificate",
        operation_id="addOEMProvCert",
        responses={200: VehicleBody},
    )
    def add_oem_prov_cert(body: NewVehicle) -> Response:
        """Publishing a newer one of the same PCID replaces the older; doing so again is harmless.

        Control steps: WMI, validity of each certificate, revocation status, chain. The first that
        fails is told.
        """
        published, _ = operations.publish(principal(), body.vehicle())
        return _json(VehicleBody.of(published.vehicle, published.root))

    @blueprint.get(
        "/v1/oem/provCerts/<pcid>",
        summary="Get a provisioning certificate",
        operation_id="getOEMProvCert",
        responses={200: VehicleResponseBody},
    )
    def get_oem_prov_cert(path: PcidPath, query: VehicleQuery, header: BroadcastHeader) -> Response:
        """Status and chain are controlled before it is delivered."""
        del header
        shown = operations.show(principal(), path.pcid, query.schema_wanted)
        return _json(VehicleResponseBody(OEMMessage=VehicleBody.of(shown.vehicle, shown.root)))

    @blueprint.delete(
        "/v1/oem/provCerts/<pcid>",
        summary="Delete a vehicle",
        operation_id="deleteOEMProvCert",
        responses={200: None},
    )
    def delete_oem_prov_cert(path: PcidPath) -> Response:
        """Its contract data goes with it; what was issued here is revoked."""
        operations.delete(principal(), path.pcid)
        return Response(status=200)

    @blueprint.get(
        "/v1/oem/provCerts/lookupVehicle/<pcid>",
        summary="Is there a certificate for a PCID?",
        operation_id="lookupVehicle",
        responses={200: None},
    )
    def lookup_vehicle(path: PcidPath) -> Response:
        """200 without a body, or 404. HEAD on the certificate's own address asks the same."""
        operations.look_up(principal(), path.pcid)
        return Response(status=200)

    @blueprint.post(
        "/v1/oem/provCerts/bulk",
        operation_id="publishVehicles",
        summary="Publish a file of provisioning certificates",
        responses={200: _BULK.report_body},
        openapi_extensions=_BULK.described(),
    )
    def publish_vehicles() -> Response:
        """The columns, or members, are in docs/pools.md; no route of OPCP's."""
        return _publish_many(operations.publish_many, principal())

    return blueprint


def _publish_many(publish: PublishVehicles, principal: Principal) -> Response:
    return _BULK.answer(
        lambda file, file_format, dry_run: publish(
            principal, read_vehicles(file, file_format), dry_run=dry_run
        )
    )


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(exclude_none=True), 200, content_type="application/json")
