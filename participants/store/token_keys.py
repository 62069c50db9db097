"""Token signing keys in the database, encrypted under the key-encryption key."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from foundation.database import Database
from foundation.sealing import Sealer
from participants.model.token_key import TokenKey
from participants.store.tables import token_keys

_all = select(token_keys).order_by(token_keys.c.created_at, token_keys.c.key_id)


class SqlTokenKeyRepository:
    """`TokenKeyRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, key: TokenKey) -> None:
        """Store a new key, its private part encrypted."""
        self._connection.execute(
            insert(token_keys).values(
                key_id=key.key_id,
                sealed=self._sealer.seal(key.private_key, _context(key.key_id)),
                created_at=key.created_at,
                retired_at=key.retired_at,
            )
        )

    def list(self) -> tuple[TokenKey, ...]:
        """Return every key, retired ones included."""
        return _keys(self._connection, self._sealer)

    def retire(self, key_id: str, at: datetime) -> None:
        """Record that the key signs no more."""
        self._connection.execute(
            update(token_keys).where(token_keys.c.key_id == key_id).values(retired_at=at)
        )

    def destroy(self, key_id: str) -> None:
        """Delete the key: its tokens are refused from now on."""
        self._connection.execute(delete(token_keys).where(token_keys.c.key_id == key_id))


def load_token_keys(database: Database, sealer: Sealer) -> tuple[TokenKey, ...]:
    """Return every committed key; what `TokenCodec` reloads from."""
    with database.read() as connection:
        return _keys(connection, sealer)


def _keys(connection: Connection, sealer: Sealer) -> tuple[TokenKey, ...]:
    return tuple(
        TokenKey(
            row.key_id,
            sealer.open(row.sealed, _context(row.key_id)),
            row.created_at,
            row.retired_at,
        )
        for row in connection.execute(_all)
    )


def _context(key_id: str) -> str:
    return f"participants_token_keys:{key_id}"
