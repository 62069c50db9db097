"""Features as they are recorded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.features import TYPES, Features
from tests.autocharge.risk_strategies import features


@given(features)
def test_features_are_the_same_after_a_journey_through_json(measured: Features) -> None:
    assert Features.from_json(json.loads(json.dumps(measured.to_json()))) == measured


def test_a_record_of_another_release_is_read() -> None:
    assert Features.from_json({"travel_km": 12, "of_a_later_release": [1]}) == Features(
        travel_km=12.0
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("travel_km", "12"),
        ("travel_km", True),
        ("travel_km", float("nan")),
        ("travel_km", float("inf")),
        ("contradictions", None),
        ("contradictions", True),
        ("contradictions", 1.5),
        ("multicast", 1),
        ("vendor", "nobody"),
        ("compatibility", []),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"^(travel|contra|multi|compat|'nobody')"):
        Features.from_json({name: value})


@given(st.sampled_from(sorted(TYPES)), st.none() | st.booleans() | st.floats() | st.text())
def test_any_value_is_read_or_refused(name: str, value: object) -> None:
    try:
        read = Features.from_json({name: value})
    except ValueError:
        return
    assert getattr(read, name) == value
