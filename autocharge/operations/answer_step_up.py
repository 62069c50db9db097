"""Take a driver's answer to a step-up from the contract's provider."""

from dataclasses import dataclass, replace
from datetime import datetime

from autocharge.model.step_up import StepUp, StepUpAnswer, StepUpState
from autocharge.operations.step_up_ports import OpenStepUpUnitOfWork, StepUpReader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class ShowStepUp:
    """Show a step-up to the contract's provider and to the operator whose station asks."""

    step_ups: StepUpReader
    clock: Clock

    def __call__(self, principal: Principal, reference: str) -> tuple[StepUp, StepUpState]:
        """Return the step-up and where it stands now.

        Raises NOT_FOUND (`step_up_unknown`) also for one that is nobody's of the caller.
        """
        found = self.step_ups.find(reference)
        if found is None or not (
            principal.reads_everything
            or principal.acts_for_provider(found.provider_id)
            or principal.acts_for_operator(found.operator_id)
        ):
            raise step_up_unknown()
        return found, found.state(self.clock())


@dataclass(frozen=True, slots=True)
class AnswerStepUp:
    """Record what the driver answered, once and in time, and tell the operator to ask again."""

    open_unit_of_work: OpenStepUpUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, reference: str, answer: StepUpAnswer
    ) -> tuple[StepUp, StepUpState]:
        """Return the step-up, answered; the same answer again changes nothing.

        Only the contract's provider answers: what the operator of the station says is no driver's
        word. Raises FORBIDDEN (`role_required`), NOT_FOUND (`step_up_unknown`) also for another
        provider's, CONFLICT (`step_up_answered`, `step_up_lapsed`).
        """
        principal.require_role(ClientRole.MO)
        now = self.clock()
        with self.open_unit_of_work() as work:
            found = work.step_ups.lock(reference)
            if found is None or not principal.acts_for_provider(found.provider_id):
                raise step_up_unknown()
            if found.answer is not None:
                if found.answer is answer:
                    return found, found.state(now)
                raise ServiceError(
                    Kind.CONFLICT,
                    "step_up_answered",
                    "the driver has answered already, and otherwise; the first answer stands",
                )
            if found.state(now) is StepUpState.LAPSED:
                raise ServiceError(
                    Kind.CONFLICT,
                    "step_up_lapsed",
                    "the time to answer has run out; have the driver plug in again",
                )
            answered = replace(
                found, answer=answer, answered_at=now, answered_by=principal.client_id
            )
            work.step_ups.answer(reference, answer, now, principal.client_id)
            for event in answered_events(found, answer, principal.client_id, now):
                work.events.append(event)
            work.commit()
        return answered, answered.state(now)


def step_up_unknown() -> ServiceError:
    """Return the NOT_FOUND for a step-up that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "step_up_unknown",
        "no step-up of yours has this reference; it is in the event autocharge.step_up_requested",
    )


def requested_event(step_up: StepUp, emaid: str, client_id: str) -> Event:
    """Return what the provider is told so that it asks the driver."""
    return Event(
        "autocharge.step_up_requested",
        step_up.asked_at,
        client_id,
        (step_up.provider_id,),
        {
            "reference": step_up.reference,
            "enrolment_id": step_up.enrolment_id,
            "station_id": step_up.station_id,
            "operator_id": step_up.operator_id,
            "lapses_at": step_up.lapses_at.isoformat().replace("+00:00", "Z"),
        },
        {"emaid": emaid},
    )


def answered_events(
    step_up: StepUp, answer: StepUpAnswer, client_id: str, now: datetime
) -> tuple[Event, ...]:
    """Return what provider and operator are told of an answer: the station may ask again.

    Each has an event of its own, for a provider and an operator may have the same id.
    """
    subject = {
        "reference": step_up.reference,
        "station_id": step_up.station_id,
        "operator_id": step_up.operator_id,
        "answer": answer.value,
    }
    parties = (("provider", step_up.provider_id), ("operator", step_up.operator_id))
    return tuple(
        Event("autocharge.step_up_answered", now, client_id, (owner,), {**subject, "party": party})
        for party, owner in parties
    )
