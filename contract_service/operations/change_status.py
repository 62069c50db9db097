"""What suspending, resuming and terminating have in common."""

from dataclasses import replace
from datetime import datetime

from contract_service.model.contract import Contract, ContractStatus, Transition, transit
from contract_service.operations.access import existing, owned_emaid
from contract_service.operations.ports import OpenUnitOfWork
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.principal import Principal

_EVENTS = {
    Transition.SUSPEND: "contract.suspended",
    Transition.RESUME: "contract.resumed",
    Transition.TERMINATE: "contract.terminated",
}


def change_status(
    open_unit_of_work: OpenUnitOfWork,
    principal: Principal,
    emaid: str,
    transition: Transition,
    now: datetime,
) -> Contract:
    """Move a contract in one transaction and return it as it then is.

    Where it is there already nothing is written and nothing is told. Raises MALFORMED, FORBIDDEN,
    NOT_FOUND, and CONFLICT where the contract's state does not allow it.
    """
    parsed = owned_emaid(principal, emaid)
    with open_unit_of_work() as work:
        contract = existing(work.contracts.lock(parsed))
        after = transit(contract.status, transition)
        if isinstance(after, Refused):
            raise ServiceError(Kind.CONFLICT, after.code, after.detail)
        if after is not contract.status:
            work.contracts.set_status(contract.contract_id, after)
            if after is ContractStatus.TERMINATED:
                work.contracts.owe_revocations(contract.contract_id)
                work.contracts.announce_end(contract)
            work.events.append(contract_event(_EVENTS[transition], contract, principal, now))
            work.commit()
    return replace(contract, status=after)


def contract_event(
    event_type: str, contract: Contract, principal: Principal, now: datetime, **subject: str
) -> Event:
    """Return an event about a contract; whose it is and which vehicle's is personal."""
    return Event(
        event_type,
        now,
        principal.client_id,
        (contract.provider_id,),
        {"contract_id": contract.contract_id, **subject},
        {"emaid": contract.emaid.canonical}
        | ({} if contract.pcid is None else {"pcid": contract.pcid.value}),
    )
