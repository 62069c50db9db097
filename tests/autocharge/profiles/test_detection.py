"""The shipped thresholds, and nonsense that stops the start."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from autocharge.profiles.detection import FILE, load_detection_rules, parse_detection_rules


def shipped() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def test_the_shipped_file_is_read() -> None:
    rules = load_detection_rules()
    assert rules.parties_for_everywhere == 2
    assert rules.version == "2"


def _set(table: str, key: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda raw: raw[table].update({key: value})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw.pop("version"),
        lambda raw: raw.update(version=""),
        lambda raw: raw.update(version=1),
        lambda raw: raw.update(most_sightings=1),
        lambda raw: raw.update(most_sightings=True),
        lambda raw: raw.update(extra=1),
        lambda raw: raw.update(trust=[]),
        lambda raw: raw["trust"].pop("established_days"),
        _set("trust", "parties_for_everywhere", 0),
        _set("shared", "speed_kmh", float("nan")),
        _set("shared", "speed_kmh", float("inf")),
        _set("shared", "speed_kmh", "180"),
        _set("shared", "near_km", -1),
        _set("shared", "handling_seconds", 1.5),
        _set("shared", "blind_one_operator_seconds", 61),
        _set("shared", "unknown", 1),
        _set("rotating", "identifiers", 1),
    ],
)
def test_nonsense_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    raw = shipped()
    spoil(raw)
    with pytest.raises(ValueError, match=r".+"):
        parse_detection_rules(raw)
