"""Show what waits for a station, and what became of it."""

from dataclasses import dataclass, replace

from authorization.model.list_message import references_in, with_tokens
from authorization.model.station import Station
from authorization.model.station_call import CallPurpose, CallState, StationCall
from authorization.operations.call_ports import CallReader
from authorization.operations.list_ports import NameTokens
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
    name_tokens: NameTokens

    def __call__(
        self, principal: Principal, station_id: str, state: CallState = CallState.WAITING
    ) -> tuple[StationCall, ...]:
        """Return the calls in that state, oldest first; FORBIDDEN (`station_not_yours`).

        Tokens in lists are for who sends them to the station; an auditor sees references.
        """
        station = readable_station(principal, self.stations, station_id)
        calls = self.calls.in_state(station_id, state, self.clock())
        return tuple(self._named(principal, station, call) for call in calls)

    def one(self, principal: Principal, station_id: str, call_id: str) -> StationCall:
        """Return one call; FORBIDDEN as above, NOT_FOUND (`call_not_found`)."""
        station = readable_station(principal, self.stations, station_id)
        return self._named(
            principal, station, require_of_station(self.calls.find(call_id), station_id)
        )

    def _named(self, principal: Principal, station: Station, call: StationCall) -> StationCall:
        """Put tokens where a list that waits has references; they are kept nowhere else."""
        if (
            call.purpose is not CallPurpose.SEND_LOCAL_LIST
            or call.state is not CallState.WAITING
            or not principal.acts_for_operator(station.operator_id)
        ):
            return call
        payload = call.message.payload
        named = self.name_tokens(references_in(payload))
        return replace(call, message=replace(call.message, payload=with_tokens(payload, named)))


def require_of_station(call: StationCall | None, station_id: str) -> StationCall:
    """Return the call; NOT_FOUND (`call_not_found`) where it is none of the station's."""
    if call is None or call.station_id != station_id:
        raise ServiceError(Kind.NOT_FOUND, "call_not_found", "the station has no call with this id")
    return call
