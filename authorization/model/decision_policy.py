"""How long decisions are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

MAX_DAYS = 3660  # our judgement: ten years are a slip of the keyboard

_KEYS = frozenset({"decisions_kept_days", "assessments_kept_days"})


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """How long decisions and the assessments of risk beside them are kept.

    A decision outlives `decisions` as long as an assessment or an open session refers to it.
    """

    decisions: timedelta
    assessments: timedelta


def parse_decision_policy(raw: Mapping[str, Any]) -> DecisionPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    if set(raw) != _KEYS:
        raise ValueError(f"missing or unknown: {', '.join(sorted(set(raw) ^ _KEYS))}")
    return DecisionPolicy(
        _days(raw, "decisions_kept_days"),
        _days(raw, "assessments_kept_days"),
    )


def _days(raw: Mapping[str, Any], name: str) -> timedelta:
    value = raw[name]
    # a bool is an int to Python, and no number here
    if type(value) is not int or not 1 <= value <= MAX_DAYS:
        raise ValueError(f"{name} is a whole number from 1 to {MAX_DAYS}")
    return timedelta(days=value)
