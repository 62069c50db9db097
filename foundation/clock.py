"""The clock is passed in, so that every decision can be made at an explicit time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function that returns the present as an aware UTC datetime."""


def utc_now() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime:
    """Parse an ISO 8601 instant (`2026-12-01T00:00:00Z`) into an aware UTC datetime.

    Raises ValueError where the text is no instant or carries no zone: a local time would make a
    certificate valid in one place and expired in another.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it as 2026-12-01T00:00:00Z")
    return moment.astimezone(UTC)
