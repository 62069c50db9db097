"""Say which of a vehicle's enrolments goes first."""

from dataclasses import dataclass, replace

from autocharge.model.enrolment import Enrolment
from autocharge.model.enrolment_state import EnrolmentEvent
from autocharge.model.precedence import moved
from autocharge.operations.access import own_vehicle
from autocharge.operations.ports import OpenUnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class SetPrecedence:
    """Move an enrolment among those of its vehicle; a provider yields, but overtakes nobody."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, enrolment_id: str, position: int) -> Enrolment:
        """Put the enrolment at `position` (1 goes first; behind the last is the last).

        Raises NOT_FOUND, FORBIDDEN `would_overtake`.
        """
        cause = Cause(principal.client_id, self.clock())
        with self.open_unit_of_work() as work:
            vehicle = own_vehicle(principal, work, enrolment_id)
            order = moved(vehicle.all, enrolment_id, position, principal.acts_for_provider)
            if isinstance(order, Refused):
                raise ServiceError(Kind.FORBIDDEN, order.code, order.detail)
            changed = [one for one in vehicle.all if order[one.enrolment_id] != one.precedence]
            for one in changed:
                shown = principal.acts_for_provider(one.provider_id)
                take_step(work, one, EnrolmentEvent.REORDER, replace(cause, shown=shown))
            if changed:
                work.enrolments.set_precedences(order)
                work.commit()
        return replace(vehicle.enrolment, precedence=order[enrolment_id])
