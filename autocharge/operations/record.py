"""Takes an enrolment's steps: the state machine says whether, the history and an event say that."""

from dataclasses import dataclass
from datetime import datetime

from autocharge.model.enrolment import Enrolment
from autocharge.model.enrolment_state import EnrolmentEvent, HistoryEntry, Reason, Step, step
from autocharge.operations.ports import UnitOfWork
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event

EVENT_TYPES = {
    EnrolmentEvent.ENROL: "autocharge.enrolled",
    EnrolmentEvent.SUSPEND: "autocharge.suspended",
    EnrolmentEvent.RESUME: "autocharge.resumed",
    EnrolmentEvent.REPLACE: "autocharge.replaced",
    EnrolmentEvent.REORDER: "autocharge.reordered",
    EnrolmentEvent.SWITCH_OFF: "autocharge.switched_off",
    EnrolmentEvent.SWITCH_ON: "autocharge.switched_on",
    EnrolmentEvent.REMOVE: "autocharge.removed",
    EnrolmentEvent.RELEASE: "autocharge.removed",
    EnrolmentEvent.END: "autocharge.removed",
    EnrolmentEvent.ERASE: "autocharge.erased",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changes an enrolment, when and why.

    `shown` is False where the enrolment's provider is not to learn who: another provider that
    shares the vehicle. `reference` is the challenge, proposal or import behind the change.
    """

    client_id: str
    at: datetime
    reason: Reason = Reason.REQUESTED
    reference: str | None = None
    shown: bool = True


def take_step(work: UnitOfWork, enrolment: Enrolment, event: EnrolmentEvent, cause: Cause) -> Step:
    """Return the step that `event` is for the enrolment, with its history and event written.

    `enrolment` is as it was before, a new one as it will be. What was so already is not written.
    The caller changes the row and commits. Raises CONFLICT `transition_not_allowed`.
    """
    taken = step(None if event is EnrolmentEvent.ENROL else enrolment.status, event)
    if isinstance(taken, Refused):
        raise ServiceError(Kind.CONFLICT, taken.code, taken.detail)
    if taken.happens:
        work.history.append(
            HistoryEntry(
                enrolment.enrolment_id,
                cause.at,
                cause.client_id if cause.shown else None,
                event,
                taken.before,
                taken.after,
                cause.reason,
                cause.reference,
            ),
            enrolment.provider_id,
        )
        work.events.append(
            Event(
                EVENT_TYPES[event],
                cause.at,
                cause.client_id,
                (enrolment.provider_id,),
                {"enrolment_id": enrolment.enrolment_id, "reason": cause.reason.value},
                {"emaid": enrolment.emaid.canonical},
            )
        )
    return taken
