"""An enrolment's life: the table, and every life that it allows."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from autocharge.model.enrolment import EnrolmentStatus
from autocharge.model.enrolment_state import TRANSITIONS, EnrolmentEvent, Step, step
from foundation.errors import Refused

ENDS = {
    EnrolmentEvent.REMOVE,
    EnrolmentEvent.RELEASE,
    EnrolmentEvent.END,
    EnrolmentEvent.ERASE,
}
STATES = (None, *EnrolmentStatus)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EnrolmentEvent)
def test_every_pair_is_a_step_or_a_refusal(
    state: EnrolmentStatus | None, event: EnrolmentEvent
) -> None:
    taken = step(state, event)
    if isinstance(taken, Refused):
        assert (state, event) not in TRANSITIONS
        assert taken.code == "transition_not_allowed"
    else:
        assert (taken.before, taken.event) == (state, event)
        assert taken.after is TRANSITIONS[state, event]


def test_nothing_begins_but_by_enrolling_and_nothing_follows_the_end() -> None:
    assert {event for state, event in TRANSITIONS if state is None} == {EnrolmentEvent.ENROL}
    assert not [event for state, event in TRANSITIONS if state is EnrolmentStatus.REMOVED]
    assert None not in TRANSITIONS.values()


class Life(RuleBasedStateMachine):
    """Throws every event at an enrolment, beside a model that is written down in other words."""

    def __init__(self) -> None:
        super().__init__()
        self.state: EnrolmentStatus | None = None
        self.history: list[Step] = []
        self.exists = False
        self.ended = False
        self.paused = False

    @rule(event=st.sampled_from(EnrolmentEvent))
    def happens(self, event: EnrolmentEvent) -> None:
        allowed = (
            not self.exists if event is EnrolmentEvent.ENROL else self.exists
        ) and not self.ended
        taken = step(self.state, event)
        assert isinstance(taken, Refused) is not allowed
        if isinstance(taken, Refused):
            return
        repeated = (event is EnrolmentEvent.SUSPEND and self.paused) or (
            event is EnrolmentEvent.RESUME and not self.paused
        )
        assert taken.happens is not repeated
        if taken.happens:
            self.history.append(taken)
        self.state = taken.after
        self.exists = True
        self.ended = event in ENDS
        if event in {EnrolmentEvent.SUSPEND, EnrolmentEvent.RESUME}:
            self.paused = event is EnrolmentEvent.SUSPEND

    @invariant()
    def the_state_is_what_the_model_says(self) -> None:
        expected: EnrolmentStatus | None = None
        if self.ended:
            expected = EnrolmentStatus.REMOVED
        elif self.exists:
            expected = EnrolmentStatus.SUSPENDED if self.paused else EnrolmentStatus.ACTIVE
        assert self.state is expected

    @precondition(lambda self: self.history)
    @invariant()
    def the_history_leads_from_nothing_to_the_present_without_a_gap(self) -> None:
        assert self.history[0].before is None
        assert self.history[-1].after is self.state
        for earlier, later in zip(self.history, self.history[1:], strict=False):
            assert earlier.after is later.before


TestLife = Life.TestCase
