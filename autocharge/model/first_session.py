"""A driver's first session: which vehicle an RFID or app session belongs to, if that is certain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autocharge.model.enrolment import Identifier, IdentifierKind, kind_of
from foundation.identifiers import Emaid

_PREFERRED = (IdentifierKind.MAC, IdentifierKind.EVCCID20, IdentifierKind.VIN)


@dataclass(frozen=True, slots=True)
class SessionStart:
    """The start of a session that an RFID card or an app authorised.

    `evse_id` is None where nobody said at which EVSE of the station.
    """

    session_id: str
    emaid: Emaid
    station_id: str
    evse_id: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """An identifier that nobody has enrolled, as a station read it.

    Those of one `message_id` were read in one message, from one vehicle.
    """

    message_id: str
    identifier: Identifier
    station_id: str
    evse_id: str | None
    seen_at: datetime


def candidate(
    session: SessionStart,
    others: Sequence[SessionStart],
    readings: Sequence[Reading],
    window: timedelta,
) -> Identifier | None:
    """Return the identifier of the one vehicle that the session can be of, None unless certain.

    A reading fits a session at the same EVSE, or at the same station where either does not know
    its EVSE, within `window` before or after. There has to be one vehicle that fits, and no
    session of another contract that it fits as well: two vehicles at one station prove nothing.
    """
    fitting = [reading for reading in readings if _fits(reading, session, window)]
    vehicles = _vehicles(fitting)
    if len(vehicles) != 1:
        return None
    contested = any(
        other.emaid != session.emaid and any(_fits(reading, other, window) for reading in fitting)
        for other in others
    )
    if contested:
        return None
    seen = {kind_of(reading.identifier): reading.identifier for reading in fitting}
    keys = {(kind_of(reading.identifier), reading.identifier.key) for reading in fitting}
    for kind in _PREFERRED:
        if kind in seen:
            # two identifiers of one kind in one message: nobody can say which is the vehicle's
            return seen[kind] if sum(1 for of, _ in keys if of is kind) == 1 else None
    return None


def _fits(reading: Reading, session: SessionStart, window: timedelta) -> bool:
    return (
        reading.station_id == session.station_id
        and (
            reading.evse_id is None or session.evse_id is None or reading.evse_id == session.evse_id
        )
        and abs(reading.seen_at - session.started_at) <= window
    )


def _vehicles(readings: Sequence[Reading]) -> list[set[tuple[IdentifierKind, str]]]:
    """Return the identifiers of each vehicle: messages with an identifier in common are of one."""
    by_message: dict[str, set[tuple[IdentifierKind, str]]] = {}
    for reading in readings:
        key = (kind_of(reading.identifier), reading.identifier.key)
        by_message.setdefault(reading.message_id, set()).add(key)
    vehicles: list[set[tuple[IdentifierKind, str]]] = []
    for read in by_message.values():
        same = [vehicle for vehicle in vehicles if vehicle & read]
        vehicles = [vehicle for vehicle in vehicles if vehicle not in same]
        vehicles.append(read.union(*same))
    return vehicles
