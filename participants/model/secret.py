"""Client secrets: what is kept of them, and how a presented one is checked."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

SALT_BYTES = 16
MAXIMUM_SECRETS = 4
"""Secrets that one client may hold at a time: the present one and those it rotates away from."""

MAXIMUM_SECRET_LENGTH = 256
"""Longest text that is looked at; our own secrets have 43 characters."""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """What is kept of a secret: never the secret.

    `digest` is 32 bytes, `salt` 16. A secret is 256 random bits that this service chose, so
    that nobody can try them all: a slow password hash would cost every caller and add nothing.
    """

    secret_id: str
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Whether the secret may still be used at `now`."""
        return self.expires_at is None or now < self.expires_at


def digest_secret(secret: str, salt: bytes) -> bytes:
    """Return the 32 bytes kept of `secret`: HMAC-SHA-256 (RFC 2104) under its own salt."""
    return hmac.new(salt, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODYS = StoredSecret("", bytes(SALT_BYTES), bytes(32), _LONG_AGO, expires_at=_LONG_AGO)


def matching_secret(
    presented: str,
    stored: Sequence[StoredSecret],
    now: datetime,
    digest: Callable[[str, bytes], bytes] = digest_secret,
) -> StoredSecret | None:
    """Return the stored secret that `presented` is and that stands at `now`, or None.

    Always makes `MAXIMUM_SECRETS` comparisons, each in constant time: how long it takes tells
    neither whether the client exists (`stored` is empty where not) nor how many secrets it has.
    """
    found: StoredSecret | None = None
    padding = (_NOBODYS,) * (MAXIMUM_SECRETS - len(stored))
    for candidate in (*stored[:MAXIMUM_SECRETS], *padding):
        same = hmac.compare_digest(digest(presented, candidate.salt), candidate.digest)
        if same and candidate.stands(now):
            found = candidate
    return found
