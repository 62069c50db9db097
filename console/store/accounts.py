"""Accounts in the database; secrets of second factors are sealed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, case, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from console.model.account import GUESSES, LOCKED_FOR, Account
from console.model.roles import ConsoleRole
from console.model.session import ConsoleSession
from console.store.sessions import session_of
from console.store.tables import accounts, passkeys, sessions
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import Outbox
from foundation.sealing import Sealer


class SqlAccountRepository:
    """`AccountRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, account: Account) -> None:
        """Keep a new account; CONFLICT (`account_exists`) where the e-mail address has one."""
        values = _values(account, self._sealer)
        try:
            self._connection.execute(
                insert(accounts).values(
                    account_id=account.account_id,
                    email=account.email,
                    created_at=account.created_at,
                    **values,
                )
            )
        except IntegrityError as failure:
            raise ServiceError(
                Kind.CONFLICT,
                "account_exists",
                "somebody has this e-mail address; reset that account's password instead",
            ) from failure

    def lock_all(self) -> None:
        """Keep every account from others' changes until the end; a console has few."""
        ids = select(accounts.c.account_id).order_by(accounts.c.account_id)
        self._connection.execute(ids.with_for_update()).all()

    def find(self, email: str) -> Account | None:
        """Return the account of an e-mail address."""
        statement = select(accounts).where(accounts.c.email == email)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else _account(row, self._sealer)

    def administrators(self) -> frozenset[str]:
        """Return the ids of active administrators."""
        return frozenset(
            row.account_id
            for row in self._connection.execute(select(accounts))
            if row.active and ConsoleRole.ADMINISTRATOR in row.roles
        )

    def save(self, account: Account) -> None:
        """Replace everything about the account but its id and e-mail address."""
        mine = accounts.c.account_id == account.account_id
        values = _values(account, self._sealer)
        self._connection.execute(update(accounts).where(mine).values(**values))

    def remove(self, account_id: str) -> None:
        """Delete the account with its passkeys and sessions."""
        for table in (sessions, passkeys, accounts):
            self._connection.execute(delete(table).where(table.c.account_id == account_id))

    def end_sessions(self, account_id: str) -> int:
        """Delete the account's sessions; return how many there were."""
        its = sessions.c.account_id == account_id
        return self._connection.execute(delete(sessions).where(its)).rowcount

    def end_session(self, account_id: str, session_id: str) -> bool:
        """Delete one of the account's sessions; return whether there was one."""
        its = (sessions.c.account_id == account_id) & (sessions.c.session_id == session_id)
        return self._connection.execute(delete(sessions).where(its)).rowcount == 1


class SqlUnitOfWork:
    """`UnitOfWork` on one connection."""

    def __init__(self, connection: Connection, sealer: Sealer, outbox: Outbox) -> None:
        self._connection = connection
        self.accounts = SqlAccountRepository(connection, sealer)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make everything durable."""
        self._connection.commit()


def work_opener(
    database: Database, sealer: Sealer, outbox: Outbox
) -> Callable[[], AbstractContextManager[SqlUnitOfWork]]:
    """Return the `OpenWork` of `database`."""

    @contextmanager
    def open_work() -> Iterator[SqlUnitOfWork]:
        with database.write() as connection:
            yield SqlUnitOfWork(connection, sealer, outbox)

    return open_work


class SqlAccounts:
    """`AccountReader`, and what signing in needs: single statements, each its own transaction."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def all(self) -> Sequence[Account]:
        """Return every account by its e-mail address."""
        with self._database.read() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.email)).all()
        return [_account(row, self._sealer) for row in rows]

    def find(self, **named: str) -> Account | None:
        """Return the account by its `account_id`, `email`, `uniquifier` or `passkey_handle`."""
        (name, value), *others = named.items()
        if others or name not in {"account_id", "email", "uniquifier", "passkey_handle"}:
            raise ValueError(f"accounts are not found by {sorted(named)}")
        with self._database.read() as connection:
            row = connection.execute(select(accounts).where(accounts.c[name] == value)).first()
        return None if row is None else _account(row, self._sealer)

    def save(self, account: Account) -> None:
        """Replace what the account's owner may change: password and second factor."""
        with self._database.write() as connection:
            values = _values(account, self._sealer)
            own = {name: values[name] for name in _OWN}
            self._change(connection, account.account_id, own)

    def note_failure(self, account_id: str, now: datetime) -> None:
        """Count a wrong password or code; the last of a row of GUESSES locks the account."""
        last = accounts.c.failures >= GUESSES - 1
        counted: dict[str, ColumnElement[Any]] = {
            "failures": case((last, 0), else_=accounts.c.failures + 1),
            "locked_until": case((last, now + LOCKED_FOR), else_=accounts.c.locked_until),
        }
        with self._database.write() as connection:
            self._change(connection, account_id, counted)

    def note_success(self, account_id: str, now: datetime) -> None:
        """Forget wrong guesses, and note the moment."""
        with self._database.write() as connection:
            values = {"failures": 0, "locked_until": None, "signed_in_at": now}
            self._change(connection, account_id, values)

    def totp_counter(self, account_id: str) -> int | None:
        """Return the period of the last one-time code that was taken."""
        statement = select(accounts.c.totp_counter).where(accounts.c.account_id == account_id)
        with self._database.read() as connection:
            return connection.scalar(statement)

    def take_totp_counter(self, account_id: str, counter: int) -> bool:
        """Take a one-time code's period; False where it, or a later one, was taken before."""
        last = accounts.c.totp_counter
        unused = (accounts.c.account_id == account_id) & (last.is_(None) | (last < counter))
        with self._database.write() as connection:
            taken = connection.execute(update(accounts).where(unused).values(totp_counter=counter))
            connection.commit()
        return taken.rowcount == 1

    def sessions_of(self, account_id: str, now: datetime) -> Sequence[ConsoleSession]:
        """Return the account's sessions that have not ended, the last used first."""
        statement = (
            select(sessions)
            .where(sessions.c.account_id == account_id, sessions.c.ends_at > now)
            .order_by(sessions.c.used_at.desc())
        )
        with self._database.read() as connection:
            found = [session_of(row) for row in connection.execute(statement)]
        return [session for session in found if not session.has_ended(now)]

    def _change(self, connection: Connection, account_id: str, values: Mapping[str, Any]) -> None:
        mine = accounts.c.account_id == account_id
        connection.execute(update(accounts).where(mine).values(**values))
        connection.commit()


_OWN = ("password_hash", "uniquifier", "second_factor", "secrets_sealed")


def _context(account_id: str) -> str:
    return f"console.account:{account_id}"


def _values(account: Account, sealer: Sealer) -> dict[str, Any]:
    sealed = None
    if account.totp is not None or account.recovery_codes:
        secret = orjson.dumps([account.totp, list(account.recovery_codes)])
        sealed = sealer.seal(secret, _context(account.account_id))
    return {
        "password_hash": account.password_hash,
        "roles": sorted(account.roles),
        "active": account.active,
        "uniquifier": account.uniquifier,
        "passkey_handle": account.passkey_handle,
        "second_factor": account.second_factor,
        "secrets_sealed": sealed,
        "failures": account.failures,
        "locked_until": account.locked_until,
        "signed_in_at": account.signed_in_at,
    }


def _account(row: Any, sealer: Sealer) -> Account:
    totp, codes = None, ()
    if row.secrets_sealed is not None:
        totp, codes = orjson.loads(sealer.open(row.secrets_sealed, _context(row.account_id)))
    return Account(
        account_id=row.account_id,
        email=row.email,
        password_hash=row.password_hash,
        roles=frozenset(ConsoleRole(role) for role in row.roles),
        active=row.active,
        uniquifier=row.uniquifier,
        passkey_handle=row.passkey_handle,
        created_at=row.created_at,
        second_factor=row.second_factor,
        totp=totp,
        recovery_codes=tuple(codes),
        failures=row.failures,
        locked_until=row.locked_until,
        signed_in_at=row.signed_in_at,
    )
