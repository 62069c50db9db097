"""The policy of sightings: the shipped file, and nonsense that is refused."""

import tomllib
from typing import Any

import pytest

from autocharge.model.sighting_policy import parse_sighting_policy
from autocharge.profiles.sighting_policy import POLICY, load_sighting_policy


def shipped() -> dict[str, Any]:
    return tomllib.loads(POLICY.read_text(encoding="utf-8"))


def test_the_shipped_policy() -> None:
    policy = load_sighting_policy()
    assert policy.window.total_seconds() == 60
    assert policy.unknown_per_station <= policy.unknown_per_operator
    assert policy.keep_unmatched < policy.keep_matched


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window_seconds": 0}, "window_seconds"),
        ({"window_seconds": 3601}, "window_seconds"),
        ({"unknown_per_station": True}, "unknown_per_station"),
        ({"unknown_per_operator": 1.5}, "unknown_per_operator"),
        ({"reported_per_station": "12"}, "reported_per_station"),
        ({"keep_unmatched_days": -1}, "keep_unmatched_days"),
        ({"keep_unmatched_days": 181}, "strangers"),
        ({"keep_matched_days": None}, "keep_matched_days"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_nonsense_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_sighting_policy(shipped() | change)


def test_what_is_missing_is_named() -> None:
    raw = shipped()
    del raw["window_seconds"]
    with pytest.raises(ValueError, match="window_seconds"):
        parse_sighting_policy(raw)
