"""Two rule files on the same features."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.comparison import compare
from autocharge.model.features import Features
from autocharge.model.risk import Action, Condition, RiskRules, Signal, judge
from tests.autocharge import risk_strategies as some

FAR = Signal("far", 60, "far away from here", (Condition("travel_km", at_least=300),))
NEW = Signal("new", 60, "new at this operator", (Condition("new_operator", equals=True),))
LIVE = RiskRules("1", 50, 100, (FAR,))
CANDIDATE = RiskRules("2", 50, 100, (NEW,))


def test_each_pair_of_answers_is_counted_with_what_made_the_difference() -> None:
    difference = compare(
        LIVE,
        CANDIDATE,
        [
            Features(),
            Features(travel_km=300),
            Features(travel_km=400),
            Features(new_operator=True),
            Features(travel_km=300, new_operator=True),
        ],
    )
    assert (difference.live_version, difference.candidate_version) == ("1", "2")
    assert difference.answers == {
        (Action.ACCEPT, Action.ACCEPT): 1,
        (Action.STEP_UP, Action.ACCEPT): 2,
        (Action.ACCEPT, Action.STEP_UP): 1,
        (Action.STEP_UP, Action.STEP_UP): 1,
    }
    assert (difference.judged, difference.changed) == (5, 3)
    assert (difference.stricter, difference.laxer) == (1, 2)
    assert (difference.gained, difference.lost) == ({"new": 1}, {"far": 2})


@given(some.rules, st.lists(some.features, max_size=5))
def test_rules_do_not_differ_from_themselves(rules: RiskRules, features: list[Features]) -> None:
    difference = compare(rules, rules, features)
    assert (difference.judged, difference.changed) == (len(features), 0)
    assert not difference.gained
    assert not difference.lost


@given(some.rules, some.signals, st.lists(some.features, max_size=5))
def test_one_more_signal_is_never_laxer(
    rules: RiskRules, signal: Signal, features: list[Features]
) -> None:
    difference = compare(rules, replace(rules, signals=(*rules.signals, signal)), features)
    assert difference.laxer == 0


@given(some.rules, some.rules, st.lists(some.features, max_size=5))
def test_the_comparison_is_what_judging_each_says(
    live: RiskRules, candidate: RiskRules, features: list[Features]
) -> None:
    difference = compare(live, candidate, features)
    assert difference.changed == sum(
        judge(live, one).action is not judge(candidate, one).action for one in features
    )
    back = compare(candidate, live, features)
    assert (back.stricter, back.laxer) == (difference.laxer, difference.stricter)
