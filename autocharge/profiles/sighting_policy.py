"""The shipped policy of sightings, `sightings.toml`."""

import tomllib
from pathlib import Path

from autocharge.model.sighting_policy import SightingPolicy, parse_sighting_policy

POLICY = Path(__file__).with_name("sightings.toml")


def load_sighting_policy(path: Path = POLICY) -> SightingPolicy:
    """Read the policy; raises ValueError that says what is nonsense in it."""
    return parse_sighting_policy(tomllib.loads(path.read_text(encoding="utf-8")))
