"""Step-ups in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, String, bindparam, delete, insert, select, update

from autocharge.model.enrolment import Identifier, kind_of
from autocharge.model.step_up import StepUp, StepUpAnswer
from autocharge.model.trace import AnsweredStepUp, AskedStepUp
from autocharge.operations.step_up_ports import StepUpUnitOfWork
from autocharge.store.identifier_vault import IdentifierVault, digest_matches
from autocharge.store.sightings import first_id_of
from autocharge.store.tables import step_ups
from foundation.database import Database, Instant, Row
from foundation.lookup import Lookup
from foundation.outbox import Outbox, SqlEventLog

NEWEST = 50  # of one identifier; more are asked within the policy's times by nobody

_RECORD = "step_up"  # what the sealed spelling is bound to

_columns = (
    step_ups.c.reference,
    step_ups.c.enrolment_id,
    step_ups.c.contract_id,
    step_ups.c.provider_id,
    step_ups.c.operator_id,
    step_ups.c.station_id,
    step_ups.c.asked_at,
    step_ups.c.lapses_at,
    step_ups.c.answer,
    step_ups.c.answered_at,
    step_ups.c.answered_by,
)
_insert = insert(step_ups)
_answer = (
    update(step_ups)
    .where(step_ups.c.reference == bindparam("which"), step_ups.c.answer.is_(None))
    .values(
        answer=bindparam("said", type_=String(8)),
        answered_at=bindparam("at", type_=Instant),
        answered_by=bindparam("by", type_=String(64)),
    )
)
_waiting = (
    select(*_columns)
    .where(
        step_ups.c.contract_id == bindparam("contract_id"),
        step_ups.c.lapses_at > bindparam("now", type_=Instant),
        step_ups.c.station_id == bindparam("station_id"),
        step_ups.c.answer.is_(None),
    )
    .limit(bindparam("limit", type_=Integer))
)
_of_identifier = (
    select(*_columns)
    .where(
        digest_matches(step_ups.c.digest),
        step_ups.c.asked_at > bindparam("since", type_=Instant),
    )
    .order_by(step_ups.c.asked_at.desc())
    .limit(bindparam("limit", type_=Integer))
)
_by_reference = select(*_columns).where(step_ups.c.reference == bindparam("reference"))


def asked_row(vault: IdentifierVault, asked: AskedStepUp) -> Row:
    """Return the row of a new step-up for `Database.append`."""
    step_up, identifier = asked.step_up, asked.identifier
    stamp = vault.stamp(identifier)
    return Row(
        _insert,
        {
            "reference": step_up.reference,
            "kind": kind_of(identifier).value,
            "digest": stamp.digest,
            "key_id": stamp.key_id,
            "sealed": vault.seal(step_up.reference, identifier, _RECORD),
            "enrolment_id": step_up.enrolment_id,
            "contract_id": step_up.contract_id,
            "provider_id": step_up.provider_id,
            "operator_id": step_up.operator_id,
            "station_id": step_up.station_id,
            "asked_at": step_up.asked_at,
            "lapses_at": step_up.lapses_at,
        },
    )


def answered_row(answered: AnsweredStepUp) -> Row:
    """Return the change for `Database.append`; a step-up that was answered stays as it is."""
    return Row(
        _answer,
        {
            "which": answered.reference,
            "said": answered.answer.value,
            "at": answered.answered_at,
            "by": answered.answered_by,
        },
    )


class SqlStepUpReader:
    """`StepUpReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def of_identifier(self, identifier: Identifier, since: datetime) -> Lookup[Sequence[StepUp]]:
        """Look for the newest step-ups about an identifier that were asked after `since`."""
        values = {**self._vault.digest_values(identifier), "since": since, "limit": NEWEST}
        return Lookup(_of_identifier, values, _step_ups)

    def waiting(self, contract_id: str, station_id: str, now: datetime) -> Sequence[StepUp]:
        """Return what waits for an answer of a contract's driver at a station."""
        values = {
            "contract_id": contract_id,
            "station_id": station_id,
            "now": now,
            "limit": NEWEST,
        }
        return _step_ups(self._database.fetch(_waiting, values))

    def find(self, reference: str) -> StepUp | None:
        """Return the step-up."""
        rows = self._database.fetch(_by_reference, {"reference": reference})
        return _step_up(rows[0]) if rows else None


def _step_ups(rows: Sequence[Any]) -> Sequence[StepUp]:
    return tuple(_step_up(row) for row in rows)


def _step_up(row: Any) -> StepUp:
    return StepUp(
        reference=row.reference,
        enrolment_id=row.enrolment_id,
        contract_id=row.contract_id,
        provider_id=row.provider_id,
        operator_id=row.operator_id,
        station_id=row.station_id,
        asked_at=row.asked_at,
        lapses_at=row.lapses_at,
        answer=None if row.answer is None else StepUpAnswer(row.answer),
        answered_at=row.answered_at,
        answered_by=row.answered_by,
    )


class SqlStepUpRepository:
    """`StepUpRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, reference: str) -> StepUp | None:
        """Return the step-up and keep others from changing it until the unit of work ends."""
        row = self._connection.execute(
            _by_reference.with_for_update(), {"reference": reference}
        ).first()
        return None if row is None else _step_up(row)

    def answer(
        self, reference: str, answer: StepUpAnswer, answered_at: datetime, answered_by: str
    ) -> None:
        """Store the answer."""
        row = answered_row(AnsweredStepUp(reference, answer, answered_at, answered_by))
        self._connection.execute(row.statement, dict(row.values))


@dataclass(frozen=True, slots=True)
class SqlStepUpUnitOfWork:
    """`StepUpUnitOfWork` on one transaction."""

    step_ups: SqlStepUpRepository
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlStepUpUnitOfWork:
    """Opens a transaction that ends with its block."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[StepUpUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlStepUpUnitOfWork(
                SqlStepUpRepository(connection), self.outbox.log(connection), connection
            )


class SqlStepUpRemains:
    """Old step-ups, to delete."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` step-ups that were asked before; return how many."""
        ids = (
            select(step_ups.c.reference)
            .where(step_ups.c.reference < first_id_of(before), step_ups.c.asked_at < before)
            .order_by(step_ups.c.reference)
            .limit(limit)
        )
        with self._database.write() as connection:
            found = connection.scalars(ids).all()
            if found:
                connection.execute(delete(step_ups).where(step_ups.c.reference.in_(found)))
                connection.commit()
        return len(found)
