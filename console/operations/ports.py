"""What the console's operations need: accounts, their sessions, a transaction over both."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from console.model.account import Account
from console.model.session import ConsoleSession
from foundation.events import EventLog


class HashPassword(Protocol):
    """Makes what is kept of a password."""

    def __call__(self, password: str) -> str:
        """Return the argon2id hash (RFC 9106) in PHC form."""


class AccountRepository(Protocol):
    """Accounts, to change."""

    def add(self, account: Account) -> None:
        """Keep a new account; CONFLICT (`account_exists`) where the e-mail address has one."""

    def lock_all(self) -> None:
        """Keep every account from others' changes until the end; a console has few."""

    def find(self, email: str) -> Account | None:
        """Return the account of an e-mail address."""

    def administrators(self) -> frozenset[str]:
        """Return the ids of active administrators."""

    def save(self, account: Account) -> None:
        """Replace everything about the account but its id and e-mail address."""

    def remove(self, account_id: str) -> None:
        """Delete the account with its passkeys and sessions."""

    def end_sessions(self, account_id: str) -> int:
        """Delete the account's sessions; return how many there were."""

    def end_session(self, account_id: str, session_id: str) -> bool:
        """Delete one of the account's sessions; return whether there was one."""


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def accounts(self) -> AccountRepository:
        """Accounts, to change."""

    @property
    def events(self) -> EventLog:
        """Where what happened is written."""

    def commit(self) -> None:
        """Make everything durable."""


class OpenWork(Protocol):
    """Opens a transaction, which rolls back unless it is committed."""

    def __call__(self) -> AbstractContextManager[UnitOfWork]:
        """Return the context."""


class AccountReader(Protocol):
    """Accounts, to read."""

    def all(self) -> Sequence[Account]:
        """Return every account by its e-mail address."""

    def sessions_of(self, account_id: str, now: datetime) -> Sequence[ConsoleSession]:
        """Return the account's sessions that have not ended, the last used first."""
