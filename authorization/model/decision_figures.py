"""How many decisions there were, for people who look at an installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from authorization.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """Decisions of a while: per step of time and outcome, and what refusals were for.

    `steps` are the beginnings, oldest first, `by_outcome[outcome][i]` counts from `steps[i]` on.
    """

    steps: Sequence[datetime]
    by_outcome: Mapping[Outcome, Sequence[int]]
    refused_for: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many decisions there were."""
        return sum(sum(counts) for counts in self.by_outcome.values())

    @property
    def accepted(self) -> int:
        """How many of them accepted."""
        return sum(self.by_outcome.get(Outcome.ACCEPTED, ()))
