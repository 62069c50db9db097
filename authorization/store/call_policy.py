"""The shipped policy of stations' calls, `call_policy.toml`."""

import tomllib
from pathlib import Path

from authorization.model.call_policy import CallPolicy, parse_call_policy

POLICY = Path(__file__).with_name("call_policy.toml")


def load_call_policy(path: Path = POLICY) -> CallPolicy:
    """Read the policy; raises ValueError that says what is nonsense in it."""
    return parse_call_policy(tomllib.loads(path.read_text(encoding="utf-8")))
