"""Charging sessions in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.exc import IntegrityError

from authorization.model.session import Session
from authorization.store.tables import sessions
from foundation.database import Database

AnyRow = ResultRow[*tuple[Any, ...]]

_by_id = select(sessions).where(sessions.c.session_id == bindparam("session_id"))


class SqlSessionReader:
    """`SessionReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, session_id: str) -> Session | None:
        """Return the session."""
        with self._database.read() as connection:
            return _session(connection.execute(_by_id, {"session_id": session_id}).first())


class SqlSessionRepository:
    """`SessionRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, session: Session) -> bool:
        """Store a session; False where its decision has one already."""
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(sessions).values(
                        session_id=session.session_id,
                        reference=session.reference,
                        operator_id=session.operator_id,
                        station_id=session.station_id,
                        contract_id=session.contract_id,
                        started_at=session.started_at,
                        ended_at=session.ended_at,
                    )
                )
        except IntegrityError:
            if self.by_reference(session.reference) is not None:
                return False
            raise
        return True

    def lock(self, session_id: str) -> Session | None:
        """Return the session and keep others from changing it until the unit of work ends."""
        return _session(
            self._connection.execute(_by_id.with_for_update(), {"session_id": session_id}).first()
        )

    def by_reference(self, reference: str) -> Session | None:
        """Return the session that a decision started."""
        return _session(
            self._connection.execute(
                select(sessions).where(sessions.c.reference == reference)
            ).first()
        )

    def end(self, session_id: str, ended_at: datetime) -> None:
        """Store the session's end."""
        self._connection.execute(
            update(sessions).where(sessions.c.session_id == session_id).values(ended_at=ended_at)
        )


def _session(row: ResultRow[*tuple[Any, ...]] | None) -> Session | None:
    if row is None:
        return None
    return Session(
        row.session_id,
        row.reference,
        row.operator_id,
        row.station_id,
        row.contract_id,
        row.started_at,
        row.ended_at,
    )
