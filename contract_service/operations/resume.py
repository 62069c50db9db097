"""Resume a suspended contract."""

from dataclasses import dataclass

from contract_service.model.contract import Contract, Transition
from contract_service.operations.change_status import change_status
from contract_service.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ResumeContract:
    """Make a suspended contract active again, effective with the next decision."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, emaid: str) -> Contract:
        """Resume the contract of `emaid` (any spelling) and return it; repeating is harmless.

        Raises MALFORMED, FORBIDDEN, NOT_FOUND, or CONFLICT where it is terminated.
        """
        return change_status(
            self.open_unit_of_work, principal, emaid, Transition.RESUME, self.clock()
        )
