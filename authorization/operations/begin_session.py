"""Begin a session within a unit of work: the one place where a contract's slots are taken."""

from dataclasses import dataclass, replace
from datetime import datetime

from authorization.model.budget import exhausted
from authorization.model.limits import Limit
from authorization.model.session import EndedBy, Session, SessionPolicy, free_slot, same_evse
from authorization.operations.own_session import close_unheard
from authorization.operations.ports import UnitOfWork
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class BeginSession:
    """Within one unit of work of a station's operator; nothing is committed here.

    `evses`: how many the station has, 0 where that is unknown.
    """

    work: UnitOfWork
    principal: Principal
    evses: int
    policy: SessionPolicy
    now: datetime

    def __call__(self, session: Session) -> Session | Limit:
        """Store and return the session, or the one that its decision has already.

        An accepted decision takes none of the sessions that a contract may have at once; a session
        does. Of two that begin at the same moment on the last one, the other gets CONCURRENT, and
        NO_CREDIT where the budget ran out since the decision. Sessions of the same EVSE give way,
        stale ones as well. One that is over already is recorded whatever the limits are: it is a
        fact. Raises ServiceError UNAVAILABLE (`sessions_contended`).
        """
        present = self._present(session)
        if present is not None:
            return present
        if session.contract_id is None or session.ended_at is not None:
            if self.work.sessions.add(session):
                return session
            return self._present(session) or session
        for _ in range(_ATTEMPTS):
            wanted = self._in_its_slot(session, session.contract_id)
            if isinstance(wanted, Session) and self.work.sessions.add(wanted):
                return wanted
            # another process may have told the same, and be what stands in the way
            present = self._present(session)
            if present is not None:
                return present
            if isinstance(wanted, Limit):
                return wanted
        raise ServiceError(
            Kind.UNAVAILABLE, "sessions_contended", "many sessions of one contract begin; try again"
        )

    def _present(self, session: Session) -> Session | None:
        return self.work.sessions.by_reference(session.reference)

    def _in_its_slot(self, session: Session, contract_id: str) -> Session | Limit:
        """Return the session with a slot that seems free, or what stands in its way."""
        budget = self.work.budgets.lock(contract_id)
        running = self._make_way(session, contract_id)
        at_once = self.policy.at_once if budget is None else budget.sessions_at_once
        slot = free_slot(running, at_once)
        if slot is None:
            return Limit.CONCURRENT
        if budget is not None and exhausted(budget, self.work.budgets.used(contract_id, self.now)):
            return Limit.NO_CREDIT
        return replace(session, slot=slot)

    def _make_way(self, session: Session, contract_id: str) -> list[Session]:
        """Close what cannot be open any more and return the contract's other open sessions."""
        running = []
        here = (session.station_id, session.evse_id)
        for one in self.work.sessions.open_of(contract_id):
            if same_evse((one.station_id, one.evse_id), here, self.evses):
                close_unheard(self.work, self.principal, one, EndedBy.REPLACED, self.now)
            elif one.heard_at < self.now - self.policy.stale:
                close_unheard(self.work, self.principal, one, EndedBy.STALE, self.now)
            else:
                running.append(one)
        return running
