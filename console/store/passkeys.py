"""Passkeys in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from console.model.account import Passkey
from console.store.tables import passkeys
from foundation.database import Database


@dataclass(frozen=True, slots=True)
class SqlPasskeys:
    """WebAuthn credentials of accounts; public keys only."""

    database: Database

    def of(self, account_id: str) -> Sequence[Passkey]:
        """Return an account's passkeys, the oldest first."""
        statement = select(passkeys).where(passkeys.c.account_id == account_id)
        with self.database.read() as connection:
            rows = connection.execute(statement.order_by(passkeys.c.created_at)).all()
        return [_passkey(row) for row in rows]

    def find(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey with this credential id."""
        statement = select(passkeys).where(passkeys.c.credential_id == credential_id)
        with self.database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else _passkey(row)

    def add(self, passkey: Passkey) -> None:
        """Keep a new one."""
        fields = (column.name for column in passkeys.columns)
        values = {name: getattr(passkey, name) for name in fields}
        with self.database.write() as connection:
            values["transports"] = list(passkey.transports)
            connection.execute(insert(passkeys).values(**values))
            connection.commit()

    def note_use(self, passkey: Passkey) -> None:
        """Keep the counter and the moment of its last use."""
        mine = passkeys.c.credential_id == passkey.credential_id
        values = {
            "sign_count": passkey.sign_count,
            "backup_state": passkey.backup_state,
            "used_at": passkey.used_at,
        }
        with self.database.write() as connection:
            connection.execute(update(passkeys).where(mine).values(**values))
            connection.commit()

    def remove(self, credential_id: bytes) -> None:
        """Delete it."""
        with self.database.write() as connection:
            gone = delete(passkeys).where(passkeys.c.credential_id == credential_id)
            connection.execute(gone)
            connection.commit()


def _passkey(row: Any) -> Passkey:
    values = {column.name: getattr(row, column.name) for column in passkeys.columns}
    return Passkey(**values | {"transports": tuple(row.transports)})
