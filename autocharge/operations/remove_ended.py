"""Remove the enrolments of contracts that ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.operations.claim import settle_after_removal
from autocharge.operations.ports import EnrolmentReader, OpenUnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR

BATCH = 100


class EndedContracts(Protocol):
    """Contracts that ended and are not settled yet."""

    def waiting(self, limit: int) -> Sequence[tuple[str, Emaid]]:
        """Return up to `limit` contracts, each by its id and EMAID."""

    def settle(self, contract_id: str) -> None:
        """Note that nothing hangs on the contract any more."""


@dataclass(frozen=True, slots=True)
class RemoveEnded:
    """Background work; safe to repeat, to interrupt and to run in several processes.

    Until it comes to a contract, the decision refuses the contract itself.
    """

    ended: EndedContracts
    enrolments: EnrolmentReader
    open_unit_of_work: OpenUnitOfWork
    policy: ClaimPolicy

    def __call__(self, now: datetime) -> int:
        """Remove what belongs to contracts that ended; return how many enrolments that were."""
        removed = 0
        for contract_id, emaid in self.ended.waiting(BATCH):
            while found := self.enrolments.page(None, emaid, None, BATCH):
                for enrolment, _ in found:
                    self._remove(enrolment.enrolment_id, now)
                removed += len(found)
            self.ended.settle(contract_id)
        return removed

    def _remove(self, enrolment_id: str, now: datetime) -> None:
        client = LOCAL_ADMINISTRATOR.client_id
        with self.open_unit_of_work() as work:
            vehicle = work.enrolments.lock_vehicle(enrolment_id)
            if vehicle is None:
                return  # somebody else removed it, or moved it: the next look tells
            identifier, standing = vehicle
            remaining = [one for one in standing if one.enrolment_id != enrolment_id]
            [ended] = [one for one in standing if one.enrolment_id == enrolment_id]
            cause = Cause(client, now, Reason.CONTRACT_TERMINATED)
            take_step(work, ended, EnrolmentEvent.END, cause)
            work.enrolments.delete(enrolment_id)
            settle_after_removal(work, self.policy, identifier, remaining, client, now)
            work.commit()
