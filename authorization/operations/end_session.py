"""Record that charging ended."""

from dataclasses import dataclass, replace
from datetime import datetime

from authorization.model.cost import Cost
from authorization.model.session import EndedBy, Session
from authorization.operations.own_session import CLOCK_SKEW, check_order, own_session, tell
from authorization.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class EndSession:
    """Record that charging ended."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        session_id: str,
        ended_at: datetime | None = None,
        energy_wh: int | None = None,
        cost: Cost | None = None,
    ) -> Session:
        """Return the session, ended now or at `ended_at`; one that was ended keeps its first end.

        `energy_wh` and `cost` are what the operator measured and asks for, where it says so. Raises
        NOT_FOUND (`session_not_found`) also for another operator's, INVALID (`time_out_of_order`).
        """
        now = self.clock()
        with self.open_unit_of_work() as work:
            session = own_session(principal, work.sessions.lock(session_id))
            if session.over:
                return session
            end = ended_at or max(now, session.started_at)
            check_order(session.started_at, end, now + CLOCK_SKEW, "ended_at")
            ended = replace(
                session,
                ended_at=end,
                ended_by=EndedBy.TOLD,
                heard_at=now,
                energy_wh=session.energy_wh if energy_wh is None else energy_wh,
                cost=session.cost if cost is None else cost,
            )
            work.sessions.put(ended)
            tell(work, "session.ended", ended, None, principal, now)
            work.commit()
        return ended
