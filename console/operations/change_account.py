"""Change what an account may do, give it a new password, end its sessions, remove it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace

from console.model.account import Account, parse_email, parse_roles
from console.model.roles import ConsoleRole
from console.operations.add_account import NewAccount, account_event, new_password
from console.operations.ports import HashPassword, OpenWork, UnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Changes accounts of others; each method raises FORBIDDEN unless ADMIN.

    And NOT_FOUND (`account_not_found`); CONFLICT (`last_administrator`) where nobody would be left
    to administer the console.
    """

    open_work: OpenWork
    hash_password: HashPassword
    clock: Clock

    def set_roles(self, principal: Principal, email: str, roles: Collection[str]) -> Account:
        """Replace the roles; its sessions go on with the new ones."""
        wanted = parse_roles(roles)
        with self.open_work() as work:
            account = _found(principal, work, email)
            if ConsoleRole.ADMINISTRATOR not in wanted:
                _keep_one(work, account)
            return self._saved(work, principal, "roles_set", replace(account, roles=wanted))

    def set_active(self, principal: Principal, email: str, *, active: bool) -> Account:
        """Let the account sign in, or not: then its sessions end at once."""
        with self.open_work() as work:
            account = _found(principal, work, email)
            if not active:
                _keep_one(work, account)
                work.accounts.end_sessions(account.account_id)
            word = "enabled" if active else "disabled"
            return self._saved(work, principal, word, replace(account, active=active))

    def reset_password(self, principal: Principal, email: str) -> NewAccount:
        """Give a new random password; second factor, locks and sessions are gone.

        A lost telephone is why most people ask for it: passkeys stay, each can be removed.
        """
        password = new_password()
        hashed = self.hash_password(password)
        with self.open_work() as work:
            account = replace(
                _found(principal, work, email),
                password_hash=hashed,
                uniquifier=uuid.uuid4().hex,
                second_factor=None,
                totp=None,
                recovery_codes=(),
                failures=0,
                locked_until=None,
            )
            work.accounts.end_sessions(account.account_id)
            return NewAccount(self._saved(work, principal, "password_reset", account), password)

    def end_sessions(self, principal: Principal, email: str) -> int:
        """Sign the account out everywhere; return out of how many sessions."""
        with self.open_work() as work:
            account = _found(principal, work, email)
            ended = work.accounts.end_sessions(account.account_id)
            self._saved(work, principal, "signed_out", account)
        return ended

    def remove(self, principal: Principal, email: str) -> Account:
        """Delete the account, its passkeys and sessions; what it did keeps its id."""
        with self.open_work() as work:
            account = _found(principal, work, email)
            _keep_one(work, account)
            work.accounts.remove(account.account_id)
            work.events.append(account_event("removed", principal, account, self.clock()))
            work.commit()
        return account

    def _saved(
        self, work: UnitOfWork, principal: Principal, what: str, account: Account
    ) -> Account:
        work.accounts.save(account)
        work.events.append(account_event(what, principal, account, self.clock()))
        work.commit()
        return account


@dataclass(frozen=True, slots=True)
class EndSession:
    """Ends one of somebody's own sessions."""

    open_work: OpenWork

    def __call__(self, account_id: str, session_id: str) -> None:
        """End it; raises NOT_FOUND (`session_not_found`) for another's or none."""
        with self.open_work() as work:
            if not work.accounts.end_session(account_id, session_id):
                raise ServiceError(
                    Kind.NOT_FOUND, "session_not_found", "this session has ended already"
                )
            work.commit()


def _found(principal: Principal, work: UnitOfWork, email: str) -> Account:
    principal.require_role(ClientRole.ADMIN)
    work.accounts.lock_all()  # two that change each other must not wait for each other
    account = work.accounts.find(parse_email(email))
    if account is None:
        raise ServiceError(
            Kind.NOT_FOUND,
            "account_not_found",
            "no account has this e-mail address; `evtrust console list` shows them",
        )
    return account


def _keep_one(work: UnitOfWork, account: Account) -> None:
    if work.accounts.administrators() == {account.account_id}:
        raise ServiceError(
            Kind.CONFLICT,
            "last_administrator",
            "this is the last active administrator; make another first",
        )
