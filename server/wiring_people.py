"""People who use the console: their accounts and sessions."""

from functools import cached_property

from console.access.passwords import hashed
from console.operations.add_account import AddAccount
from console.operations.change_account import ChangeAccount, EndSession
from console.operations.ports import OpenWork
from console.operations.reveal import Reveal
from console.store.accounts import SqlAccounts, work_opener
from console.store.sessions import SqlSessions
from server.wiring_base import BaseServices


class PeopleServices(BaseServices):
    """Accounts of the console."""

    @cached_property
    def _open_console_work(self) -> OpenWork:
        return work_opener(self.database, self.sealer, self.outbox)

    @cached_property
    def console_accounts(self) -> SqlAccounts:
        """Accounts, to read and to sign in by."""
        return SqlAccounts(self.database, self.sealer)

    @cached_property
    def console_sessions(self) -> SqlSessions:
        """Sessions of browsers."""
        return SqlSessions(self.database, self.sealer)

    @cached_property
    def add_account(self) -> AddAccount:
        """Gives a person an account."""
        return AddAccount(self._open_console_work, hashed, self.clock)

    @cached_property
    def change_account(self) -> ChangeAccount:
        """Changes accounts."""
        return ChangeAccount(self._open_console_work, hashed, self.clock)

    @cached_property
    def end_console_session(self) -> EndSession:
        """Ends one of a person's own sessions."""
        return EndSession(self._open_console_work)

    @cached_property
    def reveal(self) -> Reveal:
        """Notes who looked at a masked identifier."""
        return Reveal(self._open_console_work, self.clock)
