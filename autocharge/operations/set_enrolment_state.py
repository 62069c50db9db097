"""Suspend or resume an enrolment."""

from dataclasses import dataclass, replace

from autocharge.model.enrolment import Enrolment, EnrolmentStatus
from autocharge.operations.access import enrolment_event, owned
from autocharge.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.principal import Principal

_EVENTS = {
    EnrolmentStatus.SUSPENDED: "autocharge.suspended",
    EnrolmentStatus.ACTIVE: "autocharge.resumed",
}


@dataclass(frozen=True, slots=True)
class SetEnrolmentState:
    """Make an enrolment answer or not, effective with the next resolution."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, enrolment_id: str, status: EnrolmentStatus
    ) -> Enrolment:
        """Set the status and return the enrolment; repeating is harmless. Raises NOT_FOUND."""
        now = self.clock()
        with self.open_unit_of_work() as work:
            enrolment = owned(principal, work.enrolments.lock(enrolment_id))
            if enrolment.status is not status:
                work.enrolments.set_status(enrolment_id, status)
                work.events.append(enrolment_event(_EVENTS[status], enrolment, principal, now))
                work.commit()
        return replace(enrolment, status=status)
