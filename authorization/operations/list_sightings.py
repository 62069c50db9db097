"""Show where identifiers were read, to those whose vehicle or whose station it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from authorization.operations.own_station import readable_station
from authorization.operations.ports import StationReader
from autocharge.model.enrolment import Identifier
from autocharge.model.noted import SeenIdentifier
from autocharge.operations.access import enrolment_unknown
from autocharge.operations.ports import EnrolmentReader
from autocharge.operations.sighting_ports import SightingReader
from foundation.principal import ClientRole, Principal

MAXIMUM_PAGE = 200

Pseudonym = Callable[[Identifier, str], str]
"""What stands for an identifier towards one party (an operator id), the same each time."""


@dataclass(frozen=True, slots=True)
class ShownSighting:
    """A sighting without its identifier, for which `vehicle` stands.

    `vehicle` is the enrolment's id towards the vehicle's provider, and a pseudonym of the
    operator's own towards the operator: two operators cannot compare what they saw.
    """

    vehicle: str
    seen: SeenIdentifier
    is_owner: bool


@dataclass(frozen=True, slots=True)
class ListSightings:
    """Lists sightings of one enrolment, or at one station."""

    sightings: SightingReader
    enrolments: EnrolmentReader
    stations: StationReader
    pseudonym: Pseudonym

    def of_enrolment(
        self, principal: Principal, enrolment_id: str, before: datetime | None, limit: int
    ) -> Sequence[ShownSighting]:
        """Return up to `limit` sightings that resolved to an enrolment, newest first.

        Raises FORBIDDEN (`role_required`), NOT_FOUND (`enrolment_unknown`) also for another's.
        """
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        found = self.enrolments.by_id(enrolment_id)
        if found is None or not (
            principal.reads_everything or principal.acts_for_provider(found[0].provider_id)
        ):
            raise enrolment_unknown()
        seen = self.sightings.of_enrolment(enrolment_id, before, min(limit, MAXIMUM_PAGE))
        return tuple(ShownSighting(enrolment_id, one, is_owner=True) for one in seen)

    def of_station(
        self, principal: Principal, station_id: str, before: datetime | None, limit: int
    ) -> Sequence[ShownSighting]:
        """Return up to `limit` sightings at a station, newest first.

        Raises FORBIDDEN (`station_not_yours`) for another operator's or none alike.
        """
        station = readable_station(principal, self.stations, station_id)
        seen = self.sightings.of_station(station_id, before, min(limit, MAXIMUM_PAGE))
        return tuple(
            ShownSighting(self.pseudonym(one.identifier, station.operator_id), one, is_owner=False)
            for one in seen
        )
