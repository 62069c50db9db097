"""Close sessions of which nothing was heard for too long, and forget old transactions."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.session import EndedBy, SessionPolicy
from authorization.operations.own_session import close_unheard
from authorization.operations.ports import OpenUnitOfWork
from foundation.principal import LOCAL_ADMINISTRATOR

BATCH = 200


@dataclass(frozen=True, slots=True)
class CloseStaleSessions:
    """Background work; safe to repeat and to run in several processes.

    Whoever counts open sessions leaves stale ones out anyway: nobody waits for this.
    """

    open_unit_of_work: OpenUnitOfWork
    policy: SessionPolicy

    def __call__(self, now: datetime) -> int:
        """Close what is stale, at the time when it was last heard of; return how many."""
        closed = 0
        while True:
            with self.open_unit_of_work() as work:
                stale = work.sessions.stale(now - self.policy.stale, BATCH)
                for session in stale:
                    close_unheard(work, LOCAL_ADMINISTRATOR, session, EndedBy.STALE, now)
                if not stale:
                    work.transactions.forget(now - self.policy.kept)
                work.commit()
            closed += len(stale)
            if not stale:
                return closed
