"""One transaction over clients, token keys, webhooks and events."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from foundation.database import Database
from foundation.outbox import Outbox
from foundation.sealing import Sealer
from participants.store.clients import SqlClientRepository
from participants.store.token_keys import SqlTokenKeyRepository
from participants.store.webhooks import SqlWebhookRepository


class SqlUnitOfWork:
    """`UnitOfWork` on one connection."""

    def __init__(self, connection: Connection, sealer: Sealer, outbox: Outbox) -> None:
        self._connection = connection
        self.clients = SqlClientRepository(connection)
        self.token_keys = SqlTokenKeyRepository(connection, sealer)
        self.webhooks = SqlWebhookRepository(connection, sealer)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make everything durable."""
        self._connection.commit()


def unit_of_work_opener(
    database: Database, sealer: Sealer, outbox: Outbox
) -> Callable[[], AbstractContextManager[SqlUnitOfWork]]:
    """Return the `OpenUnitOfWork` of `database`."""

    @contextmanager
    def open_unit_of_work() -> Iterator[SqlUnitOfWork]:
        with database.write() as connection:
            yield SqlUnitOfWork(connection, sealer, outbox)

    return open_unit_of_work
