"""Accounts as Flask-Security sees them: users, passkeys and the datastore over both."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask_security.core import RoleMixin, UserMixin, WebAuthnMixin
from flask_security.datastore import UserDatastore

from console.model.account import Account, Passkey
from console.model.roles import Permission, permissions_of
from console.store.accounts import SqlAccounts
from console.store.passkeys import SqlPasskeys
from foundation.clock import Clock


class ConsolePasskey(WebAuthnMixin):
    """A passkey under the attribute names that Flask-Security reads and writes."""

    def __init__(self, passkey: Passkey) -> None:
        self.user_id = passkey.account_id
        self.name = passkey.name
        self.usage = passkey.usage
        self.credential_id = passkey.credential_id
        self.public_key = passkey.public_key
        self.sign_count = passkey.sign_count
        self.transports = list(passkey.transports)
        self.backup_state = passkey.backup_state
        self.device_type = passkey.device_type
        self.extensions = passkey.extensions
        self.created_at = passkey.created_at
        self.lastuse_datetime = passkey.used_at

    def get_user_mapping(self) -> dict[str, Any]:
        """Return by what its account is found."""
        return {"account_id": self.user_id}


class ConsoleUser(UserMixin):
    """An account under the attribute names that Flask-Security reads and writes."""

    # the package looks for these at the class
    fs_uniquifier = ""
    fs_webauthn_user_handle: str | None = None  # type: ignore[assignment] # none is None here
    tf_primary_method: str | None = None
    tf_totp_secret: str | None = None
    mf_recovery_codes: list[str] | None = None

    def __init__(self, account: Account, people: "ConsolePeople") -> None:
        self.account = account
        self._people = people
        self.email = account.email
        self.password = account.password_hash
        self.active = account.active
        self.fs_uniquifier = account.uniquifier
        self.fs_webauthn_user_handle = account.passkey_handle
        self.tf_primary_method = account.second_factor
        self.tf_totp_secret = account.totp
        self.mf_recovery_codes = list(account.recovery_codes)
        self.roles: list[RoleMixin] = []  # pages ask for permissions, see `may`

    @property
    def webauthn(self) -> list[ConsolePasskey]:  # type: ignore[override] # made on reading
        """The account's passkeys."""
        return [ConsolePasskey(one) for one in self._people.passkeys.of(self.account.account_id)]

    def may(self, permission: Permission) -> bool:
        """Whether one of the account's roles allows it."""
        return permission in permissions_of(self.account.roles)

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Whether too many wrong passwords or codes were tried a moment ago."""
        locked = self.account.is_locked(self._people.clock())
        if locked and form_error is not None:
            form_error.append("Too many wrong attempts; try again in a quarter of an hour.")
        return locked

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Count a wrong password, code or passkey."""
        self._people.accounts.note_failure(self.account.account_id, self._people.clock())
        super().track_failed_authn(auth_type, tfa)

    def changed(self) -> Account:
        """Return the account with what Flask-Security wrote to this object."""
        return replace(
            self.account,
            password_hash=self.password or "",  # nobody is without one
            uniquifier=self.fs_uniquifier,
            second_factor=self.tf_primary_method,
            totp=self.tf_totp_secret,
            recovery_codes=tuple(self.mf_recovery_codes or ()),
        )


class ConsolePeople(UserDatastore):
    """`UserDatastore` over the console's accounts; every write is its own transaction."""

    def __init__(self, accounts: SqlAccounts, passkeys: SqlPasskeys, clock: Clock) -> None:
        super().__init__(ConsoleUser, RoleMixin, ConsolePasskey)
        self.accounts = accounts
        self.passkeys = passkeys
        self.clock = clock

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> ConsoleUser | None:
        """Return the user whose e-mail address, uniquifier, passkey handle or id it is."""
        del case_insensitive  # addresses are kept in lower case
        (name, value), *_ = kwargs.items()
        ours: dict[str, tuple[str, Callable[[str], str]]] = {
            "email": ("email", str.lower),
            "fs_uniquifier": ("uniquifier", str),
            "fs_webauthn_user_handle": ("passkey_handle", str),
            "account_id": ("account_id", str),
        }
        if name not in ours or not isinstance(value, str):
            return None
        column, spelled = ours[name]
        account = self.accounts.find(**{column: spelled(value)})
        return None if account is None else ConsoleUser(account, self)

    def find_role(self, role: str) -> None:
        """Return nothing: roles are the console's own, and pages ask for permissions."""

    def put(self, model: ConsoleUser | ConsolePasskey) -> ConsoleUser | ConsolePasskey:
        """Store what the package changed."""
        if isinstance(model, ConsoleUser):
            model.account = model.changed()
            self.accounts.save(model.account)
        else:
            self.passkeys.note_use(_passkey(model))
        return model

    def delete(self, model: ConsoleUser | ConsolePasskey) -> None:
        """Delete a passkey; accounts are removed by `ChangeAccount` alone."""
        if isinstance(model, ConsoleUser):
            raise TypeError("accounts are removed by ChangeAccount")
        self.passkeys.remove(model.credential_id)

    def commit(self) -> None:
        """Do nothing: `put` committed."""

    def create_webauthn(self, user: UserMixin, **kwargs: Any) -> None:  # type: ignore[override] # always called by names
        """Store a new passkey of the user's."""
        if not isinstance(user, ConsoleUser):
            raise TypeError("passkeys belong to accounts of the console")
        now = self.clock()
        kwargs["transports"] = tuple(kwargs.get("transports") or ())
        kwargs.setdefault("extensions", None)
        self.passkeys.add(
            Passkey(account_id=user.account.account_id, created_at=now, used_at=now, **kwargs)
        )

    def find_webauthn(self, credential_id: bytes) -> ConsolePasskey | None:
        """Return the passkey with this credential id."""
        found = self.passkeys.find(credential_id)
        return None if found is None else ConsolePasskey(found)


def _passkey(model: ConsolePasskey) -> Passkey:
    used_at = model.lastuse_datetime
    return Passkey(
        credential_id=model.credential_id,
        account_id=model.user_id,
        name=model.name,
        usage=model.usage,
        public_key=model.public_key,
        sign_count=model.sign_count,
        transports=tuple(model.transports or ()),
        backup_state=model.backup_state,
        device_type=model.device_type,
        extensions=model.extensions,
        created_at=model.created_at,
        used_at=_aware(used_at),
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
