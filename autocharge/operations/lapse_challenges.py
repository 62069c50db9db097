"""Let challenges lapse that nobody answered in time, and forget old ones."""

from dataclasses import dataclass
from datetime import datetime

from autocharge.model.challenge import ChallengeEvent, ClaimPolicy, happens
from autocharge.operations.answer_challenge import holder_of
from autocharge.operations.claim import DAY, tell_answered
from autocharge.operations.ports import OpenUnitOfWork
from foundation.errors import Refused
from foundation.principal import LOCAL_ADMINISTRATOR

BATCH = 100


@dataclass(frozen=True, slots=True)
class LapseChallenges:
    """Background work; safe to repeat and to run in several processes."""

    open_unit_of_work: OpenUnitOfWork
    policy: ClaimPolicy

    def __call__(self, now: datetime) -> int:
        """Close what is overdue, delete what was kept long enough; return how many lapsed."""
        lapsed = 0
        while True:
            with self.open_unit_of_work() as work:
                overdue = work.challenges.overdue(now, BATCH)
                for challenge, identifier in overdue:
                    after = happens(challenge, ChallengeEvent.LAPSE, now)
                    if isinstance(after, Refused):
                        continue
                    work.challenges.put(after)
                    tell_answered(
                        work,
                        after,
                        ChallengeEvent.LAPSE.value,
                        holder_of(after, work.enrolments.find(identifier)),
                        LOCAL_ADMINISTRATOR.client_id,
                        now,
                    )
                if not overdue:
                    work.challenges.forget(now - self.policy.kept, BATCH)
                    work.claims_met.forget(now - DAY)
                work.commit()
            lapsed += len(overdue)
            if not overdue:
                return lapsed
