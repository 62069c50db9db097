"""Charging sessions: what came of an accepted decision, and how long one is believed to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from authorization.model.cost import Cost

MAX_ENERGY_WH = 10**12
"""Our judgement: a session that took more is a slip of somebody's meter."""

MAX_SESSIONS_AT_ONCE = 1000


class EndedBy(StrEnum):
    """Who says that a session is over; the last two are our conclusions, which an end corrects."""

    TOLD = "told"
    REPLACED = "replaced"  # another session began at its EVSE
    STALE = "stale"  # nothing was heard of it for too long


@dataclass(frozen=True, slots=True)
class Session:
    """One session of one accepted decision (`reference`); `ended_at` is None while it runs.

    `contract_id` is None for a contract that is not kept here. `slot` is which of the contract's
    sessions at once it is, from 1; None where they are not counted. `heard_at` is when a station
    or its operator last spoke of it.
    """

    session_id: str
    reference: str
    operator_id: str
    station_id: str
    contract_id: str | None
    started_at: datetime
    ended_at: datetime | None
    heard_at: datetime
    evse_id: str | None = None
    energy_wh: int | None = None
    cost: Cost | None = None
    ended_by: EndedBy | None = None
    slot: int | None = None

    @property
    def over(self) -> bool:
        """Whether somebody said that it ended; what was merely concluded may be corrected."""
        return self.ended_by is EndedBy.TOLD


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Bounds of sessions.

    `claim` is how long after an accepted decision a transaction may begin on it, `stale` how long
    a session of which nothing is heard counts as open, `believed` how far back a station's clock
    is believed, `at_once` how many sessions a contract may have where its provider says nothing,
    and `kept` how long a transaction is remembered beside its session.
    """

    claim: timedelta
    stale: timedelta
    believed: timedelta
    at_once: int
    kept: timedelta


def parse_session_policy(raw: Mapping[str, Any]) -> SessionPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    bounds = {
        "claim_minutes": 24 * 60,
        "stale_hours": 24 * 366,
        "believed_days": 366,
        "sessions_at_once": MAX_SESSIONS_AT_ONCE,
        "transactions_kept_days": 3660,
    }
    if set(raw) != set(bounds):
        raise ValueError(f"missing or unknown: {', '.join(sorted(set(raw) ^ set(bounds)))}")
    for name, most in bounds.items():
        # a bool is an int to Python, and no number here
        if type(raw[name]) is not int or not 1 <= raw[name] <= most:
            raise ValueError(f"{name} is a whole number from 1 to {most}")
    return SessionPolicy(
        timedelta(minutes=raw["claim_minutes"]),
        timedelta(hours=raw["stale_hours"]),
        timedelta(days=raw["believed_days"]),
        raw["sessions_at_once"],
        timedelta(days=raw["transactions_kept_days"]),
    )


def same_evse(one: tuple[str, str | None], other: tuple[str, str | None], evses: int) -> bool:
    """Whether two pairs of a station's id and an EVSEID name one EVSE, which has one session.

    `evses` is how many EVSEs the station has; with one, which of them it is needs no telling.
    """
    if one[0] != other[0]:
        return False
    return evses == 1 or (one[1] is not None and one[1] == other[1])


def free_slot(sessions: Sequence[Session], at_once: int) -> int | None:
    """Return the lowest slot that none of the open sessions has, None where as many are open."""
    if len(sessions) >= at_once:
        return None
    taken = {session.slot for session in sessions}
    return next(slot for slot in range(1, at_once + 1) if slot not in taken)
