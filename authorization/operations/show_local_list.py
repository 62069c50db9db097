"""Show where a station's local authorisation list stands."""

from dataclasses import dataclass

from authorization.operations.list_ports import ListedStation, ListReader
from authorization.operations.own_station import readable_station
from authorization.operations.ports import StationReader
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ShowLocalList:
    """Shows versions and counts, never tokens, to the operator, administrators and auditors."""

    stations: StationReader
    lists: ListReader

    def __call__(self, principal: Principal, station_id: str) -> ListedStation:
        """Return it; FORBIDDEN (`station_not_yours`), NOT_FOUND (`no_local_list`)."""
        readable_station(principal, self.stations, station_id)
        listed = self.lists.station(station_id)
        if listed is None:
            raise ServiceError(
                Kind.NOT_FOUND,
                "no_local_list",
                "the station is in no station group; choose one by PUT /v1/station-groups",
            )
        return listed
