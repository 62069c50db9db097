"""`evtrust station`: register stations and look at them."""

from typing import Any, Protocol

import click

from authorization.model.station import Coordinates, Station
from authorization.operations.list_stations import ListStations
from authorization.operations.register_station import RegisterStation
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class StationServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def register_station(self) -> RegisterStation:
        """Registers a station."""

    @property
    def list_stations(self) -> ListStations:
        """Lists stations."""


@click.group("station")
def station_group() -> None:
    """Register stations and look at them."""


@station_group.command("add")
@click.argument("station_id")
@click.option("--operator", "operator_id", required=True, help="Operator id (DEABC).")
@click.option("--evse", "evse_ids", multiple=True, help="EVSEID of the station; repeatable.")
@click.option("--secc-id", help="SECCID of its charge controller (ISO 15118-20).")
@click.option("--lat", "latitude", type=float, help="Latitude in degrees (WGS 84).")
@click.option("--lon", "longitude", type=float, help="Longitude in degrees (WGS 84).")
@json_option
@click.pass_obj
def add(
    services: StationServices,
    station_id: str,
    operator_id: str,
    evse_ids: tuple[str, ...],
    secc_id: str | None,
    latitude: float | None,
    longitude: float | None,
    as_json: bool,
) -> None:
    """Register STATION_ID (its OCPP identity), or replace what is registered of it."""
    if (latitude is None) != (longitude is None):
        raise click.UsageError("give --lat and --lon together")
    coordinates = None
    if latitude is not None and longitude is not None:
        coordinates = Coordinates(latitude, longitude)
    station = services.register_station(
        LOCAL_ADMINISTRATOR, station_id, operator_id, evse_ids, coordinates, secc_id
    )
    emit(_payload(station), as_json=as_json, human=f"registered {_line(station)}")


@station_group.command("list")
@json_option
@click.pass_obj
def list_(services: StationServices, as_json: bool) -> None:
    """List every station."""
    stations: list[Station] = []
    while page := services.list_stations(
        LOCAL_ADMINISTRATOR, stations[-1].station_id if stations else None
    ):
        stations += page
    emit(
        {"stations": [_payload(station) for station in stations]},
        as_json=as_json,
        human="\n".join(_line(station) for station in stations) or "no station is registered",
    )


def _payload(station: Station) -> dict[str, Any]:
    place = station.coordinates
    return {
        "station_id": station.station_id,
        "operator_id": station.operator_id,
        "evse_ids": [evse.raw for evse in station.evses],
        "coordinates": None
        if place is None
        else {"latitude": place.latitude, "longitude": place.longitude},
        "registered_at": station.registered_at.isoformat(),
        "secc_id": station.secc_id.raw if station.secc_id else None,
    }


def _line(station: Station) -> str:
    evses = " ".join(evse.raw for evse in station.evses) or "no EVSE"
    return f"{station.station_id}  {station.operator_id}  {evses}"
