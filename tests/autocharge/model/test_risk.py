"""What rules make of features."""

from dataclasses import replace

import pytest
from hypothesis import given

from autocharge.model.features import Features
from autocharge.model.risk import Action, Condition, RiskRules, Signal, judge
from tests.autocharge import risk_strategies as some

STRICTNESS = [Action.ACCEPT, Action.STEP_UP, Action.DENY]

FAR = Signal("far", 40, "{travel_km} km away", (Condition("travel_km", at_least=300),))
NEW = Signal("new", 20, "first time at this operator", (Condition("new_operator", equals=True),))
FAST = Signal("fast", 60, "{travel_kmh} km/h", (Condition("travel_kmh", at_least=200, below=900),))
RULES = RiskRules("test", 50, 100, (FAR, NEW, FAST))


@pytest.mark.parametrize(
    ("features", "action", "score", "codes"),
    [
        (Features(), Action.ACCEPT, 0, []),
        (Features(travel_km=299.9), Action.ACCEPT, 0, []),
        (Features(travel_km=300), Action.ACCEPT, 40, ["far"]),
        (Features(travel_km=300, new_operator=True), Action.STEP_UP, 60, ["far", "new"]),
        (Features(travel_km=300, travel_kmh=200), Action.DENY, 100, ["far", "fast"]),
        (Features(travel_km=300, travel_kmh=900), Action.ACCEPT, 40, ["far"]),
        (
            Features(travel_kmh=200, confirmed=True),
            Action.ACCEPT,
            60,
            ["fast", "confirmed"],
        ),
        (
            Features(travel_km=300, travel_kmh=200, confirmed=True),
            Action.DENY,
            100,
            ["far", "fast"],
        ),
    ],
)
def test_signals_add_up(features: Features, action: Action, score: int, codes: list[str]) -> None:
    assessment = judge(RULES, features)
    assert (assessment.action, assessment.score) == (action, score)
    assert [reason.code for reason in assessment.reasons] == codes
    assert assessment.rules_version == "test"


def test_reasons_say_what_was_measured_in_round_numbers() -> None:
    [far] = judge(RULES, Features(travel_km=412.345)).reasons
    assert (far.detail, far.weight) == ("412 km away", 40)


@given(some.rules, some.features)
def test_the_score_is_the_sum_of_the_reasons(rules: RiskRules, features: Features) -> None:
    assessment = judge(rules, features)
    assert assessment.score == sum(reason.weight for reason in assessment.reasons)
    if assessment.action is not Action.ACCEPT:
        assert assessment.score >= rules.step_up
        assert assessment.reasons
    if assessment.action is Action.ACCEPT and not features.confirmed:
        assert assessment.score < rules.step_up


@given(some.rules, some.signals, some.features)
def test_one_more_signal_never_makes_it_laxer(
    rules: RiskRules, signal: Signal, features: Features
) -> None:
    before = judge(rules, features)
    after = judge(replace(rules, signals=(*rules.signals, signal)), features)
    assert after.score >= before.score
    assert STRICTNESS.index(after.action) >= STRICTNESS.index(before.action)


@given(some.rules, some.features)
def test_the_order_of_signals_changes_nothing_but_the_order_of_reasons(
    rules: RiskRules, features: Features
) -> None:
    backwards = judge(replace(rules, signals=rules.signals[::-1]), features)
    forwards = judge(rules, features)
    assert (backwards.action, backwards.score) == (forwards.action, forwards.score)


@given(some.rules, some.features)
def test_a_confirmation_turns_a_step_up_into_an_accept_and_nothing_else(
    rules: RiskRules, features: Features
) -> None:
    unconfirmed = judge(rules, replace(features, confirmed=False))
    confirmed = judge(rules, replace(features, confirmed=True))
    assert confirmed.score == unconfirmed.score
    if unconfirmed.action is Action.STEP_UP:
        assert confirmed.action is Action.ACCEPT
    else:
        assert confirmed == unconfirmed
