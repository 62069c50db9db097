"""Which vehicle a session is of, when a proposal confirms itself, and what may follow what."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from autocharge.model.claim_policy import parse_first_session_policy
from autocharge.model.enrolment import IdentifierKind, kind_of
from autocharge.model.first_session import Reading, SessionStart, candidate
from autocharge.model.proposal import (
    TRANSITIONS,
    FirstSessionChoice,
    Proposal,
    ProposalEvent,
    ProposalState,
    ProposedSession,
    confirms_itself,
    happens,
)
from autocharge.profiles.claims import load_first_session_policy
from foundation.errors import Refused
from foundation.identifiers import Emaid, Mac, Vin
from tests.conftest import NOW

POLICY = load_first_session_policy()
WINDOW = POLICY.window
EMAID, OTHER = Emaid.parse("DEABCC12345678"), Emaid.parse("DEXYZC12345678")
ONE, TWO = Mac.parse("98ed5cb9be31"), Mac.parse("98ed5cb9be32")
VIN = Vin.parse("1M8GDM9AXKP042788")
SESSION = SessionStart("session", EMAID, "station", "DE*ABC*E1", NOW)


def reading(
    identifier: Mac | Vin, message: str, seconds: int = 0, evse: str | None = None
) -> Reading:
    return Reading(message, identifier, "station", evse, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("readings", "others", "expected"),
    [
        ([], [], None),
        ([reading(ONE, "a")], [], ONE),
        ([reading(ONE, "a", -300)], [], ONE),
        ([reading(ONE, "a", 300)], [], ONE),
        ([reading(ONE, "a", 301)], [], None),
        ([reading(ONE, "a"), reading(ONE, "b", 60)], [], ONE),
        # two vehicles prove nothing
        ([reading(ONE, "a"), reading(TWO, "b")], [], None),
        # but where EVSEs are known, the neighbour's does not count
        ([reading(ONE, "a", evse="DE*ABC*E1"), reading(TWO, "b", evse="DE*ABC*E2")], [], ONE),
        ([reading(ONE, "a"), reading(TWO, "b", evse="DE*ABC*E2")], [], ONE),
        ([reading(ONE, "a"), reading(TWO, "b", evse="DE*ABC*E1")], [], None),
        # of one message, of one vehicle: the MAC is what Autocharge reads
        ([reading(VIN, "a"), reading(ONE, "a")], [], ONE),
        ([reading(VIN, "a"), reading(ONE, "a"), reading(ONE, "b")], [], ONE),
        ([reading(VIN, "a"), reading(ONE, "b")], [], None),
        ([reading(ONE, "a"), reading(TWO, "a")], [], None),
        # another driver at the same place in the same minutes
        ([reading(ONE, "a")], [replace(SESSION, session_id="x", emaid=OTHER)], None),
        (
            [reading(ONE, "a")],
            [replace(SESSION, session_id="x", emaid=OTHER, evse_id="DE*ABC*E2")],
            None,
        ),
        (
            [reading(ONE, "a", evse="DE*ABC*E1")],
            [replace(SESSION, session_id="x", emaid=OTHER, evse_id="DE*ABC*E2")],
            ONE,
        ),
        ([reading(ONE, "a")], [replace(SESSION, session_id="x")], ONE),
        (
            [reading(ONE, "a")],
            [replace(SESSION, session_id="x", emaid=OTHER, started_at=NOW + 2 * WINDOW)],
            ONE,
        ),
    ],
)
def test_one_vehicle_or_none(
    readings: list[Reading], others: list[SessionStart], expected: Mac | None
) -> None:
    assert candidate(SESSION, others, readings, WINDOW) == expected
    assert candidate(SESSION, [*others, SESSION], readings[::-1], WINDOW) == expected


evses = st.sampled_from([None, "DE*ABC*E1", "DE*ABC*E2"])
instants = st.integers(-700, 700).map(lambda seconds: NOW + timedelta(seconds=seconds))
any_readings = st.lists(
    st.builds(
        Reading,
        st.sampled_from("abcd"),
        st.sampled_from([ONE, TWO, VIN]),
        st.sampled_from(["station", "elsewhere"]),
        evses,
        instants,
    ),
    max_size=6,
)
any_starts = st.lists(
    st.builds(
        SessionStart,
        st.sampled_from(["p", "q", "r"]),
        st.sampled_from([EMAID, OTHER]),
        st.sampled_from(["station", "elsewhere"]),
        evses,
        instants,
    ),
    max_size=4,
)


@given(any_readings, any_starts, any_starts.filter(bool))
def test_no_vehicle_is_given_to_two_contracts(
    readings: list[Reading], others: list[SessionStart], sessions: list[SessionStart]
) -> None:
    known = [*others, *sessions]
    for session in sessions:
        found = candidate(session, known, readings, WINDOW)
        if found is None:
            continue
        assert any(
            one.identifier == found
            and one.station_id == session.station_id
            and abs(one.seen_at - session.started_at) <= WINDOW
            for one in readings
        )
        for other in known:
            if other.emaid == session.emaid:
                continue
            again = candidate(other, known, readings, WINDOW)
            same = again is not None and (kind_of(again), again.key) == (
                kind_of(found),
                found.key,
            )
            # only where it was read apart: at another place or at another time
            if same and other.station_id == session.station_id:
                times = [one.seen_at for one in readings if one.identifier == found]
                assert len(times) > 1


@given(
    st.sampled_from(FirstSessionChoice),
    st.lists(
        st.builds(
            ProposedSession,
            st.sampled_from("abcdef"),
            st.sampled_from(["s1", "s2", "s3"]),
            st.integers(0, 4).map(lambda days: NOW + timedelta(days=days)),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_a_proposal_confirms_itself_by_what_one_neighbour_cannot_do(
    choice: FirstSessionChoice, sessions: list[ProposedSession], rivals: bool
) -> None:
    confirmed = confirms_itself(POLICY, choice, sessions, rivals=rivals)
    enough = (
        len({one.session_id for one in sessions}) >= 3
        and len({one.started_at for one in sessions}) >= 2
        and len({one.station_id for one in sessions}) >= 2
    )
    assert confirmed is (choice is FirstSessionChoice.AUTO and enough and not rivals)


class Course(RuleBasedStateMachine):
    """Throws every event at a proposal at every time."""

    def __init__(self) -> None:
        super().__init__()
        self.proposal = Proposal(
            "proposal",
            IdentifierKind.MAC,
            EMAID,
            ProposalState.OPEN,
            NOW,
            NOW + POLICY.lapses_after,
            1,
        )
        self.ended_by: ProposalEvent | None = None

    @rule(
        event=st.sampled_from(ProposalEvent),
        now=st.integers(-5, 60).map(lambda days: NOW + timedelta(days=days)),
    )
    def something_happens(self, event: ProposalEvent, now: datetime) -> None:
        overdue = now >= self.proposal.lapses_at
        in_time = event is ProposalEvent.VOID or (event is ProposalEvent.LAPSE) is overdue
        after = happens(self.proposal, event, now)
        assert isinstance(after, Refused) is not (self.ended_by is None and in_time)
        if not isinstance(after, Refused):
            self.proposal, self.ended_by = after, event

    @invariant()
    def it_is_confirmed_by_confirming_alone(self) -> None:
        confirmed = self.proposal.state is ProposalState.CONFIRMED
        assert confirmed is (self.ended_by is ProposalEvent.CONFIRM)
        assert (self.proposal.state is ProposalState.OPEN) is (self.ended_by is None)


TestCourse = Course.TestCase


def test_nothing_follows_an_end() -> None:
    assert {state for state, _ in TRANSITIONS} == {ProposalState.OPEN}


@pytest.mark.parametrize(
    "change",
    [
        {"choice": "auto"},
        {"choice": "always"},
        {"confirm_sessions": 1},
        {"confirm_days": 9},
        {"confirm_stations": 9},
        {"window_seconds": 0},
        {"window_seconds": 10_000},
        {"kept_days": 1},
        {"surprise": 1},
    ],
)
def test_nonsense_in_the_policy_is_refused(change: dict[str, object]) -> None:
    shipped = {
        "window_seconds": 300,
        "choice": "ask",
        "confirm_sessions": 3,
        "confirm_days": 2,
        "confirm_stations": 2,
        "lapses_after_days": 30,
        "open_per_contract": 5,
        "again_after_days": 90,
        "kept_days": 90,
    }
    assert parse_first_session_policy(shipped) == POLICY
    with pytest.raises(ValueError, match=r"first_session|whole number|FirstSessionChoice"):
        parse_first_session_policy({**shipped, **change})
