"""Show stations."""

from dataclasses import dataclass

from authorization.model.station import Station
from authorization.operations.ports import StationReader
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class ListStations:
    """Show stations to their operators, to administrators and to auditors."""

    stations: StationReader

    def __call__(
        self, principal: Principal, after: str | None = None, limit: int = MAX_PAGE
    ) -> tuple[Station, ...]:
        """Return a page of one's own stations in order of their id, from behind `after`."""
        return self.stations.page(_operators(principal), after, min(limit, MAX_PAGE))

    def one(self, principal: Principal, station_id: str) -> Station:
        """Return one station; NOT_FOUND (`station_not_found`) where it is none of one's own."""
        station = self.stations.find(station_id)
        if station is None or not (
            principal.reads_everything or principal.acts_for_operator(station.operator_id)
        ):
            raise ServiceError(
                Kind.NOT_FOUND, "station_not_found", "none of your stations has this id"
            )
        return station


def _operators(principal: Principal) -> frozenset[str] | None:
    if principal.reads_everything:
        return None
    principal.require_role(ClientRole.CPO)
    return principal.operator_ids
