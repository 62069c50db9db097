"""Bind a contract to a vehicle."""

from dataclasses import dataclass, replace

from contract_service.model.contract import Contract, ContractStatus
from contract_service.operations.access import existing, owned_emaid
from contract_service.operations.change_status import contract_event
from contract_service.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Pcid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class BindPcid:
    """Bind a contract to the vehicle with a PCID, to another one, or (None) to no vehicle."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, emaid: str, pcid: str | None) -> Contract:
        """Bind the contract of `emaid` (any spelling) and return it; repeating is harmless.

        Raises MALFORMED, FORBIDDEN, NOT_FOUND, or CONFLICT where the contract is terminated.
        """
        parsed = owned_emaid(principal, emaid)
        vehicle = None if pcid is None else Pcid.parse(pcid)
        now = self.clock()
        with self.open_unit_of_work() as work:
            contract = existing(work.contracts.lock(parsed))
            if contract.status is ContractStatus.TERMINATED:
                raise ServiceError(
                    Kind.CONFLICT,
                    "contract_terminated",
                    "a terminated contract cannot be bound; create a new contract",
                )
            if _spelling(contract.pcid) != _spelling(vehicle):  # equal values may differ in case
                work.contracts.set_pcid(contract.contract_id, vehicle)
                work.events.append(
                    contract_event("contract.vehicle_bound", contract, principal, now)
                )
                work.commit()
        return replace(contract, pcid=vehicle)


def _spelling(pcid: Pcid | None) -> str | None:
    return None if pcid is None else pcid.value
