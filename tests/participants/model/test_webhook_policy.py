"""What an attempt makes of a delivery and of its endpoint: pure, for every outcome."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Refused
from participants.model.webhook_policy import (
    DeliveryState,
    Health,
    PauseReason,
    health_after,
    judge,
    may_pass,
    succeeded,
)
from participants.profiles.webhooks import load_webhook_profile
from tests.conftest import NOW

POLICY = load_webhook_profile().policy


@dataclass(frozen=True)
class Answer:
    status: int


OUTCOMES = st.one_of(
    st.integers(100, 999).map(Answer),
    st.sampled_from([*POLICY.retry_refusals, "bad_url", "answer_too_large"]).map(
        lambda code: Refused(code, "")
    ),
)


@given(OUTCOMES, st.integers(0, 20), st.integers(0, 200_000), st.floats(0, 1))
def test_an_attempt_ends_or_leads_to_a_later_one_in_time(
    outcome: Answer | Refused, before: int, age: int, chance: float
) -> None:
    created = NOW - timedelta(seconds=age)
    attempt = judge(POLICY, before, created, outcome, NOW, chance)
    assert attempt.attempts == before + 1
    assert (attempt.state is DeliveryState.DELIVERED) is succeeded(outcome)
    assert (attempt.next_attempt_at is None) is (attempt.state is not DeliveryState.PENDING)
    if attempt.next_attempt_at is not None:
        assert may_pass(POLICY, outcome)
        assert before < len(POLICY.retry_after)
        assert NOW < attempt.next_attempt_at < created + POLICY.give_up_after
    assert (attempt.status is None) is isinstance(outcome, Refused)


@given(st.lists(OUTCOMES, max_size=40))
def test_an_endpoint_rests_at_most_so_long_and_after_failures_alone(
    outcomes: list[Answer | Refused],
) -> None:
    health = health_after(POLICY, Health(), outcomes, NOW)
    if outcomes and succeeded(outcomes[-1]):
        assert health == Health()
    if health.rests_until is not None:
        assert may_pass(POLICY, outcomes[-1])
        assert timedelta(0) < health.rests_until - NOW <= POLICY.longest_rest
    assert (health.failures == 0) is (health.failing_since is None)


@pytest.mark.parametrize(
    ("failing", "pause"),
    [
        (timedelta(days=2, hours=23), None),
        (timedelta(days=3), PauseReason.FAILING),
    ],
)
def test_failing_for_three_days_pauses(failing: timedelta, pause: PauseReason | None) -> None:
    health = Health(5, NOW - failing)
    assert health_after(POLICY, health, [Answer(500)], NOW).pause is pause


def test_gone_pauses_at_once() -> None:
    assert health_after(POLICY, Health(), [Answer(410)], NOW).pause is PauseReason.GONE


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_success(status: int) -> None:
    assert succeeded(Answer(status))


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 308, 400, 500, 999])
def test_nothing_else_is(status: int) -> None:
    assert not succeeded(Answer(status))
