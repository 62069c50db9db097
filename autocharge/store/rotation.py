"""`VaultRotation` in the database."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.exc import DBAPIError, IntegrityError

from autocharge.model.enrolment import IdentifierKind
from autocharge.model.vault_key import KeyPurpose, KeyRecord
from autocharge.operations.rotation_ports import Position, RenewedBatch
from autocharge.store.digest_tables import DigestTable, digest_tables
from autocharge.store.identifier_vault import (
    IdentifierVault,
    WritingVault,
    new_key,
    sealing_key_id,
)
from autocharge.store.tables import keys
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.events import Event
from foundation.outbox import Outbox
from foundation.sealing import Sealer

_LOCK_MILLISECONDS = 200  # how long those who write may be kept waiting by a rotation
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE

_all_keys = select(keys).order_by(keys.c.purpose, keys.c.generation)
_announce = insert_or_skip(keys).on_conflict_do_nothing().returning(keys.c.key_id)


class SqlVaultRotation:
    """Keys and the records of every registered table."""

    def __init__(
        self,
        database: Database,
        vault: IdentifierVault,
        sealer: Sealer,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._vault = vault
        self._sealer = sealer
        self._outbox = outbox
        self._clock = clock

    def standing(self) -> Sequence[KeyRecord]:
        """Return every key there is."""
        with self._database.read() as connection:
            return [
                KeyRecord(
                    KeyPurpose(row.purpose), row.key_id, row.generation, row.used_from is not None
                )
                for row in connection.execute(_all_keys)
            ]

    def announce(self, key: KeyRecord, event: Event) -> bool:
        """Make the secret of a key that is not used yet; False where somebody was faster."""
        row = dict(new_key(key.purpose, key.key_id, key.generation, self._sealer, self._clock))
        row["used_from"] = None
        with self._database.write() as connection:
            # its generation is free once: of two who announce, one succeeds
            if connection.execute(_announce, row).first() is None:
                return False
            self._outbox.log(connection).append(event)
            connection.commit()
        return True

    def start_using(self, key: KeyRecord, event: Event) -> bool:
        """Have the key write, once whoever writes with the one before is done."""
        used = (
            update(keys)
            .where(_is(key), keys.c.used_from.is_(None))
            .values(used_from=event.occurred_at)
        )
        return self._alone(used, event)

    def destroy(self, gone: Sequence[KeyRecord], event: Event) -> bool:
        """Delete the keys for good; False where somebody holds them still for a moment."""
        return self._alone(delete(keys).where(or_(*map(_is, gone))), event)

    def _alone(self, change: Any, event: Event) -> bool:
        """Change the keys while nobody writes with them; tell of it where that changed anything."""
        try:
            with self._database.write() as connection:
                if self._database.dialect == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
                connection.execute(_all_keys.with_for_update()).all()
                if connection.execute(change).rowcount:
                    self._outbox.log(connection).append(event)
                connection.commit()
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                return False
            raise
        return True

    def renew(self, position: Position | None, limit: int) -> RenewedBatch:
        """Hash and seal up to `limit` records anew that follow `position` (None: the first).

        Looks at records in the order of their ids, `limit` at most, so that no statement takes
        longer the more records there are.
        """
        tables = digest_tables()
        names = list(tables)
        at = position or Position(names[0], None)
        table = tables[at.table]
        current = self._vault.writes_with()
        looked_at = self._look(table, at.after, limit)
        stale = [
            row.record_id
            for row in looked_at
            if (row.key_id, sealing_key_id(row.sealed)) != current
        ]
        renewed, left = self._renew(table, stale) if stale else (0, 0)
        following: Position | None = None
        if len(looked_at) == limit:
            following = Position(at.table, looked_at[-1].record_id)
        elif at.table != names[-1]:
            following = Position(names[names.index(at.table) + 1], None)
        return RenewedBatch(following, len(looked_at), renewed, left)

    def _look(self, of: DigestTable, after: str | None, limit: int) -> Sequence[Any]:
        statement = (
            select(of.record_id.label("record_id"), of.table.c.key_id, of.table.c.sealed)
            .order_by(of.record_id)
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(of.record_id > after)
        with self._database.read() as connection:
            return connection.execute(statement).all()

    def _renew(self, of: DigestTable, record_ids: Sequence[str]) -> tuple[int, int]:
        """Return how many records were renewed, and how many there are that cannot be."""
        locked = (
            select(of.record_id.label("record_id"), of.table.c.kind, of.table.c.sealed)
            .where(of.record_id.in_(record_ids))
            .order_by(of.record_id)
            .with_for_update()
        )
        with self._database.write() as connection:
            writing = self._vault.writing(connection)
            writing.keys  # noqa: B018 - held before any record is: the order of all who write
            rows = connection.execute(locked).all()
            renewed = [values for row in rows if (values := self._renewed(of, writing, row))]
            done = _stored(connection, of, renewed)
            connection.commit()
        return done, len(rows) - done

    def _renewed(self, of: DigestTable, writing: WritingVault, row: Any) -> dict[str, Any] | None:
        try:
            identifier = self._vault.open(
                row.record_id, IdentifierKind(row.kind), row.sealed, of.record
            )
        except (ServiceError, ValueError):
            return None  # what cannot be read cannot be renewed: the pass tells how many
        stamp = writing.stamp(identifier)
        return {
            "of": row.record_id,
            "new_digest": stamp.digest,
            "new_key_id": stamp.key_id,
            "new_sealed": writing.seal(row.record_id, identifier, of.record),
        }


def _stored(connection: Connection, of: DigestTable, renewed: Sequence[dict[str, Any]]) -> int:
    """Store what was renewed, all at once or else one by one; return how many that was."""
    if not renewed:
        return 0
    store = (
        update(of.table)
        .where(of.record_id == bindparam("of"))
        .values(
            digest=bindparam("new_digest"),
            key_id=bindparam("new_key_id"),
            sealed=bindparam("new_sealed"),
        )
    )
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(store, list(renewed))
        return len(renewed)
    done = 0
    for values in renewed:
        # another record of the identifier stands under the new pepper already
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(store, values)
            done += 1
    return done


def _is(key: KeyRecord) -> Any:
    return and_(keys.c.purpose == key.purpose.value, keys.c.key_id == key.key_id)
