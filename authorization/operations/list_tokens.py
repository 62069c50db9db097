"""Show a contract's tokens."""

from dataclasses import dataclass

from authorization.operations.own_contract import own_contract
from authorization.operations.ports import ContractFinder, ListedToken, TokenReader
from foundation.identifiers import Emaid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ListTokens:
    """Show a contract's tokens to its provider."""

    contracts: ContractFinder
    tokens: TokenReader

    def __call__(self, principal: Principal, emaid: Emaid) -> tuple[ListedToken, ...]:
        """Return the tokens, oldest first, uids masked; raises as `own_contract`."""
        contract = own_contract(principal, self.contracts, emaid)
        return self.tokens.of_contract(contract.contract_id)
