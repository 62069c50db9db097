"""Delete sightings that are old enough."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from autocharge.model.sighting_policy import SightingPolicy
from autocharge.operations.sighting_ports import SightingRemains

BATCH = 500  # rows a transaction: whoever writes meanwhile waits for no more than that
BATCHES = 200  # a round; what is left waits for the next


@dataclass(frozen=True, slots=True)
class ForgetSightings:
    """Background work; safe to repeat and to run in several processes."""

    remains: SightingRemains
    policy: SightingPolicy

    def __call__(self, now: datetime) -> int:
        """Delete strangers' sightings first, then all that were kept long enough; return how many.

        At most BATCHES transactions of BATCH rows for either.
        """
        return self._in_batches(
            self.remains.delete_unmatched, now - self.policy.keep_unmatched
        ) + self._in_batches(self.remains.delete_all, now - self.policy.keep_matched)

    def _in_batches(self, delete: Callable[[datetime, int], int], before: datetime) -> int:
        deleted = 0
        for _ in range(BATCHES):
            count = delete(before, BATCH)
            deleted += count
            if count < BATCH:
                break
        return deleted
