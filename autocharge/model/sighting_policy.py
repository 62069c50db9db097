"""How many unknown identifiers are noted, and how long sightings are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

MAX_SECONDS = 3600
MAX_COUNT = 100_000
MAX_DAYS = 3660  # our judgement: ten years are a slip of the keyboard

_KEYS = frozenset(
    {
        "window_seconds",
        "unknown_per_station",
        "unknown_per_operator",
        "reported_per_station",
        "keep_unmatched_days",
        "keep_matched_days",
    }
)


@dataclass(frozen=True, slots=True)
class SightingPolicy:
    """Bounds of what is noted of identifiers.

    Within `window`, at most `unknown_per_station` and `unknown_per_operator` identifiers that
    nobody enrolled are noted; more are refused. `reported_per_station` bounds what a CPMS reports
    without asking, enrolled or not. `keep_unmatched` and `keep_matched` are the ages at which
    sightings are deleted.
    """

    window: timedelta
    unknown_per_station: int
    unknown_per_operator: int
    reported_per_station: int
    keep_unmatched: timedelta
    keep_matched: timedelta


def parse_sighting_policy(raw: Mapping[str, Any]) -> SightingPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    if set(raw) != _KEYS:
        wrong = ", ".join(sorted(set(raw) ^ _KEYS))
        raise ValueError(f"the sighting policy: missing or unknown: {wrong}")
    policy = SightingPolicy(
        timedelta(seconds=_number(raw, "window_seconds", MAX_SECONDS)),
        _number(raw, "unknown_per_station", MAX_COUNT),
        _number(raw, "unknown_per_operator", MAX_COUNT),
        _number(raw, "reported_per_station", MAX_COUNT),
        timedelta(days=_number(raw, "keep_unmatched_days", MAX_DAYS)),
        timedelta(days=_number(raw, "keep_matched_days", MAX_DAYS)),
    )
    if policy.keep_unmatched > policy.keep_matched:
        raise ValueError("keep_unmatched_days: strangers are not kept for longer than vehicles")
    return policy


def _number(raw: Mapping[str, Any], name: str, most: int) -> int:
    value = raw[name]
    # a bool is an int to Python, and no number here
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{name} is a whole number from 1 to {most}")
    return value
