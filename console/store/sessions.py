"""Sessions in the database: the browser holds a random token, the row its hash."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, insert, or_, select, update

from console.model.session import IDLE, UNSIGNED, ConsoleSession
from console.store.tables import sessions
from foundation.database import Database
from foundation.sealing import Sealer


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session and what pages keep in it."""

    session: ConsoleSession
    content: Mapping[str, Any]


class SqlSessions:
    """Sessions by the token that a browser holds."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def find(self, token: str, now: datetime) -> StoredSession | None:
        """Return the session, unless it has ended."""
        statement = select(sessions).where(sessions.c.token_hash == _hash(token))
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        if row is None or session_of(row).has_ended(now):
            return None
        content = orjson.loads(self._sealer.open(row.content, _context(row.session_id)))
        return StoredSession(session_of(row), content)

    def put(self, token: str, stored: StoredSession) -> None:
        """Keep a new session."""
        session = stored.session
        values = {
            "token_hash": _hash(token),
            "session_id": session.session_id,
            "account_id": session.account_id,
            "created_at": session.created_at,
            "ends_at": session.ends_at,
            "browser": session.browser,
            "address": session.address,
            **self._changing(stored),
        }
        with self._database.write() as connection:
            connection.execute(insert(sessions).values(**values))
            connection.commit()

    def change(self, token: str, stored: StoredSession) -> bool:
        """Replace content and time of use; False where the session was ended meanwhile."""
        mine = sessions.c.token_hash == _hash(token)
        with self._database.write() as connection:
            statement = update(sessions).where(mine).values(**self._changing(stored))
            changed = connection.execute(statement).rowcount
            connection.commit()
        return changed == 1

    def remove(self, token: str) -> None:
        """End the session."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))
            connection.commit()

    def remove_ended(self, now: datetime, limit: int) -> int:
        """Delete up to `limit` sessions that count no more; return how many."""
        unsigned = sessions.c.account_id.is_(None) & (sessions.c.used_at <= now - UNSIGNED)
        ended = or_(sessions.c.ends_at <= now, sessions.c.used_at <= now - IDLE, unsigned)
        some = select(sessions.c.token_hash).where(ended).limit(limit)
        with self._database.write() as connection:
            gone = delete(sessions).where(sessions.c.token_hash.in_(some))
            removed = connection.execute(gone).rowcount
            connection.commit()
        return removed

    def _changing(self, stored: StoredSession) -> dict[str, Any]:
        session = stored.session
        sealed = self._sealer.seal(orjson.dumps(dict(stored.content)), _context(session.session_id))
        return {"content": sealed, "used_at": session.used_at}


def session_of(row: Any) -> ConsoleSession:
    """Return a row of `sessions` as what its owner sees."""
    return ConsoleSession(
        session_id=row.session_id,
        account_id=row.account_id,
        created_at=row.created_at,
        used_at=row.used_at,
        ends_at=row.ends_at,
        browser=row.browser,
        address=row.address,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _context(session_id: str) -> str:
    return f"console.session:{session_id}"
