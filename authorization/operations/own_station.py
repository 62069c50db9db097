"""What operations for a station share: whose it is, and what to tell of its calls."""

from datetime import datetime

from authorization.model.station import Station, is_station_id
from authorization.model.station_call import StationCall
from authorization.operations.ports import StationReader
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal


def own_station(principal: Principal, stations: StationReader, station_id: str) -> Station:
    """Return the station; FORBIDDEN (`station_not_yours`) for another operator's or none alike."""
    station = stations.find(station_id) if is_station_id(station_id) else None
    if station is None or not principal.acts_for_operator(station.operator_id):
        raise station_not_yours()
    return station


def readable_station(principal: Principal, stations: StationReader, station_id: str) -> Station:
    """As `own_station`, and for auditors as well."""
    station = stations.find(station_id) if is_station_id(station_id) else None
    if station is not None and principal.reads_everything:
        return station
    return own_station(principal, stations, station_id)


def station_not_yours() -> ServiceError:
    """Return the refusal of a station that is unknown or another operator's."""
    return ServiceError(
        Kind.FORBIDDEN,
        "station_not_yours",
        "no such station belongs to your operator ids; register it at /v1/stations",
    )


def call_event(
    word: str, call: StationCall, operator_id: str, client_id: str, at: datetime
) -> Event:
    """Return the event `station_call.<word>`, which names the call by references only."""
    subject = {
        "station_id": call.station_id,
        "call_id": call.call_id,
        "purpose": call.purpose.value,
    }
    if call.fingerprint is not None:
        subject["fingerprint"] = call.fingerprint
    return Event(f"station_call.{word}", at, client_id, (operator_id,), subject)
