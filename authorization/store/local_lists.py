"""Station groups, their local authorisation lists and providers' consents in the database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from authorization.model.local_list import HeldList, ListLimits, list_from, list_json
from authorization.model.ocpp_version import OcppVersion
from authorization.operations.list_ports import GroupStation, ListedStation, StationGroup
from authorization.store.station_calls import SqlCallRepository
from authorization.store.tables import (
    list_consents,
    listed_contracts,
    listed_stations,
    station_groups,
)
from foundation.database import Database
from foundation.outbox import Outbox

AnyRow = ResultRow[*tuple[Any, ...]]


class SqlListRepository:
    """`ListRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_group(self, group: StationGroup, now: datetime) -> None:
        """Store the group in the place of what it was; see `ListRepository`."""
        run = self._connection.execute
        here = {"operator_id": group.operator_id, "name": group.name}
        named = (
            station_groups.c.operator_id == group.operator_id,
            station_groups.c.name == group.name,
        )
        new_group = insert_or_skip(station_groups).values(**here, changed_at=now)
        run(new_group.on_conflict_do_nothing())
        # the row is held until the end: who replaces the group at the same time waits
        run(update(station_groups).where(*named).values(changed_at=now))
        run(
            delete(listed_contracts).where(
                listed_contracts.c.operator_id == group.operator_id,
                listed_contracts.c.group_name == group.name,
            )
        )
        if group.contract_ids:
            rows = [
                {"operator_id": group.operator_id, "group_name": group.name, "contract_id": one}
                for one in sorted(group.contract_ids)
            ]
            run(insert(listed_contracts), rows)
        kept = [one.station_id for one in group.stations]
        # a station that leaves is in no group, and is sent an empty list
        run(
            update(listed_stations)
            .where(
                listed_stations.c.operator_id == group.operator_id,
                listed_stations.c.group_name == group.name,
                listed_stations.c.station_id.not_in(kept),
            )
            .values(group_name="")
        )
        for one in sorted(group.stations, key=lambda one: one.station_id):
            values = {
                "operator_id": group.operator_id,
                "group_name": group.name,
                "version": one.version.value,
                "entries": one.limits.entries,
                "per_message": one.limits.per_message,
            }
            new = {"station_id": one.station_id, "last_version": 0, **values}
            run(insert_or_skip(listed_stations).values(**new).on_conflict_do_nothing())
            mine = listed_stations.c.station_id == one.station_id
            run(update(listed_stations).where(mine).values(**values))

    def consents(self, operator_id: str) -> frozenset[str]:
        """Return the providers whose contracts may stand in the operator's lists."""
        of_operator = list_consents.c.operator_id == operator_id
        rows = self._connection.execute(select(list_consents.c.provider_id).where(of_operator))
        return frozenset(rows.scalars())

    def set_consent(
        self, provider_id: str, operator_id: str, now: datetime, *, consents: bool
    ) -> None:
        """Store whether the provider agrees to that."""
        this = (
            list_consents.c.provider_id == provider_id,
            list_consents.c.operator_id == operator_id,
        )
        run = self._connection.execute
        if not consents:
            run(delete(list_consents).where(*this))
        else:
            new = {"provider_id": provider_id, "operator_id": operator_id, "given_at": now}
            run(insert_or_skip(list_consents).values(**new).on_conflict_do_nothing())

    def lock(self, station_id: str) -> ListedStation | None:
        """Return the station's list and keep others from changing it until the end."""
        row = self._connection.execute(
            select(listed_stations)
            .where(listed_stations.c.station_id == station_id)
            .with_for_update()
        ).first()
        return None if row is None else _listed(row)

    def contracts_of(self, operator_id: str, group_name: str) -> frozenset[str]:
        """Return the contracts that stand in the group's lists."""
        return _contracts_of(self._connection, operator_id, group_name)

    def put(self, listed: ListedStation) -> None:
        """Store where the station's list stands."""
        self._connection.execute(
            update(listed_stations)
            .where(listed_stations.c.station_id == listed.station.station_id)
            .values(
                last_version=listed.last_version,
                held=_json(listed.held),
                call_id=listed.call_id,
                sent=_json(listed.sent),
                refused_for=listed.refused_for,
            )
        )


class SqlListUnitOfWork:
    """`ListUnitOfWork` on one connection."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self.lists = SqlListRepository(connection)
        self.calls = SqlCallRepository(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self._connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlListUnitOfWork:
    """Opens a transaction that ends with its block."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[SqlListUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlListUnitOfWork(connection, self.outbox)


class SqlListReader:
    """`ListReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def group(self, operator_id: str, name: str) -> StationGroup | None:
        """Return the group."""
        with self._database.read() as connection:
            found = connection.execute(
                select(station_groups.c.name).where(
                    station_groups.c.operator_id == operator_id, station_groups.c.name == name
                )
            ).first()
            if found is None:
                return None
            rows = connection.execute(
                select(listed_stations)
                .where(
                    listed_stations.c.operator_id == operator_id,
                    listed_stations.c.group_name == name,
                )
                .order_by(listed_stations.c.station_id)
            ).all()
            contract_ids = _contracts_of(connection, operator_id, name)
        stations = tuple(_listed(row).station for row in rows)
        return StationGroup(operator_id, name, stations, contract_ids)

    def station(self, station_id: str) -> ListedStation | None:
        """Return where the station's list stands."""
        with self._database.read() as connection:
            row = connection.execute(
                select(listed_stations).where(listed_stations.c.station_id == station_id)
            ).first()
        return None if row is None else _listed(row)

    def contracts_of(self, operator_id: str, group_name: str) -> frozenset[str]:
        """Return the contracts that stand in the group's lists."""
        with self._database.read() as connection:
            return _contracts_of(connection, operator_id, group_name)

    def station_ids(self, after: str, limit: int) -> Sequence[str]:
        """Return up to `limit` stations with lists, in order of their ids."""
        with self._database.read() as connection:
            return (
                connection.execute(
                    select(listed_stations.c.station_id)
                    .where(listed_stations.c.station_id > after)
                    .order_by(listed_stations.c.station_id)
                    .limit(limit)
                )
                .scalars()
                .all()
            )


def _contracts_of(connection: Connection, operator_id: str, name: str) -> frozenset[str]:
    rows = connection.execute(
        select(listed_contracts.c.contract_id).where(
            listed_contracts.c.operator_id == operator_id, listed_contracts.c.group_name == name
        )
    )
    return frozenset(rows.scalars())


def _listed(row: AnyRow) -> ListedStation:
    return ListedStation(
        GroupStation(
            row.station_id, OcppVersion(row.version), ListLimits(row.entries, row.per_message)
        ),
        row.operator_id,
        row.group_name,
        row.last_version,
        None if row.held is None else list_from(row.held),
        row.call_id,
        None if row.sent is None else list_from(row.sent),
        row.refused_for,
    )


def _json(held: HeldList | None) -> Mapping[str, object] | None:
    return None if held is None else list_json(held)
