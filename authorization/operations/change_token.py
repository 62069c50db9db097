"""Block, unblock or remove a contract's token."""

from dataclasses import dataclass

from authorization.model.access_token import AccessToken, TokenStatus
from authorization.operations.own_contract import own_contract, token_event
from authorization.operations.ports import ContractFinder, OpenUnitOfWork
from contract_service.model.contract import Contract
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ChangeToken:
    """Block, unblock or remove a token; effective in the next decision."""

    contracts: ContractFinder
    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def set_status(
        self, principal: Principal, emaid: Emaid, token_id: str, status: TokenStatus
    ) -> None:
        """Set the status; repeating it changes nothing.

        Raises as `own_contract`, and NOT_FOUND (`token_not_found`).
        """
        contract = own_contract(principal, self.contracts, emaid)
        with self.open_unit_of_work() as work:
            token = _of_contract(work.tokens.lock(token_id), contract)
            if token.status is status:
                return
            now = self.clock()
            work.tokens.set_status(token_id, status, now)
            word = "blocked" if status is TokenStatus.BLOCKED else "unblocked"
            work.events.append(token_event(f"access_token.{word}", token, principal, now))
            work.commit()

    def remove(self, principal: Principal, emaid: Emaid, token_id: str) -> None:
        """Delete the token, its hash and its sealed uid; raises as `set_status`."""
        contract = own_contract(principal, self.contracts, emaid)
        with self.open_unit_of_work() as work:
            token = _of_contract(work.tokens.lock(token_id), contract)
            now = self.clock()
            work.tokens.remove(token_id, now)
            work.events.append(token_event("access_token.removed", token, principal, now))
            work.commit()


def _of_contract(token: AccessToken | None, contract: Contract) -> AccessToken:
    if token is None or token.contract_id != contract.contract_id:
        raise ServiceError(Kind.NOT_FOUND, "token_not_found", "the contract has no such token")
    return token
