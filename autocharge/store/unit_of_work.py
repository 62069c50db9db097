"""Units of work: one transaction over everything that an operation changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from autocharge.operations.erasure_ports import ErasingUnitOfWork
from autocharge.store.challenges import SqlChallenges, SqlClaimCounter
from autocharge.store.choices import SqlChoices
from autocharge.store.enrolments import SqlEnrolmentRepository
from autocharge.store.erasures import Elsewhere, SqlErasures
from autocharge.store.history import SqlHistory
from autocharge.store.identifier_vault import IdentifierVault
from autocharge.store.proposals import SqlProposals
from foundation.database import Database
from foundation.outbox import Outbox, SqlEventLog


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """`UnitOfWork` on one transaction."""

    enrolments: SqlEnrolmentRepository
    history: SqlHistory
    challenges: SqlChallenges
    claims_met: SqlClaimCounter
    proposals: SqlProposals
    choices: SqlChoices
    erasures: SqlErasures
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


class SqlUnitsOfWork:
    """Opens units of work; an instance is the port `OpenUnitOfWork`."""

    def __init__(
        self,
        database: Database,
        vault: IdentifierVault,
        outbox: Outbox,
        elsewhere: Sequence[Elsewhere] = (),
    ) -> None:
        """`elsewhere` is what other contexts keep of vehicles, for erasure."""
        self._database = database
        self._vault = vault
        self._outbox = outbox
        self._elsewhere = elsewhere

    @contextmanager
    def __call__(self) -> Iterator[ErasingUnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self._database.write() as connection:
            writing = self._vault.writing(connection)
            yield SqlUnitOfWork(
                SqlEnrolmentRepository(connection, writing, self._vault),
                SqlHistory(connection),
                SqlChallenges(connection, writing, self._vault),
                SqlClaimCounter(connection),
                SqlProposals(connection, writing, self._vault),
                SqlChoices(connection),
                SqlErasures(connection, writing, self._elsewhere),
                self._outbox.log(connection),
                connection,
            )
