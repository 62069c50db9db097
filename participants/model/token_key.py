"""Keys that sign access tokens, and how long each of them counts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

CLOCK_DIFFERENCE = timedelta(seconds=60)
"""How much longer a retired key counts than its last token: clocks differ, and a process that has
not yet seen a rotation signs with the old key for a moment."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A P-256 key for ES256 (RFC 7518 section 3.4).

    `key_id` is 32 lower-case hex characters, `private_key` an unencrypted PKCS#8 DER that lives
    in memory only. The key signs until `retired_at` and verifies for one token lifetime more.
    """

    key_id: str
    private_key: bytes = field(repr=False)
    created_at: datetime
    retired_at: datetime | None = None

    def verifies(self, now: datetime, token_lifetime: timedelta) -> bool:
        """Whether tokens that it signed may still be good at `now`."""
        if self.retired_at is None:
            return True
        return now < self.retired_at + token_lifetime + CLOCK_DIFFERENCE


def signing_key(keys: tuple[TokenKey, ...]) -> TokenKey | None:
    """Return the key that signs now: of those not retired the newest, or None."""
    standing = [key for key in keys if key.retired_at is None]
    return max(standing, key=lambda key: (key.created_at, key.key_id), default=None)
