"""Charging sessions: what came of an accepted decision."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One session of one accepted decision (`reference`); `ended_at` is None while it runs."""

    session_id: str
    reference: str
    operator_id: str
    station_id: str
    contract_id: str
    started_at: datetime
    ended_at: datetime | None
