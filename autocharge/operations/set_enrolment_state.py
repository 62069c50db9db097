"""Suspend or resume an enrolment."""

from dataclasses import dataclass, replace

from autocharge.model.enrolment import Enrolment, EnrolmentStatus
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.operations.access import owned
from autocharge.operations.ports import OpenUnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.principal import Principal

_EVENTS = {
    EnrolmentStatus.SUSPENDED: EnrolmentEvent.SUSPEND,
    EnrolmentStatus.ACTIVE: EnrolmentEvent.RESUME,
}


@dataclass(frozen=True, slots=True)
class SetEnrolmentState:
    """Make an enrolment answer or not, effective with the next resolution."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        enrolment_id: str,
        status: EnrolmentStatus,
        reason: Reason = Reason.REQUESTED,
    ) -> Enrolment:
        """Set the status (active or suspended) and return the enrolment.

        Repeating is harmless. Raises NOT_FOUND.
        """
        cause = Cause(principal.client_id, self.clock(), reason)
        with self.open_unit_of_work() as work:
            enrolment = owned(principal, work.enrolments.lock(enrolment_id))
            if take_step(work, enrolment, _EVENTS[status], cause).happens:
                work.enrolments.set_status(enrolment_id, status)
                work.commit()
        return replace(enrolment, status=status)
