"""Give a person an account in the console."""

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from console.model.account import Account, parse_email, parse_roles
from console.operations.ports import HashPassword, OpenWork
from foundation.clock import Clock
from foundation.events import Event
from foundation.principal import ClientRole, Principal

PASSWORD_BYTES = 15
"""120 random bits, 20 characters: first passwords are typed once from a sheet."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account and its first password, which is shown once and kept nowhere."""

    account: Account
    password: str


def new_password() -> str:
    """Return a random password of 20 characters."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


@dataclass(frozen=True, slots=True)
class AddAccount:
    """Adds an account with a random password."""

    open_work: OpenWork
    hash_password: HashPassword
    clock: Clock

    def __call__(self, principal: Principal, email: str, roles: Collection[str]) -> NewAccount:
        """Return the account and its password.

        Raises ServiceError FORBIDDEN unless ADMIN, MALFORMED (`invalid_email`, `invalid_role`),
        CONFLICT (`account_exists`).
        """
        principal.require_role(ClientRole.ADMIN)
        now, password = self.clock(), new_password()
        account = Account(
            account_id=str(uuid.uuid4()),
            email=parse_email(email),
            password_hash=self.hash_password(password),
            roles=parse_roles(roles),
            active=True,
            uniquifier=uuid.uuid4().hex,
            passkey_handle=uuid.uuid4().hex,
            created_at=now,
        )
        with self.open_work() as work:
            work.accounts.add(account)
            work.events.append(account_event("added", principal, account, now))
            work.commit()
        return NewAccount(account, password)


def account_event(
    what: str, principal: Principal, account: Account, at: datetime, **more: str
) -> Event:
    """Return the event of something that was done with an account."""
    subject = {"account_id": account.account_id, "roles": " ".join(sorted(account.roles)), **more}
    return Event(f"console_account.{what}", at, principal.client_id, (), subject)
