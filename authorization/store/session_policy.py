"""The shipped policy of sessions, `session_policy.toml`."""

import tomllib
from pathlib import Path

from authorization.model.session import SessionPolicy, parse_session_policy

POLICY = Path(__file__).with_name("session_policy.toml")


def load_session_policy(path: Path = POLICY) -> SessionPolicy:
    """Read the policy; raises ValueError that says what is nonsense in it."""
    return parse_session_policy(tomllib.loads(path.read_text(encoding="utf-8")))
