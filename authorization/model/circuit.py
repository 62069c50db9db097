"""The circuit breaker of a roaming partner: who failed too often is left alone for a while."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

MAX_SECONDS = 3600
MAX_NUMBER = 1000


@dataclass(frozen=True, slots=True)
class RoamingPolicy:
    """How patiently partners are asked.

    A question takes `connect` to connect and `total` in all, its answer `answer_bytes` bytes; one
    process has `at_once` questions open to a partner. After `failures` failures, none longer
    than `within` after the one before, the partner is left alone for `rest`.
    """

    connect: timedelta
    total: timedelta
    answer_bytes: int
    at_once: int
    failures: int
    within: timedelta
    rest: timedelta


def parse_roaming_policy(raw: Mapping[str, Any]) -> RoamingPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    wanted = {
        "connect_seconds": 30,
        "total_seconds": 30,
        "answer_bytes": 1_000_000,
        "at_once": MAX_NUMBER,
        "failures": MAX_NUMBER,
        "within_seconds": MAX_SECONDS,
        "rest_seconds": MAX_SECONDS,
    }
    if set(raw) != set(wanted):
        raise ValueError(f"missing or unknown: {', '.join(sorted(set(raw) ^ set(wanted)))}")
    for name, most in wanted.items():
        value = raw[name]
        # a bool is a number to Python, and none here
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise ValueError(f"{name} is a number above 0 and up to {most}")
        if not name.endswith("_seconds") and not isinstance(value, int):
            raise ValueError(f"{name} is a whole number")
    return RoamingPolicy(
        timedelta(seconds=raw["connect_seconds"]),
        timedelta(seconds=raw["total_seconds"]),
        raw["answer_bytes"],
        raw["at_once"],
        raw["failures"],
        timedelta(seconds=raw["within_seconds"]),
        timedelta(seconds=raw["rest_seconds"]),
    )


@dataclass(frozen=True, slots=True)
class Circuit:
    """The breaker's state: closed, open until a time, or half open from then on.

    Half open means that one question, and one alone, may find out: whoever takes it moves
    `open_until` on (`on_trial`), so that the circuit is open for everybody else.
    """

    failures: int = 0
    failed_at: datetime | None = None
    open_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether nobody may ask."""
        return self.open_until is not None and now < self.open_until

    def is_half_open(self, now: datetime) -> bool:
        """Whether one may ask, for trial."""
        return self.open_until is not None and self.open_until <= now

    def on_trial(self, policy: RoamingPolicy, now: datetime) -> "Circuit":
        """Return the state while one question finds out; without its end, it is another's turn."""
        return replace(self, open_until=now + policy.rest)

    def failed(self, policy: RoamingPolicy, now: datetime) -> "Circuit":
        """Return the state after one more failure."""
        recent = self.failed_at is not None and now - self.failed_at <= policy.within
        failures = self.failures + 1 if recent or self.open_until is not None else 1
        opens = failures >= policy.failures or self.open_until is not None
        return Circuit(failures, now, now + policy.rest if opens else None)


CLOSED = Circuit()
