"""How a contract stands: its budget, what is used of it, and what runs on it now."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.budget import Budget, Used, exhausted
from authorization.model.limits import Attempt, Limit, Limits
from authorization.model.session import SessionPolicy, same_evse


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Where a session runs (`evse_key`: look-up key of its EVSE), and when it was last heard of."""

    station_id: str
    evse_key: str | None
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract's budget (None: its provider set none), its use and its open sessions.

    `used` is empty where nothing is capped: nobody has to know.
    """

    budget: Budget | None = None
    used: tuple[Used, ...] = ()
    open_sessions: tuple[OpenSession, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """`Judge`: ConcurrentTx and NoCredit (OCPP 2.0.1 C07.FR.14) of a contract that stands so.

    An authorisation takes none of the sessions at once, however many are made: only sessions do
    (`BeginSession`), and the station is told ConcurrentTx again when it tells of a transaction.
    """

    standing: Standing
    policy: SessionPolicy

    def __call__(self, attempt: Attempt) -> Limits:
        """Return what the use of the contract objects to."""
        budget = self.standing.budget
        against: list[Limit] = []
        at_once = self.policy.at_once if budget is None else budget.sessions_at_once
        if len(self.elsewhere(attempt)) >= at_once:
            against.append(Limit.CONCURRENT)
        if budget is not None and exhausted(budget, self.standing.used):
            against.append(Limit.NO_CREDIT)
        return Limits(tuple(against))

    def elsewhere(self, attempt: Attempt) -> list[OpenSession]:
        """Return the sessions that run on, should this attempt become one."""
        evses = attempt.place.evses
        here = (attempt.place.station_id, attempt.evse_key)
        return [
            one
            for one in self.standing.open_sessions
            if one.heard_at >= attempt.now - self.policy.stale
            and not same_evse((one.station_id, one.evse_key), here, len(evses))
        ]
