"""Delete step-ups that are old enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from autocharge.operations.forget_sightings import BATCH, BATCHES


class StepUpRemains(Protocol):
    """Old step-ups, to delete."""

    def delete(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` step-ups that were asked before; return how many."""


@dataclass(frozen=True, slots=True)
class ForgetStepUps:
    """Background work; safe to repeat and to run in several processes."""

    remains: StepUpRemains
    keep: timedelta

    def __call__(self, now: datetime) -> int:
        """Delete what was asked longer ago than `keep`; return how many."""
        deleted = 0
        for _ in range(BATCHES):
            count = self.remains.delete(now - self.keep, BATCH)
            deleted += count
            if count < BATCH:
                break
        return deleted
