"""Erase what is stored of a vehicle's identifier."""

from dataclasses import dataclass

from autocharge.model.enrolment import Identifier
from autocharge.operations.access import enrolment_event, enrolment_unknown
from autocharge.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class EraseEnrolment:
    """Delete every enrolment of an identifier that the caller may touch, hash and ciphertext."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, identifier: Identifier) -> int:
        """Return how many enrolments were erased.

        Raises NOT_FOUND where there is none, or none of the caller's: which vehicles others
        enrolled is not told.
        """
        now = self.clock()
        with self.open_unit_of_work() as work:
            own = [
                enrolment
                for enrolment in work.enrolments.find(identifier)
                if principal.acts_for_provider(enrolment.provider_id)
            ]
            if not own:
                raise enrolment_unknown()
            for enrolment in own:
                work.enrolments.delete(enrolment.enrolment_id)
                work.events.append(enrolment_event("autocharge.erased", enrolment, principal, now))
            work.commit()
        return len(own)
