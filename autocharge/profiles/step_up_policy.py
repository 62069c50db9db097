"""The shipped policy of step-ups, `step_ups.toml`."""

import tomllib
from pathlib import Path

from autocharge.model.step_up import StepUpPolicy, parse_step_up_policy

POLICY = Path(__file__).with_name("step_ups.toml")


def load_step_up_policy(path: Path = POLICY) -> StepUpPolicy:
    """Read the policy; raises ValueError that says what is nonsense in it."""
    return parse_step_up_policy(tomllib.loads(path.read_text(encoding="utf-8")))
