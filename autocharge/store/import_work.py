"""Units of work over imports and the enrolments that they add."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from autocharge.operations.import_ports import ImportUnitOfWork
from autocharge.store.challenges import SqlClaimCounter
from autocharge.store.enrolment_batches import SqlEnrolmentBatch
from autocharge.store.identifier_vault import IdentifierVault
from autocharge.store.import_files import ImportKeys
from autocharge.store.imports import SqlImportRepository
from foundation.database import Database
from foundation.outbox import Outbox, SqlEventLog


@dataclass(frozen=True, slots=True)
class SqlImportUnitOfWork:
    """`ImportUnitOfWork` on one transaction."""

    imports: SqlImportRepository
    enrolments: SqlEnrolmentBatch
    claims_met: SqlClaimCounter
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class SqlImportUnitsOfWork:
    """Opens units of work; an instance is the port `OpenImportUnitOfWork`."""

    database: Database
    vault: IdentifierVault
    keys: ImportKeys
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[ImportUnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self.database.write() as connection:
            yield SqlImportUnitOfWork(
                SqlImportRepository(connection, self.keys),
                SqlEnrolmentBatch(connection, self.vault.writing(connection)),
                SqlClaimCounter(connection),
                self.outbox.log(connection),
                connection,
            )
