"""The authorities' transactions and reads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from sqlalchemy import Connection

from foundation.database import Database
from foundation.outbox import Outbox
from pki.model.authority import Authority
from pki.model.issued import CertificateRecord, Reservation
from pki.store.authorities import SqlAuthorities, SqlOwnAnchors
from pki.store.issuance import SqlCertificates, SqlReservations


class SqlUnitOfWork:
    """`UnitOfWork` on one connection."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self.authorities = SqlAuthorities(connection)
        self.certificates = SqlCertificates(connection)
        self.reservations = SqlReservations(connection)
        self.own_anchors = SqlOwnAnchors(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make everything durable."""
        self._connection.commit()


def unit_of_work_opener(
    database: Database, outbox: Outbox
) -> Callable[[], AbstractContextManager[SqlUnitOfWork]]:
    """Return the `OpenUnitOfWork` of `database`."""

    @contextmanager
    def open_unit_of_work() -> Iterator[SqlUnitOfWork]:
        with database.write() as connection:
            yield SqlUnitOfWork(connection, outbox)

    return open_unit_of_work


class SqlAuthorityDirectory:
    """`AuthorityDirectory`: each call reads what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Authority | None:
        """Return the authority with that name (`mo-sub2-g1`)."""
        with self._database.read() as connection:
            return SqlAuthorities(connection).get(name)

    def active(self, slot: str) -> Authority | None:
        """Return the active generation of a slot (`mo-sub2`)."""
        with self._database.read() as connection:
            return SqlAuthorities(connection).active(slot)

    def all(self) -> Sequence[Authority]:
        """Return every generation of every authority, by slot and generation."""
        with self._database.read() as connection:
            return SqlAuthorities(connection).all()

    def record(self, fingerprint: str) -> CertificateRecord | None:
        """Return the record of a certificate that we issued, by its fingerprint."""
        with self._database.read() as connection:
            return SqlCertificates(connection).by_fingerprint(fingerprint)

    def unfinished(self, before: datetime) -> Sequence[Reservation]:
        """Return serials reserved before that instant, neither recorded nor revoked since."""
        with self._database.read() as connection:
            return SqlReservations(connection).unfinished(before)
