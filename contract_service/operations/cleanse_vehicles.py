"""Take out of the provisioning pool what has expired or was revoked."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract_service.model.provisioning_control import refuse_status
from contract_service.model.vehicle import Vehicle
from contract_service.operations.publish_vehicle import vehicle_event
from contract_service.operations.vehicle_ports import (
    OpenVehicleUnitOfWork,
    Validate,
    VehicleReader,
)
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import CertificateRole

CHECK_EVERY = timedelta(days=1)
"""Own judgement: who is handed a certificate has it controlled at that moment all the same."""

BATCH = 200
ROUND = 2000
ROUND_SECONDS = 10.0
"""Own judgement: how many statuses one round looks at and for how long at most. Foreign responders
may be slow, and other chores (status lists) must have their turn."""

_GONE = frozenset({"certificate_revoked"})
"""What never heals. A certificate on hold, or of unknown status, stays and is not delivered."""


@dataclass(frozen=True, slots=True)
class CleanseVehicles:
    """Removes expired and revoked provisioning certificates; safe to repeat and to run twice.

    The contracts of such a vehicle stand: it may go on charging on what is installed, and gets a
    new provisioning certificate from its manufacturer. Deleting a vehicle is another thing.
    """

    open_unit_of_work: OpenVehicleUnitOfWork
    vehicles: VehicleReader
    validate: Validate
    monotonic: Callable[[], float] = time.monotonic

    def __call__(self, now: datetime) -> int:
        """Cleanse at the instant `now`; return how many went."""
        return self._expired(now) + self._revoked(now)

    def _expired(self, now: datetime) -> int:
        gone = 0
        while found := self.vehicles.expired(now, BATCH):
            removed = self._remove(found, "expired", now)
            gone += removed
            if not removed:  # another process took them all
                break
        return gone

    def _revoked(self, now: datetime) -> int:
        gone = 0
        until = self.monotonic() + ROUND_SECONDS
        for _ in range(ROUND // BATCH):
            looked_at: list[Vehicle] = []
            revoked: list[Vehicle] = []
            for vehicle in self.vehicles.unchecked_since(now - CHECK_EVERY, BATCH):
                if self.monotonic() > until:
                    break
                looked_at.append(vehicle)
                if self._is_revoked(vehicle, now):
                    revoked.append(vehicle)
            if not looked_at:
                break
            gone += self._remove(revoked, "revoked", now)
            with self.open_unit_of_work() as work:
                work.vehicles.note_checked([(one.pcid, one.schema) for one in looked_at], now)
                work.commit()
        return gone

    def _is_revoked(self, vehicle: Vehicle, now: datetime) -> bool:
        verdict = self.validate(vehicle.chain, CertificateRole.OEM_PROVISIONING, now)
        refused = refuse_status(verdict)
        return refused is not None and refused.code in _GONE

    def _remove(self, vehicles: Sequence[Vehicle], why: str, now: datetime) -> int:
        gone = 0
        with self.open_unit_of_work() as work:
            # in the order in which everybody locks
            for vehicle in sorted(vehicles, key=lambda one: (one.pcid.key, one.schema)):
                # only while this is its certificate: it may have been renewed since it was read
                for removed in work.vehicles.remove(
                    vehicle.pcid, vehicle.schema, vehicle.fingerprint
                ):
                    work.events.append(vehicle_event(why, LOCAL_ADMINISTRATOR, removed, now))
                    gone += 1
            work.commit()
        return gone
