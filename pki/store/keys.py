"""Sealed keys in the database."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select

from foundation.database import Database, Row
from pki.model.roles import KeyAlgorithm
from pki.store.tables import keys

_insert = insert(keys)
_by_id = select(keys.c.algorithm, keys.c.sealed, keys.c.offline).where(
    keys.c.key_id == bindparam("key_id")
)


class SqlSealedKeyRows:
    """`SealedKeyRows` in the table of keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, key_id: str, algorithm: KeyAlgorithm, sealed: bytes, at: datetime, *, offline: bool
    ) -> None:
        """Store one sealed key, durable on return."""
        values = {
            "key_id": key_id,
            "algorithm": algorithm,
            "offline": offline,
            "sealed": sealed,
            "created_at": at,
        }
        self._database.append(Row(_insert, values))

    def get(self, key_id: str) -> tuple[KeyAlgorithm, bytes, bool] | None:
        """Return algorithm, sealed blob and whether it is offline."""
        with self._database.read() as connection:
            row = connection.execute(_by_id, {"key_id": key_id}).one_or_none()
        return None if row is None else (KeyAlgorithm(row.algorithm), row.sealed, row.offline)
