"""Hand a vehicle's provisioning certificate to a provider, or say whether there is one."""

from dataclasses import dataclass

from contract_service.model.provisioning_control import read_chain
from contract_service.model.vehicle import Vehicle
from contract_service.operations.publish_vehicle import (
    CheckedVehicle,
    ControlChain,
    require_wmi,
)
from contract_service.operations.vehicle_ports import VehicleReader
from exi.schema import Schema
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Pcid
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class ShowVehicle:
    """Delivers a provisioning certificate; status and chain are controlled each time."""

    vehicles: VehicleReader
    control: ControlChain
    clock: Clock

    def __call__(
        self, principal: Principal, pcid: str, schema: Schema | None = None
    ) -> CheckedVehicle:
        """Return the vehicle of a PCID in any spelling, of one edition or (None) the older first.

        A provider reads every vehicle, because any driver may be its customer; a manufacturer its
        own. Raises MALFORMED `invalid_pcid`, FORBIDDEN, NOT_FOUND `vehicle_unknown`, INVALID as
        `ControlChain` does.
        """
        vehicle = find_vehicle(self.vehicles, principal, pcid, schema)
        leaf, *subs = vehicle.chain
        sub_ca_2 = subs[0] if len(subs) > 1 else None
        chain = read_chain(leaf, sub_ca_2, subs[-1], vehicle.schema)
        return CheckedVehicle(vehicle, self.control(chain, self.clock()))


@dataclass(frozen=True, slots=True)
class LookUpVehicle:
    """Says whether a vehicle's certificate is there to be had."""

    vehicles: VehicleReader
    clock: Clock

    def __call__(self, principal: Principal, pcid: str) -> Vehicle:
        """Return a vehicle of the PCID whose certificate has not expired.

        Raises MALFORMED `invalid_pcid`, FORBIDDEN, NOT_FOUND `vehicle_unknown`.
        """
        vehicle = find_vehicle(self.vehicles, principal, pcid, None)
        if self.clock() > vehicle.not_after:
            raise vehicle_unknown()
        return vehicle


def find_vehicle(
    vehicles: VehicleReader, principal: Principal, text: str, schema: Schema | None
) -> Vehicle:
    """Return a vehicle that the client may read; raises as `LookUpVehicle` does."""
    principal.require_role(ClientRole.MO, ClientRole.OEM, ClientRole.AUDITOR)
    pcid = Pcid.parse(text)
    if not principal.reads_everything and ClientRole.MO not in principal.roles:
        require_wmi(principal, pcid)
    for edition in Schema if schema is None else (schema,):
        vehicle = vehicles.find(pcid, edition)
        if vehicle is not None:
            return vehicle
    raise vehicle_unknown()


def vehicle_unknown() -> ServiceError:
    """Return the NOT_FOUND for a PCID of which nothing is published."""
    return ServiceError(
        Kind.NOT_FOUND,
        "vehicle_unknown",
        "no provisioning certificate is published for this PCID; ask the manufacturer",
    )
