"""The circuit breaker opens, half-opens and closes; its policy is checked wholly."""

from datetime import timedelta
from typing import Any

import pytest

from authorization.model.circuit import CLOSED, Circuit, parse_roaming_policy
from authorization.store.roaming_policy import load_roaming_policy
from tests.authorization.fakes import NOW
from tests.authorization.partners import POLICY

SECOND = timedelta(seconds=1)


def after(failures: int, apart: timedelta = SECOND) -> Circuit:
    circuit = CLOSED
    for number in range(failures):
        circuit = circuit.failed(POLICY, NOW + number * apart)
    return circuit


def test_it_opens_after_so_many_failures_and_not_before() -> None:
    assert not after(2).is_open(NOW + SECOND)
    opened = after(3)
    assert opened.is_open(NOW + 3 * SECOND)
    assert not opened.is_half_open(NOW + 3 * SECOND)


def test_failures_far_apart_do_not_add_up() -> None:
    assert after(10, POLICY.within + SECOND).open_until is None
    assert after(3, POLICY.within).open_until is not None


def test_after_its_rest_one_question_tries_and_a_failure_opens_it_again() -> None:
    opened = after(3)
    later = NOW + 2 * SECOND + POLICY.rest
    assert not opened.is_open(later)
    assert opened.is_half_open(later)
    on_trial = opened.on_trial(POLICY, later)
    assert on_trial.is_open(later)  # for everybody else
    again = on_trial.failed(POLICY, later + SECOND)
    assert again.is_open(later + SECOND + POLICY.rest - SECOND)
    # whoever tried died: it is another's turn
    assert on_trial.is_half_open(later + POLICY.rest)


def test_a_closed_circuit_stops_nobody() -> None:
    assert not CLOSED.is_open(NOW)
    assert not CLOSED.is_half_open(NOW)


def test_the_shipped_policy_bounds_one_partner_below_the_threads_of_a_process() -> None:
    policy = load_roaming_policy()
    assert policy.at_once < 16  # `threads` of the settings
    assert policy.total <= timedelta(seconds=10)  # OICP 2.3: an answer within 10 seconds


@pytest.mark.parametrize(
    "wrong",
    [
        {"failures": 0},
        {"failures": True},
        {"failures": 1.5},
        {"failures": "5"},
        {"total_seconds": -1},
        {"total_seconds": 31},
        {"answer_bytes": 10**9},
        {"unknown": 1},
    ],
)
def test_nonsense_in_the_policy_is_refused(wrong: dict[str, Any]) -> None:
    raw: dict[str, Any] = {
        "connect_seconds": 1.5,
        "total_seconds": 4,
        "answer_bytes": 65536,
        "at_once": 6,
        "failures": 5,
        "within_seconds": 60,
        "rest_seconds": 30,
    }
    assert parse_roaming_policy(raw).failures == 5
    with pytest.raises(ValueError, match=next(iter(wrong))):
        parse_roaming_policy(raw | wrong)
