"""The shipped policy of claims and first sessions, `claims.toml`."""

import tomllib
from pathlib import Path

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.claim_policy import parse_claim_policy, parse_first_session_policy
from autocharge.model.proposal import FirstSessionPolicy

POLICY = Path(__file__).with_name("claims.toml")


def load_claim_policy(path: Path = POLICY) -> ClaimPolicy:
    """Read the policy of claims; raises ValueError that says what is nonsense in it."""
    return parse_claim_policy(tomllib.loads(path.read_text(encoding="utf-8"))["claims"])


def load_first_session_policy(path: Path = POLICY) -> FirstSessionPolicy:
    """Read the policy of first sessions; raises ValueError that says what is nonsense in it."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return parse_first_session_policy(raw["first_session"])
