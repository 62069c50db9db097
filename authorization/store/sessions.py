"""Charging sessions in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.exc import IntegrityError

from authorization.model.cost import Cost
from authorization.model.outcome import Outcome
from authorization.model.session import EndedBy, Session
from authorization.store.decisions import PresentedDigest
from authorization.store.tables import decisions, sessions, transactions
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
            return _found(connection.execute(_by_id, {"session_id": session_id}).first())


class SqlClaimableDecisions:
    """`ClaimableDecisions` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, presented: PresentedDigest) -> None:
        self._database = database
        self._presented = presented

    def newest(
        self, station_id: str, contract_id: str, since: datetime, until: datetime
    ) -> str | None:
        """Return the reference of the newest one of that contract, station and time."""
        return self._newest(decisions.c.contract_id == contract_id, station_id, since, until)

    def newest_presented(
        self, station_id: str, presented: str, since: datetime, until: datetime
    ) -> str | None:
        """Return the same of what a partner accepted, by its `presented_key`."""
        of = decisions.c.presented_digest == self._presented(presented)
        return self._newest(of, station_id, since, until)

    def is_of(self, reference: str, presented: str) -> bool:
        """Whether a decision, claimed or not, is a partner's on this `presented_key`."""
        statement = select(decisions.c.reference).where(
            decisions.c.reference == reference,
            decisions.c.presented_digest == self._presented(presented),
        )
        with self._database.read() as connection:
            return connection.scalar(statement) is not None

    def _newest(
        self, of: ColumnElement[bool], station_id: str, since: datetime, until: datetime
    ) -> str | None:
        claimed = (
            select(sessions.c.reference)
            .join(transactions, transactions.c.session_id == sessions.c.session_id)
            .where(sessions.c.reference == decisions.c.reference)
        )
        statement = (
            select(decisions.c.reference)
            .where(
                of,
                decisions.c.decided_at.between(since, until),
                decisions.c.station_id == station_id,
                decisions.c.outcome == Outcome.ACCEPTED.value,
                ~claimed.exists(),
            )
            .order_by(decisions.c.decided_at.desc(), decisions.c.reference.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            reference: str | None = connection.scalar(statement)
        return reference


class SqlSessionRepository:
    """`SessionRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, session: Session) -> bool:
        """Store a session; False where its decision has one already, or its slot is taken."""
        values = {
            "session_id": session.session_id,
            "reference": session.reference,
            "operator_id": session.operator_id,
            "station_id": session.station_id,
            "contract_id": session.contract_id,
            "started_at": session.started_at,
            "slot": session.slot,
            **_changing(session),
        }
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(sessions).values(values))
        except IntegrityError:
            present = self.by_reference(session.reference)
            if present is not None or session.slot is not None:
                return False
            raise
        return True

    def lock(self, session_id: str) -> Session | None:
        """Return the session and keep others from changing it until the unit of work ends."""
        return _found(
            self._connection.execute(_by_id.with_for_update(), {"session_id": session_id}).first()
        )

    def by_reference(self, reference: str) -> Session | None:
        """Return the session that a decision started."""
        return _found(
            self._connection.execute(
                select(sessions).where(sessions.c.reference == reference)
            ).first()
        )

    def open_of(self, contract_id: str) -> Sequence[Session]:
        """Return the contract's open sessions, and lock them."""
        statement = (
            select(sessions)
            .where(sessions.c.contract_id == contract_id, sessions.c.ended_at.is_(None))
            # in one order everywhere: two that begin sessions must not deadlock
            .order_by(sessions.c.session_id)
            .with_for_update()
        )
        return [to_session(row) for row in self._connection.execute(statement)]

    def put(self, session: Session) -> None:
        """Store what became of a session that is there: all but what it began with."""
        self._connection.execute(
            update(sessions)
            .where(sessions.c.session_id == session.session_id)
            .values(**_changing(session))
        )

    def stale(self, heard_before: datetime, limit: int) -> Sequence[Session]:
        """Return open sessions of which nothing was heard since, locked; others pass them over."""
        statement = (
            select(sessions)
            .where(sessions.c.ended_at.is_(None), sessions.c.heard_at < heard_before)
            .order_by(sessions.c.heard_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [to_session(row) for row in self._connection.execute(statement)]


def _changing(session: Session) -> Mapping[str, Any]:
    return {
        "ended_at": session.ended_at,
        "heard_at": session.heard_at,
        "evse_id": session.evse_id,
        "energy_wh": session.energy_wh,
        "cost_currency": None if session.cost is None else session.cost.currency,
        "cost_minor": None if session.cost is None else session.cost.minor,
        "ended_by": None if session.ended_by is None else session.ended_by.value,
    }


def _found(row: AnyRow | None) -> Session | None:
    return None if row is None else to_session(row)


def to_session(row: AnyRow) -> Session:
    """Return a session from a row of its table."""
    return Session(
        session_id=row.session_id,
        reference=row.reference,
        operator_id=row.operator_id,
        station_id=row.station_id,
        contract_id=row.contract_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        heard_at=row.heard_at,
        evse_id=row.evse_id,
        energy_wh=row.energy_wh,
        cost=None if row.cost_currency is None else Cost(row.cost_currency, row.cost_minor),
        ended_by=None if row.ended_by is None else EndedBy(row.ended_by),
        slot=row.slot,
    )
