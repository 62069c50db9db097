"""An account of a person in the console."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.model.roles import ConsoleRole
from foundation.errors import Kind, ServiceError

MAX_EMAIL_CHARACTERS = 254
"""RFC 5321 section 4.5.3.1.3, less the angle brackets of a path."""

GUESSES = 5
LOCKED_FOR = timedelta(minutes=15)
"""After so many wrong passwords or codes in a row nobody signs in for so long. Own judgement:
20 guesses an hour find no password, and a locked-out owner waits for one coffee."""

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential (W3C WebAuthn level 2 section 4, public key credential source)."""

    credential_id: bytes
    account_id: str
    name: str
    usage: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    backup_state: bool
    device_type: str
    extensions: str | None
    created_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """One person: the e-mail address is the name to sign in with, nothing is ever sent there.

    `uniquifier` changes with the password: every session that bears an older one ends.
    `totp` is Flask-Security's text, encrypted; `recovery_codes` are encrypted as well.
    """

    account_id: str
    email: str
    password_hash: str = field(repr=False)
    roles: frozenset[ConsoleRole]
    active: bool
    uniquifier: str = field(repr=False)
    passkey_handle: str
    created_at: datetime
    second_factor: str | None = None
    totp: str | None = field(default=None, repr=False)
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)
    failures: int = 0
    locked_until: datetime | None = None
    signed_in_at: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        """Whether too many wrong passwords were tried a moment ago."""
        return self.locked_until is not None and now < self.locked_until


def parse_email(text: str) -> str:
    """Return the address in lower case; raises ServiceError MALFORMED (`invalid_email`)."""
    email = text.strip().lower()
    if len(email) > MAX_EMAIL_CHARACTERS or _EMAIL.fullmatch(email) is None:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_email",
            "write an e-mail address such as ada@example.org; nothing is sent to it",
            {"email": "not an e-mail address"},
        )
    return email


def parse_roles(texts: Collection[str]) -> frozenset[ConsoleRole]:
    """Return the roles; raises ServiceError MALFORMED (`invalid_role`) for none or another."""
    try:
        roles = frozenset(ConsoleRole(text) for text in texts)
    except ValueError:
        roles = frozenset()
    if not roles:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_role",
            f"name one or more of {', '.join(ConsoleRole)}",
            {"roles": "none that exists"},
        )
    return roles
