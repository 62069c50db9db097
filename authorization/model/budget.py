"""What a provider lets one contract use: energy, sessions, money in a period; sessions at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from authorization.model.cost import MAX_MINOR, is_currency
from authorization.model.session import MAX_ENERGY_WH, MAX_SESSIONS_AT_ONCE
from foundation.errors import Kind, ServiceError

MAX_CAPS = 12
"""Our judgement: each kind for either period, and costs in four currencies."""


class CapKind(StrEnum):
    """What is capped."""

    ENERGY_WH = "energy_wh"
    SESSIONS = "sessions"
    COST = "cost"


class Period(StrEnum):
    """A day or a month of UTC: the same everywhere, and without days of 23 or 25 hours."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` of a kind in each period; `currency` is that of a cost, in minor units."""

    kind: CapKind
    period: Period
    most: int
    currency: str | None = None

    def __post_init__(self) -> None:
        largest = {CapKind.ENERGY_WH: MAX_ENERGY_WH, CapKind.SESSIONS: 10**6}
        fits = self.currency is None
        if self.kind is CapKind.COST:
            fits = self.currency is not None and is_currency(self.currency)
        if not fits or not 0 <= self.most <= largest.get(self.kind, MAX_MINOR):
            raise _invalid("limits", "a number from 0, with a currency for costs and only for them")


@dataclass(frozen=True, slots=True)
class Budget:
    """What one contract may use; without caps it may use anything, `sessions_at_once` at a time."""

    sessions_at_once: int
    caps: tuple[Cap, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.sessions_at_once <= MAX_SESSIONS_AT_ONCE:
            raise _invalid("sessions_at_once", f"from 1 to {MAX_SESSIONS_AT_ONCE}")
        capped = {(cap.kind, cap.period, cap.currency) for cap in self.caps}
        if len(self.caps) > MAX_CAPS or len(capped) < len(self.caps):
            raise _invalid("limits", f"each kind once a period, at most {MAX_CAPS}")


@dataclass(frozen=True, slots=True)
class Used:
    """What sessions of a contract used, those that began today or earlier this month.

    `currency` is what they cost in (`cost_minor`), None for those of which no cost was told.
    """

    today: bool
    currency: str | None
    sessions: int
    energy_wh: int
    cost_minor: int


def used_of(cap: Cap, used: Iterable[Used]) -> int:
    """Return how much of a cap is used in its running period."""
    within = [one for one in used if one.today or cap.period is Period.MONTH]
    if cap.kind is CapKind.SESSIONS:
        return sum(one.sessions for one in within)
    if cap.kind is CapKind.ENERGY_WH:
        return sum(one.energy_wh for one in within)
    return sum(one.cost_minor for one in within if one.currency == cap.currency)


def exhausted(budget: Budget, used: Sequence[Used]) -> bool:
    """Whether nothing is left of one of the caps."""
    return any(used_of(cap, used) >= cap.most for cap in budget.caps)


def tightest(budget: Budget, used: Sequence[Used]) -> tuple[int, int] | None:
    """Return what is used and the cap where most of it is used, None without caps."""
    shares = [(used_of(cap, used), cap.most) for cap in budget.caps]
    return max(shares, key=lambda share: share[0] / share[1] if share[1] else 1.0, default=None)


def day_of(moment: datetime) -> datetime:
    """Return when the UTC day of an aware moment in UTC began."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(moment: datetime) -> datetime:
    """Return when its UTC month began."""
    return day_of(moment).replace(day=1)


def _invalid(field: str, wanted: str) -> ServiceError:
    return ServiceError(
        Kind.INVALID, "invalid_budget", f"{field}: {wanted}", {field: "out of bounds"}
    )
