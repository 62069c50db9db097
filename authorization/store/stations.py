"""Stations and EVSEs in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.exc import IntegrityError

from authorization.model.claim import NOWHERE, Place, PlacedEvse, SiteHere
from authorization.model.connector import ConnectorType
from authorization.model.site import Access
from authorization.model.station import Coordinates, Station
from authorization.store.place_tables import closed_evses, site_evses, sites
from authorization.store.tables import evses, stations
from foundation.database import Database, Instant
from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvseId, SeccId
from foundation.short_cache import ShortCache

AnyRow = ResultRow[*tuple[Any, ...]]

_place = select(
    stations.c.station_id,
    stations.c.operator_id,
    stations.c.latitude,
    stations.c.longitude,
    evses.c.evse_key,
    evses.c.spelled,
    site_evses.c.connector_types,
    sites.c.site_id,
    sites.c.time_zone,
    sites.c.access,
    sites.c.groups,
    closed_evses.c.closed_at,
).select_from(
    stations.outerjoin(evses, evses.c.station_id == stations.c.station_id)
    # of the station's own operator: nobody else says who may charge there
    .outerjoin(
        site_evses,
        (site_evses.c.operator_id == stations.c.operator_id)
        & (site_evses.c.evse_key == evses.c.evse_key),
    )
    .outerjoin(
        sites,
        (sites.c.operator_id == site_evses.c.operator_id)
        & (sites.c.site_id == site_evses.c.site_id),
    )
    .outerjoin(
        closed_evses,
        (closed_evses.c.operator_id == stations.c.operator_id)
        & (closed_evses.c.evse_key == evses.c.evse_key),
    )
)
_place_by_station = _place.where(stations.c.station_id == bindparam("station_id")).order_by(
    evses.c.position
)
_place_by_evse = _place.where(
    stations.c.station_id
    == select(evses.c.station_id).where(evses.c.evse_key == bindparam("evse_key")).scalar_subquery()
).order_by(evses.c.position)


class SqlStationDirectory:
    """`StationDirectory`: remembers a station, or that there is none, for half a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_station = ShortCache(self._load_by_station)
        self._by_evse = ShortCache(self._load_by_evse)

    def by_station(self, station_id: str) -> Place | None:
        """Return the station with this OCPP identity."""
        return self._by_station.get(station_id)

    def by_evse(self, evse_key: str) -> Place | None:
        """Return the station that an EVSE belongs to."""
        return self._by_evse.get(evse_key)

    def _load_by_station(self, station_id: str) -> Place | None:
        return _load_place(self._database, station_id)

    def _load_by_evse(self, evse_key: str) -> Place | None:
        with self._database.read() as connection:
            rows = connection.execute(_place_by_evse, {"evse_key": evse_key}).all()
        return _to_place(rows)


def _load_place(database: Database, station_id: str) -> Place | None:
    with database.read() as connection:
        return _to_place(connection.execute(_place_by_station, {"station_id": station_id}).all())


def _to_place(rows: Sequence[AnyRow]) -> Place | None:
    if not rows:
        return None
    keys = tuple(row.evse_key for row in rows if row.evse_key is not None)
    first = rows[0]
    known = first.latitude is not None and first.longitude is not None
    coordinates = (first.latitude, first.longitude) if known else None
    placed: tuple[PlacedEvse, ...] = ()
    if any(row.site_id is not None or row.closed_at is not None for row in rows):
        placed = tuple(_placed(number, row) for number, row in enumerate(rows, start=1))
    return Place(first.station_id, first.operator_id, keys, coordinates, placed)


def _placed(number: int, row: AnyRow) -> PlacedEvse:
    if row.site_id is None:
        site = None if row.closed_at is None else NOWHERE
        return PlacedEvse(number, row.evse_key, row.spelled, site=site)
    site = SiteHere(row.site_id, Access(row.access), frozenset(row.groups), row.time_zone)
    connectors = frozenset(map(ConnectorType, row.connector_types))
    return PlacedEvse(number, row.evse_key, row.spelled, connectors, site)


class SqlStationReader:
    """`StationReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, station_id: str) -> Station | None:
        """Return the station."""
        with self._database.read() as connection:
            row = connection.execute(
                select(stations).where(stations.c.station_id == station_id)
            ).first()
            found = _with_evses(connection, [row] if row is not None else [])
        return found[0] if found else None

    def place(self, station_id: str) -> Place | None:
        """Return the place of the station with this OCPP identity."""
        return _load_place(self._database, station_id)

    def closed_since(self, since: datetime) -> Mapping[str, datetime]:
        """Return stations of which an EVSE was taken off its site since then -> when the last."""
        last = func.max(closed_evses.c.closed_at, type_=Instant).label("closed_at")
        with self._database.read() as connection:
            rows = connection.execute(
                select(stations.c.station_id, last)
                .select_from(
                    closed_evses.join(evses, evses.c.evse_key == closed_evses.c.evse_key).join(
                        stations,
                        (stations.c.station_id == evses.c.station_id)
                        & (stations.c.operator_id == closed_evses.c.operator_id),
                    )
                )
                .where(closed_evses.c.closed_at >= since)
                .group_by(stations.c.station_id)
            ).all()
        return {row.station_id: row.closed_at for row in rows}

    def page(
        self, operator_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Station, ...]:
        """Return up to `limit` stations of these operators (None: all) in order of their id."""
        statement = select(stations).order_by(stations.c.station_id).limit(limit)
        if operator_ids is not None:
            statement = statement.where(stations.c.operator_id.in_(sorted(operator_ids)))
        if after is not None:
            statement = statement.where(stations.c.station_id > after)
        with self._database.read() as connection:
            return _with_evses(connection, connection.execute(statement).all())


def _with_evses(connection: Connection, rows: Sequence[AnyRow]) -> tuple[Station, ...]:
    found = connection.execute(
        select(evses)
        .where(evses.c.station_id.in_([row.station_id for row in rows]))
        .order_by(evses.c.station_id, evses.c.position)
    ).all()
    by_station: dict[str, list[EvseId]] = {row.station_id: [] for row in rows}
    for evse in found:
        by_station[evse.station_id].append(EvseId.parse(evse.spelled))
    return tuple(
        Station(
            row.station_id,
            row.operator_id,
            tuple(by_station[row.station_id]),
            Coordinates(row.latitude, row.longitude) if row.latitude is not None else None,
            row.registered_at,
            SeccId.parse(row.secc_spelled) if row.secc_spelled is not None else None,
        )
        for row in rows
    )


class SqlStationRepository:
    """`StationRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, station: Station) -> Station:
        """Store the station, or replace its EVSEs, coordinates and SECCID; return what is stored.

        CONFLICT where it belongs to another operator, or an EVSE or the SECCID to another station.
        The keys decide between two that come at once; the loser's transaction is undone.
        """
        values = {
            "latitude": station.coordinates.latitude if station.coordinates else None,
            "longitude": station.coordinates.longitude if station.coordinates else None,
            "secc_key": station.secc_id.key if station.secc_id else None,
            "secc_spelled": station.secc_id.raw if station.secc_id else None,
        }
        own = stations.c.station_id == station.station_id
        present = self._connection.execute(
            select(stations.c.operator_id, stations.c.registered_at).where(own).with_for_update()
        ).first()
        if present is None:
            self._insert_station(station, values)
        elif present.operator_id != station.operator_id:
            raise _station_taken()
        else:
            station = replace(station, registered_at=present.registered_at)
            self._update_station(own, values)
            self._connection.execute(delete(evses).where(evses.c.station_id == station.station_id))
        self._insert_evses(station)
        return station

    def lock(self, station_id: str) -> None:
        """Keep others from changing what is told of the station until the unit of work ends."""
        self._connection.execute(
            select(stations.c.station_id)
            .where(stations.c.station_id == station_id)
            .with_for_update()
        )

    def _insert_station(self, station: Station, values: Mapping[str, Any]) -> None:
        try:
            self._connection.execute(
                insert(stations).values(
                    station_id=station.station_id,
                    operator_id=station.operator_id,
                    registered_at=station.registered_at,
                    **values,
                )
            )
        except IntegrityError as failure:
            raise _taken(failure) from failure

    def _update_station(self, own: ColumnElement[bool], values: Mapping[str, Any]) -> None:
        try:
            self._connection.execute(update(stations).where(own).values(**values))
        except IntegrityError as failure:
            raise _taken(failure) from failure

    def _insert_evses(self, station: Station) -> None:
        rows = [
            {
                "evse_key": evse.key,
                "station_id": station.station_id,
                "position": position,
                "spelled": evse.raw,
            }
            for position, evse in enumerate(station.evses, start=1)
        ]
        if not rows:
            return
        # in one order everywhere: two stations that claim each other's EVSEs must not deadlock
        rows.sort(key=lambda row: str(row["evse_key"]))
        try:
            self._connection.execute(insert(evses), rows)
        except IntegrityError as failure:
            raise ServiceError(
                Kind.CONFLICT,
                "evse_taken",
                "an EVSE belongs to another station; take it off that one first",
            ) from failure


def _taken(failure: IntegrityError) -> ServiceError:
    if "secc_key" not in str(failure.orig):  # both drivers name the key that was hurt
        return _station_taken()
    return ServiceError(
        Kind.CONFLICT,
        "secc_taken",
        "the SECCID belongs to another station; take it off that one first",
    )


def _station_taken() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT,
        "station_taken",
        "a station with this id is registered already, perhaps for another operator",
    )
