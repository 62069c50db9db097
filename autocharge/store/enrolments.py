"""Enrolments in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, or_, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, Identifier, IdentifierKind
from autocharge.operations.enrol import identifier_taken
from autocharge.operations.ports import UnitOfWork
from autocharge.store.identifier_vault import IdentifierVault
from autocharge.store.tables import enrolments
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.outbox import Outbox, SqlEventLog

AnyRow = ResultRow[*tuple[Any, ...]]

_columns = (
    enrolments.c.enrolment_id,
    enrolments.c.kind,
    enrolments.c.emaid,
    enrolments.c.provider_id,
    enrolments.c.status,
    enrolments.c.created_at,
)
# a violated constraint would leave values in PostgreSQL's own log; both dialects compile this
_insert = insert_or_skip(enrolments).on_conflict_do_nothing().returning(enrolments.c.enrolment_id)
_locked = (
    select(*_columns)
    .where(enrolments.c.enrolment_id == bindparam("enrolment_id"))
    .with_for_update()  # SQLite's one writer needs no lock
)


def _enrolment(row: AnyRow) -> Enrolment:
    return Enrolment(
        enrolment_id=row.enrolment_id,
        kind=IdentifierKind(row.kind),
        emaid=Emaid.parse(row.emaid),
        provider_id=row.provider_id,
        status=EnrolmentStatus(row.status),
        created_at=row.created_at,
    )


class _ByIdentifier:
    """The one select of the hot path, built once for the peppers that there are."""

    def __init__(self, vault: IdentifierVault) -> None:
        self._vault = vault
        self._names = [f"digest_{i}" for i in range(vault.pepper_count)]
        self.statement = select(*_columns).where(
            or_(*(enrolments.c.digest == bindparam(name) for name in self._names))
        )

    def values(self, identifier: Identifier) -> dict[str, bytes]:
        return dict(zip(self._names, self._vault.digests(identifier), strict=True))

    def find(self, connection: Connection, identifier: Identifier) -> list[Enrolment]:
        rows = connection.execute(self.statement, self.values(identifier))
        return [_enrolment(row) for row in rows]


class SqlEnrolmentReader:
    """`EnrolmentReader` on AUTOCOMMIT connections: each call sees what is committed by then."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault
        self._by_identifier = _ByIdentifier(vault)

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier, under whichever pepper it was hashed."""
        found = self._by_identifier
        rows = self._database.fetch(found.statement, found.values(identifier))
        return [_enrolment(row) for row in rows]

    def by_id(self, enrolment_id: str) -> tuple[Enrolment, Identifier] | None:
        """Return an enrolment and its identifier, or None."""
        found = self._with_identifiers(
            select(*_columns, enrolments.c.sealed).where(enrolments.c.enrolment_id == enrolment_id)
        )
        return found[0] if found else None

    def page(
        self,
        provider_ids: frozenset[str] | None,
        emaid: Emaid | None,
        after: str | None,
        limit: int,
    ) -> tuple[tuple[Enrolment, Identifier], ...]:
        """Return up to `limit` enrolments of these providers (None: all) in order of their id."""
        statement = (
            select(*_columns, enrolments.c.sealed).order_by(enrolments.c.enrolment_id).limit(limit)
        )
        if provider_ids is not None:
            statement = statement.where(enrolments.c.provider_id.in_(sorted(provider_ids)))
        if emaid is not None:
            statement = statement.where(
                enrolments.c.emaid.in_((emaid.key, *emaid.alternative_keys))
            )
        if after is not None:
            statement = statement.where(enrolments.c.enrolment_id > after)
        return self._with_identifiers(statement)

    def _with_identifiers(
        self, statement: Select[*tuple[Any, ...]]
    ) -> tuple[tuple[Enrolment, Identifier], ...]:
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            (
                _enrolment(row),
                self._vault.open(row.enrolment_id, IdentifierKind(row.kind), row.sealed),
            )
            for row in rows
        )


class SqlEnrolmentRepository:
    """`EnrolmentRepository` on a connection whose transaction the operation commits."""

    def __init__(
        self, connection: Connection, vault: IdentifierVault, by_identifier: _ByIdentifier
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._by_identifier = by_identifier

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier."""
        return self._by_identifier.find(self._connection, identifier)

    def add(self, enrolment: Enrolment, identifier: Identifier) -> None:
        """Store a new enrolment; CONFLICT where the identifier has one already."""
        values = {
            "enrolment_id": enrolment.enrolment_id,
            "kind": enrolment.kind.value,
            "digest": self._vault.digests(identifier)[0],
            "key_id": self._vault.key_id,
            "sealed": self._vault.seal(enrolment.enrolment_id, identifier),
            "emaid": enrolment.emaid.key,
            "provider_id": enrolment.provider_id,
            "status": enrolment.status.value,
            "created_at": enrolment.created_at,
        }
        if self._connection.execute(_insert, values).first() is None:
            raise identifier_taken()

    def lock(self, enrolment_id: str) -> Enrolment | None:
        """Return the enrolment and keep others from changing it until the unit of work ends."""
        row = self._connection.execute(_locked, {"enrolment_id": enrolment_id}).first()
        return None if row is None else _enrolment(row)

    def set_status(self, enrolment_id: str, status: EnrolmentStatus) -> None:
        """Store the enrolment's new status."""
        self._connection.execute(
            update(enrolments)
            .where(enrolments.c.enrolment_id == enrolment_id)
            .values(status=status.value)
        )

    def delete(self, enrolment_id: str) -> None:
        """Delete the enrolment, hash and ciphertext included."""
        self._connection.execute(
            delete(enrolments).where(enrolments.c.enrolment_id == enrolment_id)
        )


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """`UnitOfWork` on one transaction."""

    enrolments: SqlEnrolmentRepository
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


class SqlUnitsOfWork:
    """Opens units of work; an instance is the port `OpenUnitOfWork`."""

    def __init__(self, database: Database, vault: IdentifierVault, outbox: Outbox) -> None:
        self._database = database
        self._vault = vault
        self._outbox = outbox
        self._by_identifier = _ByIdentifier(vault)

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self._database.write() as connection:
            yield SqlUnitOfWork(
                SqlEnrolmentRepository(connection, self._vault, self._by_identifier),
                self._outbox.log(connection),
                connection,
            )
