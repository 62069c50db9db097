"""Parses the policies of claims, first sessions and what is kept of both."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.proposal import FirstSessionChoice, FirstSessionPolicy

_CLAIMS = frozenset(
    {
        "answer_within_hours",
        "silence",
        "open_challenges",
        "owned_a_day",
        "again_after_days",
        "kept_days",
    }
)
_FIRST_SESSION = frozenset(
    {
        "window_seconds",
        "choice",
        "confirm_sessions",
        "confirm_days",
        "confirm_stations",
        "lapses_after_days",
        "open_per_contract",
        "again_after_days",
        "kept_days",
    }
)
MOST_SESSIONS = 20
"""Sessions that are kept for one proposal."""
_DAYS = 3660  # our judgement: ten years are a slip of the keyboard
_COUNT = 100_000


def parse_claim_policy(raw: Mapping[str, Any]) -> ClaimPolicy:
    """Parse the table `claims` as TOML gives it; ValueError that says what is nonsense in it.

    `silence` has one value, `lapse`: that a holder does not answer never gives a vehicle away.
    """
    require_keys("claims", raw, _CLAIMS)
    if raw["silence"] != "lapse":
        raise ValueError("claims: silence means lapse; a takeover by silence is not offered")
    policy = ClaimPolicy(
        timedelta(hours=number("answer_within_hours", raw, 24 * _DAYS)),
        number("open_challenges", raw, _COUNT),
        number("owned_a_day", raw, _COUNT),
        timedelta(days=number("again_after_days", raw, _DAYS)),
        timedelta(days=number("kept_days", raw, _DAYS)),
    )
    if policy.kept < policy.again_after:
        raise ValueError("claims: what is forgotten earlier than again_after cannot be waited for")
    return policy


def parse_first_session_policy(raw: Mapping[str, Any]) -> FirstSessionPolicy:
    """Parse the table `first_session` as TOML gives it; ValueError says what is nonsense in it.

    One session never confirms a proposal by itself: `confirm_sessions` is at least two.
    """
    require_keys("first_session", raw, _FIRST_SESSION)
    policy = FirstSessionPolicy(
        window=timedelta(seconds=number("window_seconds", raw, 3600)),
        choice=FirstSessionChoice(raw["choice"]),
        confirm_sessions=number("confirm_sessions", raw, MOST_SESSIONS, least=2),
        confirm_days=number("confirm_days", raw, MOST_SESSIONS),
        confirm_stations=number("confirm_stations", raw, MOST_SESSIONS),
        lapses_after=timedelta(days=number("lapses_after_days", raw, _DAYS)),
        open_per_contract=number("open_per_contract", raw, _COUNT),
        again_after=timedelta(days=number("again_after_days", raw, _DAYS)),
        kept=timedelta(days=number("kept_days", raw, _DAYS)),
    )
    if policy.choice is FirstSessionChoice.AUTO:
        raise ValueError("first_session: auto is each provider's own choice, never the default")
    if policy.confirm_sessions < max(policy.confirm_days, policy.confirm_stations):
        raise ValueError("first_session: so few sessions cannot be on so many days and stations")
    if policy.kept < policy.again_after:
        raise ValueError("first_session: what is forgotten earlier cannot be waited for")
    return policy


def number(name: str, raw: Mapping[str, Any], most: int, least: int = 1) -> int:
    """Return a whole number of the table; ValueError where it is none, or out of bounds."""
    value = raw[name]
    # a bool is an int to Python, and no number here
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}")
    return value


def require_keys(name: str, raw: object, keys: frozenset[str]) -> None:
    """Raise ValueError unless `raw` is a table with exactly these keys."""
    if not isinstance(raw, Mapping):
        raise ValueError(f"{name} is no table")  # noqa: TRY004 - every nonsense is one error
    if set(raw) != keys:
        raise ValueError(f"{name}: missing or unknown: {', '.join(sorted(set(raw) ^ keys))}")
