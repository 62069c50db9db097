"""The shipped policy of asking roaming partners, `roaming_policy.toml`."""

import tomllib
from pathlib import Path

from authorization.model.circuit import RoamingPolicy, parse_roaming_policy

POLICY = Path(__file__).with_name("roaming_policy.toml")


def load_roaming_policy(path: Path = POLICY) -> RoamingPolicy:
    """Read the policy; raises ValueError that says what is nonsense in it."""
    return parse_roaming_policy(tomllib.loads(path.read_text(encoding="utf-8")))
