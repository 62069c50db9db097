"""The policy of kept decisions: `decision_policy.toml`, or a file of the operator's own."""

import tomllib
from pathlib import Path

from authorization.model.decision_policy import DecisionPolicy, parse_decision_policy
from foundation.errors import Kind, ServiceError

POLICY = Path(__file__).with_name("decision_policy.toml")


def load_decision_policy(path: Path | None = None) -> DecisionPolicy:
    """Read the policy; raises ServiceError INVALID (`bad_decision_policy`) that says what is wrong.

    `path` None: the shipped one.
    """
    path = path or POLICY
    try:
        return parse_decision_policy(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as failure:
        raise ServiceError(
            Kind.INVALID,
            "bad_decision_policy",
            f"{path}: {failure}",
            {"decision_policy": str(path)},
        ) from failure
