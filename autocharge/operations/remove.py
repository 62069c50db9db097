"""Remove an enrolment."""

from dataclasses import dataclass

from autocharge.operations.access import enrolment_event, owned
from autocharge.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class RemoveEnrolment:
    """Delete an enrolment by its id, hash and ciphertext included; the identifier is free again."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, enrolment_id: str) -> None:
        """Remove the enrolment; raises NOT_FOUND."""
        now = self.clock()
        with self.open_unit_of_work() as work:
            enrolment = owned(principal, work.enrolments.lock(enrolment_id))
            work.enrolments.delete(enrolment_id)
            work.events.append(enrolment_event("autocharge.removed", enrolment, principal, now))
            work.commit()
