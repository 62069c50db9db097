"""Reads `detection.toml` into checked, frozen thresholds."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from autocharge.model.detection import DetectionRules

FILE = Path(__file__).with_name("detection.toml")

_TABLES = {
    "shared": {
        "near_km",
        "speed_kmh",
        "handling_seconds",
        "clock_slack_seconds",
        "blind_two_operators_seconds",
        "blind_one_operator_seconds",
        "overlap_seconds",
        "longest_use_hours",
    },
    "trust": {"established_days", "parties_for_everywhere"},
    "rotating": {"identifiers", "within_days"},
}


def load_detection_rules(path: Path = FILE) -> DetectionRules:
    """Read the thresholds; raises ValueError that says what is nonsense in them."""
    return parse_detection_rules(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_detection_rules(raw: Mapping[str, Any]) -> DetectionRules:
    """Parse the thresholds as TOML gives them; raises ValueError."""
    _require_keys("detection", raw, {"version", "most_sightings", *_TABLES})
    shared, trust, rotating = (
        _require_keys(name, raw[name], keys) for name, keys in _TABLES.items()
    )
    version = raw["version"]
    if not isinstance(version, str) or not 1 <= len(version) <= 16:
        raise ValueError("version is a text of 1 to 16 characters")
    rules = DetectionRules(
        version=version,
        most_sightings=_whole(raw, "most_sightings", 2, 1000),
        near_km=_number(shared, "near_km", 0, 50),
        speed_kmh=_number(shared, "speed_kmh", 50, 1000),
        handling=_seconds(shared, "handling_seconds"),
        clock_slack=_seconds(shared, "clock_slack_seconds"),
        blind_two_operators=_seconds(shared, "blind_two_operators_seconds"),
        blind_one_operator=_seconds(shared, "blind_one_operator_seconds"),
        overlap=_seconds(shared, "overlap_seconds"),
        longest_use=timedelta(hours=_whole(shared, "longest_use_hours", 1, 24 * 14)),
        established_days=_whole(trust, "established_days", 1, 365),
        parties_for_everywhere=_whole(trust, "parties_for_everywhere", 1, 10),
        rotating_identifiers=_whole(rotating, "identifiers", 2, 100),
        rotating_within=timedelta(days=_whole(rotating, "within_days", 1, 366)),
    )
    if rules.blind_one_operator > rules.blind_two_operators:
        raise ValueError(
            "shared: neighbours of one operator are nearer than those of two, not further"
        )
    return rules


def _whole(raw: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = raw[name]
    # a bool is an int to Python, and no number here
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}")
    return value


def _number(raw: Mapping[str, Any], name: str, least: float, most: float) -> float:
    value = raw[name]
    if type(value) not in (int, float) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least} to {most}")
    return float(value)


def _seconds(raw: Mapping[str, Any], name: str) -> timedelta:
    return timedelta(seconds=_whole(raw, name, 0, 86_400))


def _require_keys(name: str, raw: object, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"{name} is no table")  # noqa: TRY004 - every nonsense is one error
    if set(raw) != keys:
        raise ValueError(f"{name}: missing or unknown: {', '.join(sorted(set(raw) ^ keys))}")
    return raw
