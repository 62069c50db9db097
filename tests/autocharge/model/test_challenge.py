"""An owner challenge: the table, every course that it allows, and the bounds of claimants."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from autocharge.model.challenge import (
    ASKED_IN_VAIN,
    GAINS,
    TRANSITIONS,
    Challenge,
    ChallengeEvent,
    ChallengeState,
    ClaimantRecord,
    happens,
    may_challenge,
    next_holder,
)
from autocharge.model.claim_policy import parse_claim_policy
from autocharge.model.enrolment import EnrolmentSource, IdentifierKind
from autocharge.profiles.claims import load_claim_policy
from foundation.errors import Refused
from foundation.identifiers import Emaid
from tests.autocharge.assembly import POLICY
from tests.conftest import NOW

CHALLENGE = Challenge(
    "challenge",
    IdentifierKind.MAC,
    Emaid.parse("DEABCC12345678"),
    "emp-abc",
    EnrolmentSource.PROVIDER,
    "DEXYZ",
    ChallengeState.OPEN,
    NOW,
    NOW + POLICY.answer_within,
)
ANSWERS = {
    ChallengeEvent.SHARE,
    ChallengeEvent.RELEASE,
    ChallengeEvent.PASS_ON,
    ChallengeEvent.REFUSE,
}
moments = st.integers(-30, 60).map(lambda days: NOW + timedelta(days=days))


class Course(RuleBasedStateMachine):
    """Throws every event at a challenge at every time, backwards as well."""

    def __init__(self) -> None:
        super().__init__()
        self.challenge = CHALLENGE
        self.ended_by: ChallengeEvent | None = None

    @rule(event=st.sampled_from(ChallengeEvent), now=moments)
    def something_happens(self, event: ChallengeEvent, now: datetime) -> None:
        overdue = now >= CHALLENGE.answer_by
        allowed = self.ended_by is None and (
            overdue if event is ChallengeEvent.LAPSE else not (overdue and event in ANSWERS)
        )
        after = happens(self.challenge, event, now)
        assert isinstance(after, Refused) is not allowed
        if not isinstance(after, Refused):
            self.challenge = after
            if event is not ChallengeEvent.PASS_ON:
                self.ended_by = event

    @invariant()
    def nobody_gains_but_by_an_answer_of_the_holder(self) -> None:
        gained = self.challenge.state in GAINS
        assert gained is (self.ended_by in {ChallengeEvent.SHARE, ChallengeEvent.RELEASE})

    @invariant()
    def what_is_over_has_an_end(self) -> None:
        over = self.challenge.state is not ChallengeState.OPEN
        assert over is (self.ended_by is not None)
        assert over is (self.challenge.closed_at is not None)


TestCourse = Course.TestCase


def test_nothing_follows_an_end() -> None:
    assert {state for state, _ in TRANSITIONS} == {ChallengeState.OPEN}
    assert {event for _, event in TRANSITIONS} == set(ChallengeEvent)
    assert not GAINS & ASKED_IN_VAIN


@given(
    st.integers(0, 5),
    st.booleans(),
    st.none() | st.tuples(st.sampled_from(sorted(ASKED_IN_VAIN)), st.integers(0, 40)),
)
def test_a_claimant_asks_so_often_and_no_more(
    open_challenges: int, taken: bool, in_vain: tuple[ChallengeState, int] | None
) -> None:
    last = None
    if in_vain is not None:
        closed = NOW - timedelta(days=in_vain[1])
        last = replace(CHALLENGE, state=in_vain[0], closed_at=closed)
    record = ClaimantRecord(open_challenges, CHALLENGE if taken else None, last)
    refused = may_challenge(POLICY, record, NOW)
    too_soon = in_vain is not None and in_vain[1] < POLICY.again_after.days
    stopped = open_challenges >= POLICY.open_challenges or taken or too_soon
    assert (refused is not None) is stopped


def test_that_another_asks_reads_as_a_refusal_of_ones_own() -> None:
    another = may_challenge(POLICY, ClaimantRecord(0, CHALLENGE, None), NOW)
    refused = replace(CHALLENGE, state=ChallengeState.REFUSED, closed_at=NOW)
    assert another == may_challenge(POLICY, ClaimantRecord(0, None, refused), NOW)
    assert another is not None


def test_nobody_is_asked_about_a_free_vehicle() -> None:
    assert next_holder([], "DEABC") is None


@pytest.mark.parametrize(
    "change",
    [
        {"silence": "release"},
        {"silence": "takeover"},
        {"open_challenges": 0},
        {"open_challenges": True},
        {"owned_a_day": "many"},
        {"answer_within_hours": -1},
        {"kept_days": 1},
        {"surprise": 1},
    ],
)
def test_nonsense_in_the_policy_is_refused(change: dict[str, object]) -> None:
    shipped = {
        "answer_within_hours": 336,
        "silence": "lapse",
        "open_challenges": 50,
        "owned_a_day": 200,
        "again_after_days": 30,
        "kept_days": 60,
    }
    assert parse_claim_policy(shipped) == load_claim_policy()
    with pytest.raises(ValueError, match=r"claims|whole number"):
        parse_claim_policy({**shipped, **change})
