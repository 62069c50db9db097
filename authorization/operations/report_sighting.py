"""Note an identifier that a station read without asking for a decision (SLAC, above all)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from authorization.operations.own_station import own_station
from authorization.operations.ports import Resolve, StationReader
from autocharge.model.enrolment import Identifier
from autocharge.model.noted import MAX_IDENTIFIERS, NotedIdentifiers
from autocharge.model.resolution import Quarantined, Resolved, Suspended
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.operations.sighting_ports import SightingLimit, SightingLog
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds


@dataclass(frozen=True, slots=True)
class ReportSighting:
    """Keeps a sighting at a station of one's own; whose vehicle it is, is not told."""

    stations: StationReader
    resolve: Resolve
    limit: SightingLimit
    log: SightingLog
    clock: Clock
    new_id: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(
        self,
        principal: Principal,
        station_id: str,
        identifiers: Sequence[Identifier],
        source: Source,
    ) -> tuple[str, Sighting]:
        """Return the report's random id and the sighting: it was read now.

        `identifiers` are those of one vehicle, at most MAX_IDENTIFIERS of them count. Raises
        FORBIDDEN (`station_not_yours`), RATE_LIMITED (`too_many_sightings`).
        """
        station = own_station(principal, self.stations, station_id)
        now = self.clock()
        where = station.coordinates
        place = Place(
            station.station_id,
            station.operator_id,
            None if where is None else where.latitude,
            None if where is None else where.longitude,
        )
        read = tuple(dict.fromkeys(identifiers))[:MAX_IDENTIFIERS]
        enrolment_id = self._enrolment_of(read)
        wait = self.limit.wait_for_reported(place, now)
        if wait is None and enrolment_id is None:
            wait = self.limit.wait_for_unknown(place, now)
        if wait is not None:
            raise ServiceError(
                Kind.RATE_LIMITED,
                "too_many_sightings",
                "this station reports vehicles too fast; wait, and report each vehicle once",
                {"retry_after": str(wait)},
            )
        sighting = Sighting(now, place, source, accepted=False)
        report_id = self.new_id()
        self.log.append(NotedIdentifiers(report_id, read, sighting, enrolment_id))
        return report_id, sighting

    def _enrolment_of(self, identifiers: Sequence[Identifier]) -> str | None:
        for identifier in identifiers:
            resolution = self.resolve(identifier, None)
            if isinstance(resolution, Resolved | Suspended | Quarantined):
                return resolution.enrolment_id
        return None
