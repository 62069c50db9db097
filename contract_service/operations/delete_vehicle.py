"""Delete a vehicle, and have its contracts follow."""

from dataclasses import dataclass

from contract_service.operations.publish_vehicle import require_wmi, vehicle_event
from contract_service.operations.show_vehicle import vehicle_unknown
from contract_service.operations.vehicle_ports import (
    OpenVehicleUnitOfWork,
    VehicleDeleted,
    VehicleReader,
)
from foundation.clock import Clock
from foundation.errors import ServiceError
from foundation.identifiers import Pcid
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal

_AT_ONCE = 100
"""How many deletions one round of background work follows."""


@dataclass(frozen=True, slots=True)
class DeleteVehicle:
    """Deletes all that is published of a PCID; what hangs on it follows through a port.

    One transaction deletes and notes that the others have to follow. It is settled once they
    have, so whatever a crash or a refusal leaves over is done by `finish`, which background work
    calls.
    """

    open_unit_of_work: OpenVehicleUnitOfWork
    vehicles: VehicleReader
    vehicle_deleted: VehicleDeleted
    clock: Clock

    def __call__(self, principal: Principal, text: str) -> None:
        """Delete the vehicle of a PCID in any spelling, of both editions.

        Raises MALFORMED `invalid_pcid`, FORBIDDEN (`role_required`, `not_your_wmi`), NOT_FOUND
        `vehicle_unknown`, and what `VehicleDeleted` raises: the vehicle is gone then, too.
        """
        principal.require_role(ClientRole.OEM)
        pcid = Pcid.parse(text)
        require_wmi(principal, pcid)
        now = self.clock()
        with self.open_unit_of_work() as work:
            removed = work.vehicles.remove(pcid, None, None)
            if not removed:
                raise vehicle_unknown()
            work.vehicles.owe_deletion(removed[0].pcid, now)
            for vehicle in removed:
                work.events.append(vehicle_event("deleted", principal, vehicle, now))
            work.commit()
        self._follow(principal, removed[0].pcid)

    def finish(self) -> int:
        """Have interrupted deletions followed; return how many remain of those tried."""
        remaining = 0
        for pcid in self.vehicles.deletions_due(_AT_ONCE):
            try:
                self._follow(LOCAL_ADMINISTRATOR, pcid)
            except ServiceError:  # the next round tries again; others need not wait for it
                remaining += 1
        return remaining

    def _follow(self, principal: Principal, pcid: Pcid) -> None:
        self.vehicle_deleted(principal, pcid)
        with self.open_unit_of_work() as work:
            work.vehicles.settle_deletion(pcid)
            work.commit()
