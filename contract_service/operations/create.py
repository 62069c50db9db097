"""Create a contract."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from contract_service.model.contract import Contract, ContractStatus
from contract_service.operations.access import owned_emaid
from contract_service.operations.change_status import contract_event
from contract_service.operations.ports import OpenUnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Pcid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class CreateContract:
    """Create an active contract; contract and event become visible at once or not at all."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        emaid: str,
        pcid: str | None = None,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        *,
        allow_bare_emaid: bool = False,
    ) -> Contract:
        """Create the contract of `emaid` (ISO form, any separators), running from now by default.

        Raises MALFORMED for what is no EMAID or PCID or could not be issued, FORBIDDEN for
        another provider's, INVALID for a term that ends before it begins, CONFLICT where the
        EMAID, in any spelling, has a contract already.
        """
        parsed = owned_emaid(principal, emaid)
        now = self.clock()
        begins = valid_from or now
        if valid_until is not None and valid_until <= begins:
            raise ServiceError(
                Kind.INVALID,
                "term_ends_before_it_begins",
                "give a valid_until that is later than valid_from",
                {"valid_until": "not later than the beginning"},
            )
        contract = Contract(
            contract_id=str(uuid.uuid4()),
            emaid=parsed,
            provider_id=parsed.provider_id,
            pcid=None if pcid is None else Pcid.parse(pcid),
            status=ContractStatus.ACTIVE,
            allow_bare_emaid=allow_bare_emaid,
            valid_from=begins,
            valid_until=valid_until,
            created_at=now,
        )
        with self.open_unit_of_work() as work:
            # a spelling that we would not issue may still name a contract: that is the better news
            if work.contracts.lock(parsed) is not None:
                raise contract_exists()
            parsed.require_issuable()
            work.contracts.add(contract)
            work.events.append(contract_event("contract.created", contract, principal, now))
            work.commit()
        return contract


def contract_exists() -> ServiceError:
    """Return the CONFLICT that a second contract with one EMAID meets."""
    return ServiceError(
        Kind.CONFLICT,
        "contract_exists",
        "there is a contract with this EMAID, perhaps in another spelling; look at it, or choose "
        "another EMAID",
    )
