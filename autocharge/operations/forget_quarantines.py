"""Delete old quarantines that were released."""

from dataclasses import dataclass
from datetime import timedelta

from autocharge.operations.quarantine_ports import OpenQuarantines
from foundation.clock import Clock

KEPT = timedelta(days=400)  # our judgement: a year's disputes and their aftermath
_BATCH = 500


@dataclass(frozen=True, slots=True)
class ForgetQuarantines:
    """Delete quarantines that were released more than 400 days ago, digest and ciphertext too.

    With them goes whom their owner disbelieved.
    """

    open_unit_of_work: OpenQuarantines
    clock: Clock

    def __call__(self) -> int:
        """Return how many were deleted."""
        before, deleted = self.clock() - KEPT, 0
        while True:
            with self.open_unit_of_work() as work:
                some = work.quarantines.delete_released(before, _BATCH)
                work.commit()
            deleted += some
            if some < _BATCH:
                return deleted
