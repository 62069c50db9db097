"""Register a station with its EVSEs."""

from collections.abc import Sequence
from dataclasses import dataclass

from authorization.model.station import (
    Coordinates,
    Station,
    check_evses,
    parse_secc_id,
    parse_station_id,
)
from authorization.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import EvseId, OperatorId
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class RegisterStation:
    """Register a station, or replace EVSEs, coordinates and SECCID of one's own."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        station_id: str,
        operator_id: str,
        evse_ids: Sequence[str],
        coordinates: Coordinates | None = None,
        secc_id: str | None = None,
    ) -> Station:
        """Store and return the station; doing so again with the same words changes nothing.

        `operator_id` is `DEABC` or `DE*ABC`, `evse_ids` and `secc_id` in any spelling. Raises
        ServiceError MALFORMED (an id), INVALID (the EVSEs, the SECCID), FORBIDDEN
        (`operator_not_yours`), CONFLICT (`station_taken`, `evse_taken`, `secc_taken`).
        """
        operator = OperatorId.parse(operator_id)
        if not principal.acts_for_operator(operator.value):
            raise ServiceError(
                Kind.FORBIDDEN,
                "operator_not_yours",
                "a station is registered for one of your own operator ids",
                {"operator_id": "not yours"},
            )
        evses = tuple(EvseId.parse(evse_id) for evse_id in evse_ids)
        check_evses(principal, operator, evses)
        station = Station(
            parse_station_id(station_id),
            operator.value,
            evses,
            coordinates,
            self.clock(),
            None if secc_id is None else parse_secc_id(principal, operator, secc_id),
        )
        with self.open_unit_of_work() as work:
            stored = work.stations.put(station)
            work.events.append(
                Event(
                    "station.registered",
                    station.registered_at,
                    principal.client_id,
                    (station.operator_id,),
                    {"station_id": station.station_id},
                )
            )
            work.commit()
        return stored
