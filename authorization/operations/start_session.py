"""Record that charging began on an accepted decision."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from authorization.model.session import Session
from authorization.operations.own_session import CLOCK_SKEW, check_order, tell
from authorization.operations.ports import DecisionLog, OpenUnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class StartSession:
    """Record that charging began on an accepted decision."""

    decisions: DecisionLog
    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, reference: str, started_at: datetime | None = None
    ) -> Session:
        """Return the decision's one session, started now or at `started_at`.

        Repeating it returns the session as it was first told. Raises NOT_FOUND
        (`decision_not_found`) also for another operator's, INVALID (`decision_not_accepted`,
        `time_out_of_order`).
        """
        record = self.decisions.find(reference)
        if record is None or not principal.acts_for_operator(record.operator_id):
            raise ServiceError(
                Kind.NOT_FOUND, "decision_not_found", "no decision of yours has this reference"
            )
        decision = record.decision
        if not decision.accepted or decision.contract_id is None:
            raise ServiceError(
                Kind.INVALID, "decision_not_accepted", "only an accepted decision lets one charge"
            )
        now = self.clock()
        began = started_at or now
        check_order(decision.decided_at - CLOCK_SKEW, began, now + CLOCK_SKEW, "started_at")
        session = Session(
            str(uuid.uuid4()),
            reference,
            record.operator_id,
            record.station_id,
            decision.contract_id,
            began,
            None,
        )
        with self.open_unit_of_work() as work:
            if not work.sessions.add(session):
                return work.sessions.by_reference(reference) or session
            tell(work, "session.started", session, decision.provider_id, principal, now)
            work.commit()
        return session
