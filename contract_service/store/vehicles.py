"""Published vehicles in the database."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from contract_service.model.vehicle import Vehicle
from contract_service.operations.vehicle_ports import VehicleUnitOfWork
from contract_service.store.der import split_der
from contract_service.store.pool_tables import pool_vehicles, vehicle_deletions_due
from exi.schema import Schema
from foundation.database import Database
from foundation.identifiers import Pcid
from foundation.outbox import Outbox, SqlEventLog

AnyRow = Row[*tuple[Any, ...]]

_columns = tuple(
    column for column in pool_vehicles.c if column.name not in {"pcid_key", "checked_at"}
)
_one = select(*_columns).where(
    pool_vehicles.c.pcid_key == bindparam("of_pcid"),
    pool_vehicles.c.schema == bindparam("of_schema"),
)
_one_locked = _one.with_for_update()  # SQLite's one writer needs no lock
# a violated constraint would leave the PCID in PostgreSQL's own log; both dialects compile this
_insert = insert_or_skip(pool_vehicles).on_conflict_do_nothing().returning(pool_vehicles.c.schema)
_note_checked = (
    update(pool_vehicles)
    .where(
        pool_vehicles.c.pcid_key == bindparam("of_pcid"),
        pool_vehicles.c.schema == bindparam("of_schema"),
    )
    .values(checked_at=bindparam("at"))
)
_owe = insert_or_skip(vehicle_deletions_due).on_conflict_do_nothing()


def _vehicle(row: AnyRow) -> Vehicle:
    return Vehicle(
        pcid=Pcid.parse(row.pcid),
        schema=Schema(row.schema),
        certificate=row.certificate,
        sub_certificates=split_der(row.sub_certificates),
        root_fingerprint=row.root_fingerprint,
        client_id=row.client_id,
        not_before=row.not_before,
        not_after=row.not_after,
        published_at=row.published_at,
        v2g_root_key_ids=tuple(row.v2g_root_key_ids),
        previous_pcid=None if row.previous_pcid is None else Pcid.parse(row.previous_pcid),
    )


def _values(vehicle: Vehicle) -> dict[str, Any]:
    previous = vehicle.previous_pcid
    return {
        "pcid": vehicle.pcid.value,
        "fingerprint": vehicle.fingerprint,
        "certificate": vehicle.certificate,
        "sub_certificates": b"".join(vehicle.sub_certificates),
        "root_fingerprint": vehicle.root_fingerprint,
        "client_id": vehicle.client_id,
        "not_before": vehicle.not_before,
        "not_after": vehicle.not_after,
        "published_at": vehicle.published_at,
        "checked_at": vehicle.published_at,
        "v2g_root_key_ids": list(vehicle.v2g_root_key_ids),
        "previous_pcid": None if previous is None else previous.value,
    }


class SqlVehicleReader:
    """`VehicleReader`: each call sees what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, pcid: Pcid, schema: Schema) -> Vehicle | None:
        """Return the vehicle with this PCID in any spelling, else None."""
        values = {"of_pcid": pcid.key, "of_schema": schema.value}
        rows = self._database.fetch(_one, values)
        return _vehicle(rows[0]) if rows else None

    def expired(self, now: datetime, limit: int) -> Sequence[Vehicle]:
        """Return up to `limit` vehicles whose certificate has expired."""
        return self._some(select(*_columns).where(pool_vehicles.c.not_after < now), limit)

    def unchecked_since(self, before: datetime, limit: int) -> Sequence[Vehicle]:
        """Return up to `limit` vehicles whose status was last checked before an instant."""
        return self._some(
            select(*_columns)
            .where(pool_vehicles.c.checked_at < before)
            .order_by(pool_vehicles.c.checked_at),
            limit,
        )

    def _some(self, statement: Select[Any], limit: int) -> Sequence[Vehicle]:
        with self._database.read() as connection:
            return [_vehicle(row) for row in connection.execute(statement.limit(limit))]

    def deletions_due(self, limit: int) -> Sequence[Pcid]:
        """Return PCIDs whose deletion the others have not yet followed."""
        statement = (
            select(vehicle_deletions_due.c.pcid)
            .order_by(vehicle_deletions_due.c.deleted_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Pcid.parse(pcid) for pcid in connection.execute(statement).scalars()]


class SqlVehicles:
    """`VehicleRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, pcid: Pcid, schema: Schema) -> Vehicle | None:
        """Return the vehicle and keep others from changing it until the unit of work ends."""
        values = {"of_pcid": pcid.key, "of_schema": schema.value}
        row = self._connection.execute(_one_locked, values).first()
        return None if row is None else _vehicle(row)

    def add(self, vehicle: Vehicle) -> bool:
        """Store a vehicle; False where somebody else was faster."""
        key = {"pcid_key": vehicle.pcid.key, "schema": vehicle.schema.value}
        return self._connection.execute(_insert, key | _values(vehicle)).first() is not None

    def replace(self, vehicle: Vehicle) -> None:
        """Store a locked vehicle's new certificate."""
        self._connection.execute(
            update(pool_vehicles)
            .where(
                pool_vehicles.c.pcid_key == vehicle.pcid.key,
                pool_vehicles.c.schema == vehicle.schema.value,
            )
            .values(**_values(vehicle))
        )

    def remove(self, pcid: Pcid, schema: Schema | None, fingerprint: str | None) -> list[Vehicle]:
        """Remove and return a PCID's vehicles: of one edition or (None) both.

        With `fingerprint` (SHA-256, hex) only while that is its certificate.
        """
        statement = delete(pool_vehicles).where(pool_vehicles.c.pcid_key == pcid.key)
        if schema is not None:
            statement = statement.where(pool_vehicles.c.schema == schema.value)
        if fingerprint is not None:
            statement = statement.where(pool_vehicles.c.fingerprint == fingerprint)
        removed = self._connection.execute(statement.returning(*_columns)).all()
        return sorted(map(_vehicle, removed), key=lambda vehicle: vehicle.schema)

    def note_checked(self, pcids: Sequence[tuple[Pcid, Schema]], at: datetime) -> None:
        """Remember when the status of these was checked."""
        values = [
            {"of_pcid": pcid.key, "of_schema": schema.value, "at": at}
            for pcid, schema in sorted(pcids, key=lambda one: (one[0].key, one[1]))
        ]
        if values:
            self._connection.execute(_note_checked, values)

    def owe_deletion(self, pcid: Pcid, at: datetime) -> None:
        """Note that the others have to follow the deletion of a vehicle."""
        values = {"pcid_key": pcid.key, "pcid": pcid.value, "deleted_at": at}
        self._connection.execute(_owe, values)

    def is_deletion_due(self, pcid: Pcid) -> bool:
        """Whether the others have still to follow the deletion of this vehicle."""
        due = select(vehicle_deletions_due.c.pcid_key).where(
            vehicle_deletions_due.c.pcid_key == pcid.key
        )
        return self._connection.execute(due).first() is not None

    def settle_deletion(self, pcid: Pcid) -> None:
        """Note that they have."""
        self._connection.execute(
            delete(vehicle_deletions_due).where(vehicle_deletions_due.c.pcid_key == pcid.key)
        )


@dataclass(frozen=True, slots=True)
class SqlVehicleUnitOfWork:
    """`VehicleUnitOfWork` on one transaction."""

    vehicles: SqlVehicles
    events: SqlEventLog
    connection: Connection

    def attempt(self) -> AbstractContextManager[object]:
        """Begin a part of its own: an error that leaves it undoes that part alone."""
        return self.connection.begin_nested()

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class SqlVehicleUnitsOfWork:
    """Opens units of work; an instance is the port `OpenVehicleUnitOfWork`."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[VehicleUnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self.database.write() as connection:
            yield SqlVehicleUnitOfWork(
                SqlVehicles(connection), self.outbox.log(connection), connection
            )
