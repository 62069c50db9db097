"""Histories of enrolments in the database."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from autocharge.model.enrolment import EnrolmentStatus
from autocharge.model.enrolment_state import EnrolmentEvent, HistoryEntry, Reason
from autocharge.store.tables import enrolment_history as history
from foundation.database import Database


class SqlHistory:
    """`HistoryLog` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entry: HistoryEntry, provider_id: str) -> None:
        """Add a line to the history of an enrolment that this unit of work holds."""
        last = select(func.coalesce(func.max(history.c.position), 0) + 1).where(
            history.c.enrolment_id == entry.enrolment_id
        )
        self._connection.execute(
            insert(history).values(
                enrolment_id=entry.enrolment_id,
                position=last.scalar_subquery(),
                provider_id=provider_id,
                at=entry.at,
                client_id=entry.client_id,
                event=entry.event.value,
                before=entry.before and entry.before.value,
                after=entry.after.value,
                reason=entry.reason.value,
                reference=entry.reference,
            )
        )


class SqlHistoryReader:
    """`HistoryReader`: each call sees what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def owner(self, enrolment_id: str) -> str | None:
        """Return the provider id whose enrolment it is or was; None for an unknown id."""
        first = select(history.c.provider_id).where(
            history.c.enrolment_id == enrolment_id, history.c.position == 1
        )
        with self._database.read() as connection:
            return connection.execute(first).scalar()

    def page(self, enrolment_id: str, after: int, limit: int) -> Sequence[tuple[int, HistoryEntry]]:
        """Return up to `limit` lines after the position `after`, each with its position."""
        lines = (
            select(history)
            .where(history.c.enrolment_id == enrolment_id, history.c.position > after)
            .order_by(history.c.position)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(lines).all()
        return [
            (
                row.position,
                HistoryEntry(
                    row.enrolment_id,
                    row.at,
                    row.client_id,
                    EnrolmentEvent(row.event),
                    row.before and EnrolmentStatus(row.before),
                    EnrolmentStatus(row.after),
                    Reason(row.reason),
                    row.reference,
                ),
            )
            for row in rows
        ]
