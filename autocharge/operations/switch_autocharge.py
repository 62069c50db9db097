"""A provider's switches: Autocharge on or off for one vehicle, or for all its contracts."""

from dataclasses import dataclass, replace

from autocharge.model.enrolment import Enrolment
from autocharge.model.enrolment_state import EnrolmentEvent
from autocharge.model.proposal import FirstSessionChoice
from autocharge.model.provider_choice import ProviderChoice
from autocharge.operations.access import own_vehicle, require_provider
from autocharge.operations.ports import ChoiceReader, OpenUnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.events import Event
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class SwitchVehicle:
    """Let none of a provider's enrolments of one vehicle answer, or all of them again."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, enrolment_id: str, *, off: bool
    ) -> tuple[Enrolment, ...]:
        """Switch the vehicle of an enrolment for that enrolment's provider alone.

        Returns the provider's enrolments of the vehicle; a contract that is added to it later
        begins with the same switch. Repeating is harmless. Raises NOT_FOUND.
        """
        event = EnrolmentEvent.SWITCH_OFF if off else EnrolmentEvent.SWITCH_ON
        cause = Cause(principal.client_id, self.clock())
        with self.open_unit_of_work() as work:
            own = own_vehicle(principal, work, enrolment_id).of_provider
            for one in own:
                if one.switched_off is not off:
                    take_step(work, one, event, cause)
                    work.enrolments.set_switch(one.enrolment_id, off=off)
            work.commit()
        return tuple(replace(one, switched_off=off) for one in own)


@dataclass(frozen=True, slots=True)
class ChooseForProvider:
    """Turn Autocharge off or on for all contracts of a provider id, and say how it is."""

    open_unit_of_work: OpenUnitOfWork
    choices: ChoiceReader
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        provider_id: str,
        *,
        autocharge: bool,
        first_session: FirstSessionChoice | None = None,
    ) -> ProviderChoice:
        """Store the choice, effective with the next resolution; raises FORBIDDEN.

        `first_session` None leaves what its drivers' first sessions lead to as it is.
        """
        require_provider(principal, provider_id)
        now = self.clock()
        with self.open_unit_of_work() as work:
            before = work.choices.find(provider_id)
            if first_session is None and before is not None:
                first_session = before.first_session
            choice = ProviderChoice(
                provider_id, autocharge, now, principal.client_id, first_session
            )
            work.choices.put(choice)
            work.events.append(
                Event(
                    "autocharge.provider_chose",
                    now,
                    principal.client_id,
                    (provider_id,),
                    {"autocharge": "on" if autocharge else "off"},
                )
            )
            work.commit()
        return choice

    def show(self, principal: Principal, provider_id: str) -> ProviderChoice | None:
        """Return the provider's choice, None where it never made one; raises FORBIDDEN."""
        if not principal.reads_everything:
            require_provider(principal, provider_id)
        return self.choices.find(provider_id)
