"""Quarantines in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from autocharge.model.detection import Cause, QuarantineReason
from autocharge.model.enrolment import Identifier, IdentifierKind
from autocharge.model.quarantine import Quarantine, Release
from autocharge.operations.quarantine_ports import (
    LockedEnrolments,
    QuarantineQuery,
    QuarantineUnitOfWork,
)
from autocharge.store.identifier_vault import IdentifierVault, digest_matches
from autocharge.store.quarantine_tables import EVERYBODY, quarantines
from autocharge.store.tables import enrolments
from autocharge.store.unit_of_work import SqlUnitOfWork, SqlUnitsOfWork
from foundation.database import Database
from foundation.outbox import SqlEventLog

_RECORD = "quarantine"  # what the sealed spelling is bound to

# a violated constraint would leave values in PostgreSQL's own log; both dialects compile this
_insert = (
    insert_or_skip(quarantines).on_conflict_do_nothing().returning(quarantines.c.quarantine_id)
)
_is_standing = quarantines.c.released_at.is_(None)


_all = select(quarantines).where(digest_matches(quarantines.c.digest))
_standing = _all.where(_is_standing)  # the one of the hot path


class SqlQuarantineReader:
    """`QuarantineReader` on AUTOCOMMIT connections: each call sees what is committed by then."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def standing(self, identifier: Identifier) -> Sequence[Quarantine]:
        """Return the identifier's quarantines that are not released."""
        return self._fetched(_standing, identifier)

    def of(self, identifier: Identifier) -> Sequence[Quarantine]:
        """Return every quarantine of the identifier, released ones included."""
        return self._fetched(_all, identifier)

    def _fetched(self, statement: Select[Any], identifier: Identifier) -> Sequence[Quarantine]:
        rows = self._database.fetch(statement, self._vault.digest_values(identifier))
        return [_quarantine(row) for row in rows]

    def by_id(self, quarantine_id: str) -> tuple[Quarantine, Identifier] | None:
        """Return a quarantine and its identifier, or None."""
        statement = select(quarantines).where(quarantines.c.quarantine_id == quarantine_id)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else (_quarantine(row), _identifier(self._vault, row))

    def page(self, query: QuarantineQuery) -> tuple[tuple[Quarantine, Identifier], ...]:
        """Return the quarantines that are asked for."""
        statement = select(quarantines).order_by(quarantines.c.quarantine_id).limit(query.limit)
        if query.standing_only:
            statement = statement.where(_is_standing)
        if query.after is not None:
            statement = statement.where(quarantines.c.quarantine_id > query.after)
        if query.provider_ids is not None:
            own = sorted(query.provider_ids)
            # while peppers rotate, a row may be missing here whose enrolment is hashed anew
            enrolled = (
                select(enrolments.c.enrolment_id)
                .where(
                    enrolments.c.digest == quarantines.c.digest, enrolments.c.provider_id.in_(own)
                )
                .exists()
            )
            statement = statement.where(
                quarantines.c.provider_id.in_(own)
                | ((quarantines.c.provider_id == EVERYBODY) & enrolled)
            )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple((_quarantine(row), _identifier(self._vault, row)) for row in rows)


class SqlQuarantineRepository:
    """`QuarantineRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, vault: IdentifierVault) -> None:
        self._connection = connection
        self._vault = vault
        self._writing = vault.writing(connection)

    def of(self, identifier: Identifier) -> Sequence[Quarantine]:
        """Return every quarantine of the identifier, released ones included."""
        rows = self._connection.execute(_all, self._writing.digest_values(identifier))
        return [_quarantine(row) for row in rows]

    def add(self, quarantine: Quarantine, identifier: Identifier) -> bool:
        """Store a quarantine; False where one for the same provider and operator stands."""
        stamp = self._writing.stamp(identifier)
        values = {
            "quarantine_id": quarantine.quarantine_id,
            "kind": quarantine.kind.value,
            "digest": stamp.digest,
            "key_id": stamp.key_id,
            "sealed": self._writing.seal(quarantine.quarantine_id, identifier, _RECORD),
            "provider_id": quarantine.provider_id or EVERYBODY,
            "operator_id": quarantine.operator_id or EVERYBODY,
            "cause": quarantine.cause.value,
            "reasons": [[reason.code, reason.detail] for reason in quarantine.reasons],
            "suspected": sorted(quarantine.suspected),
            "rules_version": quarantine.rules_version,
            "created_at": quarantine.created_at,
            "created_by": quarantine.created_by,
        }
        return self._connection.execute(_insert, values).first() is not None

    def lock(self, quarantine_id: str) -> tuple[Quarantine, Identifier] | None:
        """Return a quarantine and its identifier, and keep others from changing it."""
        statement = (
            select(quarantines)
            .where(quarantines.c.quarantine_id == quarantine_id)
            .with_for_update()  # SQLite's one writer needs no lock
        )
        row = self._connection.execute(statement).first()
        return None if row is None else (_quarantine(row), _identifier(self._vault, row))

    def release(self, quarantine_id: str, release: Release) -> None:
        """Store the end of a quarantine."""
        self._connection.execute(
            update(quarantines)
            .where(quarantines.c.quarantine_id == quarantine_id)
            .values(
                released_at=release.released_at,
                released_by=release.released_by,
                release_reason=release.reason,
                disbelieved=sorted(release.disbelieved),
            )
        )

    def delete_released(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` quarantines that were released before a time; return how many."""
        old = (
            select(quarantines.c.quarantine_id)
            .where(quarantines.c.released_at < before)
            .order_by(quarantines.c.released_at)
            .limit(limit)
        )
        ids = self._connection.scalars(old).all()
        if ids:
            self._connection.execute(
                delete(quarantines).where(quarantines.c.quarantine_id.in_(ids))
            )
        return len(ids)


def _identifier(vault: IdentifierVault, row: Any) -> Identifier:
    return vault.open(row.quarantine_id, IdentifierKind(row.kind), row.sealed, _RECORD)


def _quarantine(row: Any) -> Quarantine:
    release = None
    if row.released_at is not None:
        release = Release(
            row.released_at, row.released_by, row.release_reason, frozenset(row.disbelieved or ())
        )
    return Quarantine(
        quarantine_id=row.quarantine_id,
        kind=IdentifierKind(row.kind),
        provider_id=row.provider_id or None,
        operator_id=row.operator_id or None,
        cause=Cause(row.cause),
        reasons=tuple(QuarantineReason(code, detail) for code, detail in row.reasons),
        suspected=frozenset(row.suspected),
        rules_version=row.rules_version,
        created_at=row.created_at,
        created_by=row.created_by,
        release=release,
    )


@dataclass(frozen=True, slots=True)
class SqlQuarantineUnitOfWork:
    """`QuarantineUnitOfWork` on one transaction."""

    enrolments: LockedEnrolments
    quarantines: SqlQuarantineRepository
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


class SqlQuarantineUnits:
    """Opens units of work; an instance is the port `OpenQuarantines`."""

    def __init__(self, enrolment_units: SqlUnitsOfWork, vault: IdentifierVault) -> None:
        self._enrolment_units = enrolment_units
        self._vault = vault

    @contextmanager
    def __call__(self) -> Iterator[QuarantineUnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self._enrolment_units() as work:
            if not isinstance(work, SqlUnitOfWork):
                raise TypeError("quarantines share the transaction of the enrolments' own store")
            yield SqlQuarantineUnitOfWork(
                work.enrolments,
                SqlQuarantineRepository(work.connection, self._vault),
                work.events,
                work.connection,
            )
