"""Count decisions over time, for people who look at an installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from authorization.model.decision_figures import DecisionFigures
from authorization.model.outcome import Outcome
from foundation.clock import Clock
from foundation.principal import ClientRole, Principal

STEP = timedelta(hours=1)
STEPS = 24


class DecisionCounts(Protocol):
    """Counts of recorded decisions."""

    def by_outcome(self, starts: Sequence[datetime]) -> Mapping[Outcome, Sequence[int]]:
        """Count decisions from each start to the next, the last without end."""

    def refused_for(self, since: datetime, limit: int) -> Mapping[str, int]:
        """Count refusals by the reason that named their outcome, the most frequent first."""


@dataclass(frozen=True, slots=True)
class CountDecisions:
    """Counts the decisions of the last 24 hours, hour by hour."""

    counts: DecisionCounts
    clock: Clock

    def __call__(self, principal: Principal) -> DecisionFigures:
        """Return the figures; the last hour is the running one. FORBIDDEN unless AUDITOR."""
        principal.require_role(ClientRole.AUDITOR)
        hour = self.clock().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        starts = [hour - STEP * back for back in range(STEPS - 1, -1, -1)]
        return DecisionFigures(
            starts, self.counts.by_outcome(starts), self.counts.refused_for(starts[0], 8)
        )
