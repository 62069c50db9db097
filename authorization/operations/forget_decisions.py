"""Delete decisions that are old enough and needed no more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from authorization.model.decision_policy import DecisionPolicy
from authorization.operations.decision_ports import DecisionRemains, ForgetAssessments

BATCH = 500  # rows a transaction: whoever writes meanwhile waits for no more than that
BATCHES = 200  # a round; what is left waits for the next


@dataclass(frozen=True, slots=True)
class ForgetDecisions:
    """Background work; safe to repeat and to run in several processes."""

    remains: DecisionRemains
    forget_assessments: ForgetAssessments
    policy: DecisionPolicy

    def __call__(self, now: datetime) -> int:
        """Delete old assessments, then old decisions that nothing refers to; return how many.

        At most BATCHES transactions of BATCH rows for either.
        """
        self._in_batches(self.forget_assessments, now - self.policy.assessments)
        return self._in_batches(self.remains.delete, now - self.policy.decisions)

    def _in_batches(self, delete: Callable[[datetime, int], int], before: datetime) -> int:
        deleted = 0
        for _ in range(BATCHES):
            count = delete(before, BATCH)
            deleted += count
            if count < BATCH:
                break
        return deleted
