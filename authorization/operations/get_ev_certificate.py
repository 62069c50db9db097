"""Answer Get15118EVCertificate: pass a vehicle's request on to whoever installs contracts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from authorization.operations.own_station import own_station
from authorization.operations.ports import StationReader
from contract_service.operations.install import Installation, InstallationRequest
from foundation.principal import Principal

Install = Callable[[Principal, InstallationRequest], Installation]
"""`contract_service.operations.install.InstallContract`."""


@dataclass(frozen=True, slots=True)
class GetEvCertificate:
    """Installs contracts for vehicles at the operator's own stations."""

    stations: StationReader
    install: Install

    def __call__(
        self, principal: Principal, station_id: str, request: InstallationRequest
    ) -> Installation:
        """Return the answer for the vehicle, on record; FORBIDDEN (`station_not_yours`)."""
        own_station(principal, self.stations, station_id)
        return self.install(principal, replace(request, station_id=station_id))
