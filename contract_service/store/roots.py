"""Published roots in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from contract_service.model.root_pool import PooledRoot, RootType
from contract_service.operations.root_pool_ports import RootUnitOfWork
from contract_service.store.pool_tables import pool_roots
from foundation.database import Database
from foundation.outbox import Outbox, SqlEventLog
from pki.model.path_certificate import PathCertificate, read_certificate

_order = (pool_roots.c.published_at, pool_roots.c.fingerprint)
# both dialects compile this
_insert = insert_or_skip(pool_roots).on_conflict_do_nothing().returning(pool_roots.c.fingerprint)


class SqlPublishedRoots:
    """`PublishedRoots`: each call reads what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[PooledRoot]:
        """Return them in the order in which they were published."""
        return self._read(
            select(pool_roots.c.root_type, pool_roots.c.certificate).order_by(*_order)
        )

    def expired(self, now: datetime, limit: int) -> Sequence[PooledRoot]:
        """Return up to `limit` of them that have expired."""
        return self._read(
            select(pool_roots.c.root_type, pool_roots.c.certificate)
            .where(pool_roots.c.not_after < now)
            .order_by(*_order)
            .limit(limit)
        )

    def _read(self, statement: Select[Any]) -> Sequence[PooledRoot]:
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        read = ((RootType(row.root_type), read_certificate(row.certificate)) for row in rows)
        return [
            PooledRoot(certificate, root_type, own=False)
            for root_type, certificate in read
            if isinstance(certificate, PathCertificate)
        ]


class SqlRoots:
    """`RootRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def type_of(self, fingerprint: str) -> RootType | None:
        """Return as what the root is published; None where it is not."""
        found = self._connection.execute(
            select(pool_roots.c.root_type).where(pool_roots.c.fingerprint == fingerprint)
        ).scalar()
        return None if found is None else RootType(found)

    def add(self, root: PooledRoot, client_id: str, at: datetime) -> bool:
        """Publish a root; False where it is already, as whatever type."""
        values = {
            "fingerprint": root.fingerprint,
            "root_type": root.root_type.value,
            "certificate": root.certificate.der,
            "not_after": root.certificate.not_after,
            "published_at": at,
            "client_id": client_id,
        }
        return self._connection.execute(_insert, values).first() is not None

    def remove(self, fingerprint: str) -> bool:
        """Take a root out; False where it is not there."""
        return bool(
            self._connection.execute(
                delete(pool_roots).where(pool_roots.c.fingerprint == fingerprint)
            ).rowcount
        )


@dataclass(frozen=True, slots=True)
class SqlRootUnitOfWork:
    """`RootUnitOfWork` on one transaction."""

    roots: SqlRoots
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class SqlRootUnitsOfWork:
    """Opens units of work; an instance is the port `OpenRootUnitOfWork`."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[RootUnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self.database.write() as connection:
            yield SqlRootUnitOfWork(SqlRoots(connection), self.outbox.log(connection), connection)
