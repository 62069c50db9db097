"""Remove an enrolment."""

from dataclasses import dataclass

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.operations.access import own_vehicle
from autocharge.operations.claim import settle_after_removal
from autocharge.operations.ports import OpenUnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class RemoveEnrolment:
    """Delete an enrolment by its id, hash and ciphertext included; its history stays."""

    open_unit_of_work: OpenUnitOfWork
    policy: ClaimPolicy
    clock: Clock

    def __call__(
        self, principal: Principal, enrolment_id: str, reason: Reason = Reason.REQUESTED
    ) -> None:
        """Remove the enrolment; raises NOT_FOUND."""
        cause = Cause(principal.client_id, self.clock(), reason)
        with self.open_unit_of_work() as work:
            vehicle = own_vehicle(principal, work, enrolment_id)
            take_step(work, vehicle.enrolment, EnrolmentEvent.REMOVE, cause)
            work.enrolments.delete(enrolment_id)
            remaining = [one for one in vehicle.all if one.enrolment_id != enrolment_id]
            settle_after_removal(
                work, self.policy, vehicle.identifier, remaining, cause.client_id, cause.at
            )
            work.commit()
