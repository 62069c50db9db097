"""What earlier questions to a driver say, at any time and by any clock."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.step_up import (
    NEVER_ASKED,
    StepUp,
    StepUpAnswer,
    StepUpPolicy,
    StepUpState,
    parse_step_up_policy,
    what_was_asked,
)
from autocharge.profiles.step_up_policy import POLICY, load_step_up_policy

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SHIPPED = load_step_up_policy()
ASKED = StepUp(
    "r", "e", "c", "DEABC", "DECPO", "CS-1", NOW - timedelta(minutes=1), NOW + timedelta(minutes=9)
)
CONFIRMED = replace(ASKED, answer=StepUpAnswer.CONFIRM, answered_at=NOW, answered_by="mo")
DECLINED = replace(CONFIRMED, answer=StepUpAnswer.DECLINE)


@pytest.mark.parametrize(
    ("step_up", "state"),
    [
        (ASKED, StepUpState.OPEN),
        (replace(ASKED, lapses_at=NOW), StepUpState.LAPSED),
        (CONFIRMED, StepUpState.CONFIRMED),
        (replace(DECLINED, lapses_at=NOW), StepUpState.DECLINED),
    ],
)
def test_where_a_question_stands(step_up: StepUp, state: StepUpState) -> None:
    assert step_up.state(NOW) is state


def test_who_was_never_asked_said_nothing() -> None:
    assert what_was_asked(SHIPPED, [], "CS-1", NOW) == NEVER_ASKED


def test_a_confirmation_ends_at_its_time() -> None:
    asked = what_was_asked(SHIPPED, [CONFIRMED], "CS-1", NOW)
    assert asked.confirmed_until == NOW + SHIPPED.confirmed
    later = NOW + SHIPPED.confirmed
    assert what_was_asked(SHIPPED, [CONFIRMED], "CS-1", later) == NEVER_ASKED


def test_of_two_answers_at_a_station_the_later_counts() -> None:
    earlier = replace(CONFIRMED, answered_at=NOW - timedelta(minutes=3))
    asked = what_was_asked(SHIPPED, [earlier, DECLINED], "CS-1", NOW)
    assert (asked.confirmed_until, asked.declined_here) == (None, True)
    earlier = replace(DECLINED, answered_at=NOW - timedelta(minutes=3))
    asked = what_was_asked(SHIPPED, [CONFIRMED, earlier], "CS-1", NOW)
    assert (asked.confirmed_until is None, asked.declined_here) == (False, False)


LAPSED = replace(ASKED, lapses_at=NOW)


@pytest.mark.parametrize(
    ("questions", "unconfirmed"),
    [
        ([ASKED], False),  # it still waits
        ([LAPSED], True),
        ([DECLINED], True),
        ([CONFIRMED], False),
        ([LAPSED, CONFIRMED], False),  # asked anew at that station, and confirmed
        ([DECLINED, CONFIRMED], True),
        ([LAPSED, replace(CONFIRMED, station_id="CS-2")], True),
        ([replace(LAPSED, asked_at=NOW - SHIPPED.suspected)], False),
    ],
)
def test_a_question_that_nobody_confirmed_makes_suspected(
    questions: list[StepUp], unconfirmed: bool
) -> None:
    for station in ("CS-1", "CS-9"):
        assert what_was_asked(SHIPPED, questions, station, NOW).unconfirmed is unconfirmed


def test_an_answer_elsewhere_confirms_nothing_here() -> None:
    asked = what_was_asked(SHIPPED, [CONFIRMED], "CS-2", NOW)
    assert asked == NEVER_ASKED
    asked = what_was_asked(SHIPPED, [DECLINED], "CS-2", NOW)
    assert (asked.declined_here, asked.declined_elsewhere) == (False, True)


def test_clocks_that_run_backwards_prolong_nothing() -> None:
    """An answer of the future counts as given now, one of the far future not at all."""
    soon = replace(CONFIRMED, answered_at=NOW + timedelta(minutes=5))
    asked = what_was_asked(SHIPPED, [soon], "CS-1", NOW)
    assert asked.confirmed_until == NOW + SHIPPED.confirmed
    far = replace(CONFIRMED, answered_at=NOW + timedelta(days=400))
    assert what_was_asked(SHIPPED, [far], "CS-1", NOW).confirmed_until is None


TIMES = st.integers(-5000, 5000).map(lambda minutes: NOW + timedelta(minutes=minutes))
MINUTES = st.integers(1, 60 * 24 * 31).map(lambda minutes: timedelta(minutes=minutes))
POLICIES = st.builds(StepUpPolicy, MINUTES, MINUTES, MINUTES, MINUTES, st.integers(1, 5))


@st.composite
def questions(draw: st.DrawFn) -> StepUp:
    answer = draw(st.none() | st.sampled_from(StepUpAnswer))
    return replace(
        ASKED,
        reference=draw(st.uuids()).hex,
        station_id=draw(st.sampled_from(["CS-1", "CS-2"])),
        asked_at=draw(TIMES),
        lapses_at=draw(TIMES),
        answer=answer,
        answered_at=None if answer is None else draw(TIMES),
    )


@given(POLICIES, st.lists(questions(), max_size=6), TIMES)
def test_whatever_was_asked_the_order_says_nothing_and_confidence_ends(
    policy: StepUpPolicy, asked: list[StepUp], now: datetime
) -> None:
    found = what_was_asked(policy, asked, "CS-1", now)
    confirmed_until = found.confirmed_until
    assert confirmed_until is None or confirmed_until <= now + policy.confirmed
    assert confirmed_until is None or not found.declined_here
    assert found.open_count == sum(one.state(now) is StepUpState.OPEN for one in asked)
    assert (found.open_here is None) or found.open_count > 0
    again = what_was_asked(policy, asked[::-1], "CS-1", now)
    same_moment = {one.answered_at for one in asked if one.answered_at is not None}
    if len(same_moment) == sum(one.answered_at is not None for one in asked):
        assert replace(again, open_here=None) == replace(found, open_here=None)


@given(POLICIES, st.lists(questions(), max_size=6), TIMES)
def test_nobody_is_confirmed_without_a_confirmation_at_the_station(
    policy: StepUpPolicy, asked: list[StepUp], now: datetime
) -> None:
    elsewhere = [one for one in asked if one.station_id != "CS-1"]
    declined = [one for one in asked if one.answer is not StepUpAnswer.CONFIRM]
    for only in (elsewhere, declined):
        assert what_was_asked(policy, only, "CS-1", now).confirmed_until is None


def shipped() -> dict[str, Any]:
    return tomllib.loads(POLICY.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer_within_minutes": 0}, "answer_within_minutes"),
        ({"confirmed_minutes": True}, "confirmed_minutes"),
        ({"declined_minutes": 10**9}, "declined_minutes"),
        ({"open_per_enrolment": "3"}, "open_per_enrolment"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_nonsense_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_step_up_policy(shipped() | change)
