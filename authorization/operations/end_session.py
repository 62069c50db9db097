"""Record that charging ended."""

from dataclasses import dataclass, replace
from datetime import datetime

from authorization.model.session import Session
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
        self, principal: Principal, session_id: str, ended_at: datetime | None = None
    ) -> Session:
        """Return the session, ended now or at `ended_at`; an ended one keeps its first end.

        Raises NOT_FOUND (`session_not_found`) also for another operator's, INVALID
        (`time_out_of_order`).
        """
        now = self.clock()
        with self.open_unit_of_work() as work:
            session = own_session(principal, work.sessions.lock(session_id))
            if session.ended_at is not None:
                return session
            end = ended_at or max(now, session.started_at)
            check_order(session.started_at, end, now + CLOCK_SKEW, "ended_at")
            work.sessions.end(session_id, end)
            tell(work, "session.ended", session, None, principal, now)
            work.commit()
        return replace(session, ended_at=end)
