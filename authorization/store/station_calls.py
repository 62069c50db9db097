"""Stations' calls in the database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy import Row as ResultRow

from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import CallMessage, CallPurpose, CallState, StationCall
from authorization.operations.call_ports import MAX_LISTED
from authorization.store.tables import station_calls, stations
from foundation.database import Database
from foundation.many_rows import is_one_of
from foundation.outbox import Outbox

AnyRow = ResultRow[*tuple[Any, ...]]

_in_order = (station_calls.c.created_at, station_calls.c.call_id)


class SqlCallReader:
    """`CallReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def in_state(self, station_id: str, state: CallState, now: datetime) -> tuple[StationCall, ...]:
        """Return the station's calls in a state, oldest first, at most MAX_LISTED.

        Of those that wait, the ones whose time has run out are left out.
        """
        statement = (
            select(station_calls)
            .where(station_calls.c.station_id == station_id, station_calls.c.state == state.value)
            .order_by(*_in_order)
            .limit(MAX_LISTED)
        )
        if state is CallState.WAITING:
            statement = statement.where(station_calls.c.expires_at > now)
        with self._database.read() as connection:
            return tuple(_call(row) for row in connection.execute(statement))

    def find(self, call_id: str) -> StationCall | None:
        """Return the call."""
        with self._database.read() as connection:
            row = connection.execute(
                select(station_calls).where(station_calls.c.call_id == call_id)
            ).first()
        return None if row is None else _call(row)

    def signed_since(self, station_id: str, moment: datetime) -> int:
        """Return how many certificates were signed for the station from `moment` on."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count())
                .select_from(station_calls)
                .where(
                    station_calls.c.station_id == station_id,
                    station_calls.c.purpose == CallPurpose.CERTIFICATE_SIGNED.value,
                    station_calls.c.created_at >= moment,
                )
            ).scalar_one()

    def newest(self, station_ids: Collection[str], purpose: CallPurpose) -> Mapping[str, datetime]:
        """Return when the last call for each of the stations was queued, whatever became of it."""
        if not station_ids:
            return {}
        of = station_calls.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(of.station_id, func.max(of.created_at).label("created_at"))
                .where(is_one_of(connection, of.station_id, station_ids))
                .where(of.purpose == purpose.value)
                .group_by(of.station_id)
            ).all()
        return {row.station_id: row.created_at for row in rows}


class SqlCallRepository:
    """`CallRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock_station(self, station_id: str) -> None:
        """Keep others from queueing for the station until the unit of work ends."""
        self._connection.execute(
            select(stations.c.station_id)
            .where(stations.c.station_id == station_id)
            .with_for_update()
        )

    def waiting(self, station_id: str, now: datetime) -> Sequence[StationCall]:
        """Return the station's calls that wait for an answer, oldest first."""
        statement = (
            select(station_calls)
            .where(
                station_calls.c.station_id == station_id,
                station_calls.c.state == CallState.WAITING.value,
                station_calls.c.expires_at > now,
            )
            .order_by(*_in_order)
        )
        return [_call(row) for row in self._connection.execute(statement)]

    def add(self, call: StationCall) -> None:
        """Store a new call."""
        self._connection.execute(
            insert(station_calls).values(
                call_id=call.call_id,
                station_id=call.station_id,
                version=call.version.value,
                purpose=call.purpose.value,
                action=call.message.action,
                payload=dict(call.message.payload),
                slot=call.slot,
                state=call.state.value,
                client_id=call.client_id,
                created_at=call.created_at,
                expires_at=call.expires_at,
                request_hash=call.request_hash,
                fingerprint=call.fingerprint,
            )
        )

    def lock(self, call_id: str) -> StationCall | None:
        """Return the call and keep others from changing it until the unit of work ends."""
        row = self._connection.execute(
            select(station_calls).where(station_calls.c.call_id == call_id).with_for_update()
        ).first()
        return None if row is None else _call(row)

    def end(
        self,
        call_id: str,
        state: CallState,
        ended_at: datetime,
        answer: Mapping[str, Any] | None = None,
    ) -> None:
        """Store what became of the call."""
        self._connection.execute(
            update(station_calls)
            .where(station_calls.c.call_id == call_id)
            .values(
                state=state.value,
                ended_at=ended_at,
                answer=None if answer is None else dict(answer),
            )
        )

    def overdue(self, now: datetime, limit: int) -> Sequence[tuple[StationCall, str]]:
        """Return waiting calls whose time has run out, each with its station's operator id.

        Others that do the same pass over them until the unit of work ends.
        """
        rows = self._connection.execute(
            select(station_calls, stations.c.operator_id)
            .join(stations, stations.c.station_id == station_calls.c.station_id)
            .where(
                station_calls.c.state == CallState.WAITING.value,
                station_calls.c.expires_at <= now,
            )
            .order_by(*_in_order)
            .limit(limit)
            .with_for_update(of=station_calls, skip_locked=True)
        ).all()
        return [(_call(row), row.operator_id) for row in rows]

    def forget(self, ended_before: datetime) -> None:
        """Delete calls that ceased to wait before that."""
        self._connection.execute(
            delete(station_calls).where(station_calls.c.ended_at < ended_before)
        )


class SqlCallUnitOfWork:
    """`CallUnitOfWork` on one connection."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self.calls = SqlCallRepository(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self._connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlCallUnitOfWork:
    """Opens a transaction that ends with its block."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[SqlCallUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlCallUnitOfWork(connection, self.outbox)


def _call(row: AnyRow) -> StationCall:
    return StationCall(
        row.call_id,
        row.station_id,
        OcppVersion(row.version),
        CallPurpose(row.purpose),
        CallMessage(row.action, row.payload),
        row.slot,
        CallState(row.state),
        row.client_id,
        row.created_at,
        row.expires_at,
        row.request_hash,
        row.fingerprint,
        row.ended_at,
        row.answer,
    )
