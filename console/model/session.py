"""A signed-in browser."""

from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
"""A session ends an hour after its last use, and with the working day. Own judgement, within NIST
SP 800-63B-4 section 2.2.3 (AAL2: an hour idle, a day at most)."""

UNSIGNED = timedelta(minutes=30)
"""How long a browser that has not signed in may look at the form."""

USE_NOTED_EVERY = timedelta(minutes=1)
"""Pages follow each other faster than a row should be written."""


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """What an account's owner sees of one session; `session_id` is not what the browser holds."""

    session_id: str
    account_id: str | None
    created_at: datetime
    used_at: datetime
    ends_at: datetime
    browser: str
    address: str

    def has_ended(self, now: datetime) -> bool:
        """Whether it counts no more."""
        idle = IDLE if self.account_id is not None else UNSIGNED
        return now >= self.ends_at or now - self.used_at >= idle
