"""How long, and how many, calls wait for a station."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from authorization.model.station_call import CallPurpose

MAX_DAYS = 3660  # our judgement: ten years are a slip of the keyboard
MAX_CALLS = 1000


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Bounds of one station's calls.

    `waiting` is how long a call of each purpose waits for its answer, `maximum_waiting` how many
    do at once, `maximum_signings` how many certificates a station has signed within a day, and
    `kept` how long a call is shown after it ceased to wait.
    """

    waiting: Mapping[CallPurpose, timedelta]
    maximum_waiting: int
    maximum_signings: int
    kept: timedelta


def parse_call_policy(raw: Mapping[str, Any]) -> CallPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    wanted = {"waiting_days", "maximum_waiting", "maximum_signings_a_day", "kept_days"}
    _require_keys("the policy", raw, wanted)
    days = raw["waiting_days"]
    _require_keys("waiting_days", days, {purpose.value for purpose in CallPurpose})
    return CallPolicy(
        MappingProxyType(
            {
                purpose: timedelta(days=_number(f"waiting_days.{purpose}", days[purpose], MAX_DAYS))
                for purpose in CallPurpose
            }
        ),
        _number("maximum_waiting", raw["maximum_waiting"], MAX_CALLS),
        _number("maximum_signings_a_day", raw["maximum_signings_a_day"], MAX_CALLS),
        timedelta(days=_number("kept_days", raw["kept_days"], MAX_DAYS)),
    )


def _number(name: str, value: object, most: int) -> int:
    # a bool is an int to Python, and no number here
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{name} is a whole number from 1 to {most}")
    return value


def _require_keys(name: str, raw: object, keys: set[str]) -> None:
    if not isinstance(raw, Mapping):
        raise ValueError(f"{name} is no table")  # noqa: TRY004 - every nonsense is one error
    if set(raw) != keys:
        raise ValueError(f"{name}: missing or unknown: {', '.join(sorted(set(raw) ^ keys))}")
