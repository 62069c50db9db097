"""The unit of work over stations, tokens, sessions and events."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from authorization.store.budgets import SqlBudgetRepository
from authorization.store.sessions import SqlSessionRepository
from authorization.store.stations import SqlStationRepository
from authorization.store.tokens import SqlTokenRepository, TokenVault
from authorization.store.transactions import SqlTransactionRepository
from foundation.database import Database
from foundation.outbox import Outbox


class SqlUnitOfWork:
    """`authorization.operations.ports.UnitOfWork` on one connection."""

    def __init__(self, connection: Connection, vault: TokenVault, outbox: Outbox) -> None:
        self._connection = connection
        self.stations = SqlStationRepository(connection)
        self.tokens = SqlTokenRepository(connection, vault)
        self.sessions = SqlSessionRepository(connection)
        self.transactions = SqlTransactionRepository(connection)
        self.budgets = SqlBudgetRepository(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self._connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlUnitOfWork:
    """Opens a transaction that ends with its block."""

    database: Database
    vault: TokenVault
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[SqlUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlUnitOfWork(connection, self.vault, self.outbox)
