"""Reads what is known of vehicle models: the shipped file, and an administrator's."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autocharge.model.compatibility import Compatibility
from autocharge.model.vehicle_models import VehicleModel
from foundation.errors import Kind, ServiceError

FILE = Path(__file__).with_name("compatibility.toml")

MAX_FACTS = 10_000
_PREFIX = re.compile(r"[0-9A-F]{6,12}")
_WMI = re.compile(r"[A-Z0-9]{3}")
_NAME = re.compile(r"\S(.{0,58}\S)?")
_LISTS = {"prefixes": _PREFIX, "wmis": _WMI, "models": _NAME, "software": _NAME}
_NAMES = {"models", "software"}


def load_vehicle_models(own: Path | None = None) -> tuple[VehicleModel, ...]:
    """Read the shipped facts, and those of an administrator's file.

    Raises ServiceError INVALID (`compatibility_invalid`) that says what is nonsense in them.
    """
    try:
        return tuple(
            fact
            for path in (FILE, own)
            if path is not None
            for fact in parse_vehicle_models(tomllib.loads(path.read_text(encoding="utf-8")))
        )
    except (OSError, ValueError) as failure:
        raise ServiceError(
            Kind.INVALID,
            "compatibility_invalid",
            f"the facts about vehicle models hold nonsense or cannot be read: {failure}",
        ) from failure


def parse_vehicle_models(raw: Mapping[str, Any]) -> tuple[VehicleModel, ...]:
    """Parse facts as TOML gives them; raises ValueError."""
    facts = raw.get("model")
    if set(raw) != {"model"} or not isinstance(facts, list) or len(facts) > MAX_FACTS:
        raise ValueError(f"give [[model]], at most {MAX_FACTS} of them, and nothing else")
    return tuple(_fact(one) for one in facts)


def _fact(raw: object) -> VehicleModel:
    if not isinstance(raw, Mapping) or not {"sends", "source"} <= set(raw) <= {
        "sends",
        "source",
        *_LISTS,
    }:
        raise ValueError(f"a model has sends, source and some of {', '.join(sorted(_LISTS))}")
    source = raw["source"]
    if not isinstance(source, str) or not 1 <= len(source) <= 200:
        raise ValueError("source says where the fact is from, in 1 to 200 characters")
    lists = {name: _texts(name, raw[name]) for name in _LISTS if name in raw}
    fact = VehicleModel(Compatibility(raw["sends"]), source, **lists)
    if fact.sends is Compatibility.UNKNOWN:
        raise ValueError("sends is unique, shared or rotating")
    if not (fact.prefixes or fact.wmis or fact.models):
        raise ValueError("a model is told by its prefixes, wmis or models")
    return fact


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{name} is a list of texts, and not empty")
    for one in value:
        if not isinstance(one, str) or _LISTS[name].fullmatch(one) is None:
            raise ValueError(f"{name}: {_LISTS[name].pattern} is wanted")
    return tuple(one.lower() if name in _NAMES else one for one in value)
