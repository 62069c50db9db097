"""Show what waits for a station, and what became of it."""

from dataclasses import dataclass

from authorization.model.station_call import CallState, StationCall
from authorization.operations.call_ports import CallReader
from authorization.operations.own_station import readable_station
from authorization.operations.ports import StationReader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ListCalls:
    """Shows a station's calls to its operator, to administrators and to auditors."""

    stations: StationReader
    calls: CallReader
    clock: Clock

    def __call__(
        self, principal: Principal, station_id: str, state: CallState = CallState.WAITING
    ) -> tuple[StationCall, ...]:
        """Return the calls in that state, oldest first; FORBIDDEN (`station_not_yours`)."""
        readable_station(principal, self.stations, station_id)
        return self.calls.in_state(station_id, state, self.clock())

    def one(self, principal: Principal, station_id: str, call_id: str) -> StationCall:
        """Return one call; FORBIDDEN as above, NOT_FOUND (`call_not_found`)."""
        readable_station(principal, self.stations, station_id)
        return require_of_station(self.calls.find(call_id), station_id)


def require_of_station(call: StationCall | None, station_id: str) -> StationCall:
    """Return the call; NOT_FOUND (`call_not_found`) where it is none of the station's."""
    if call is None or call.station_id != station_id:
        raise ServiceError(Kind.NOT_FOUND, "call_not_found", "the station has no call with this id")
    return call
