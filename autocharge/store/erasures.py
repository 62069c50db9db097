"""Erasure over every registered table, and the hashes of its receipts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, false, func, insert, or_, select

from autocharge.model.enrolment import Identifier
from autocharge.model.erasure import ErasedRecords
from autocharge.store.digest_tables import ADMINISTRATOR, OWNER, DigestTable, digest_tables
from autocharge.store.identifier_vault import WritingVault
from autocharge.store.tables import enrolments, erasures
from foundation.database import Database


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Records of vehicles that another context keeps in `table`, as their last holder's.

    `erase` deletes those of an identifier on the connection and returns how many.
    """

    table: str
    erase: Callable[[Connection, Identifier], int]


class SqlErasures:
    """`ErasureRepository` on a connection whose transaction the operation commits."""

    def __init__(
        self, connection: Connection, vault: WritingVault, elsewhere: Sequence[Elsewhere] = ()
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._elsewhere = tuple(elsewhere)

    def erase(
        self,
        identifier: Identifier,
        provider_ids: frozenset[str] | None,
        enrolment_ids: Sequence[str],
        *,
        last_holder: bool,
    ) -> ErasedRecords:
        """Delete the identifier's records of these providers (None: all), enrolments excepted."""
        digests = self._vault.digests(identifier)
        deleted: dict[str, int] = {}
        kept: dict[str, int] = {}
        for name, of in digest_tables().items():
            if of.table is enrolments:
                continue
            its = of.table.c.digest.in_(digests)
            if provider_ids is None:
                deleted[name] = self._delete(of, its)
            elif of.erased_by is ADMINISTRATOR:
                kept[name] = self._count(of, its) if enrolment_ids else 0
            else:
                may = _own(of, provider_ids, enrolment_ids, last_holder=last_holder)
                deleted[name] = self._delete(of, its & may)
        for one in self._elsewhere if last_holder else ():
            deleted[one.table] = one.erase(self._connection, identifier)
        return ErasedRecords(deleted, kept)

    def _delete(self, of: DigestTable, which: ColumnElement[bool]) -> int:
        return self._connection.execute(delete(of.table).where(which)).rowcount

    def _count(self, of: DigestTable, which: ColumnElement[bool]) -> int:
        counted = select(func.count()).select_from(of.table).where(which)
        return self._connection.execute(counted).scalar_one()

    def record(
        self, erasure_id: str, erased_at: datetime, requested_by: str, receipt_hash: bytes
    ) -> None:
        """Keep the SHA-256 of the receipt."""
        self._connection.execute(
            insert(erasures).values(
                erasure_id=erasure_id,
                erased_at=erased_at,
                requested_by=requested_by,
                receipt_hash=receipt_hash,
            )
        )


def _own(
    of: DigestTable,
    provider_ids: frozenset[str],
    enrolment_ids: Sequence[str],
    *,
    last_holder: bool,
) -> ColumnElement[bool]:
    """Return which of an identifier's records a provider may have erased."""
    columns = of.table.c
    if of.erased_by is OWNER:
        return columns.provider_id.in_(sorted(provider_ids))
    if last_holder:
        return columns.digest.is_not(None)
    of_its_enrolments = (
        columns.enrolment_id.in_(enrolment_ids) if "enrolment_id" in columns else false()
    )
    return or_(false(), of_its_enrolments)


class SqlErasureReader:
    """`ErasureReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_recorded(self, erasure_id: str, receipt_hash: bytes) -> bool:
        """Whether this receipt was given for this erasure."""
        found = select(erasures.c.receipt_hash).where(erasures.c.erasure_id == erasure_id)
        with self._database.read() as connection:
            return connection.execute(found).scalar_one_or_none() == receipt_hash
