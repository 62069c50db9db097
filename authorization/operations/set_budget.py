"""What a provider lets a contract use: set, shown, taken back."""

from dataclasses import dataclass

from authorization.model.budget import Budget
from authorization.model.session import SessionPolicy
from authorization.model.standing import Standing
from authorization.operations.own_contract import own_contract, readable_contract
from authorization.operations.ports import ContractFinder, OpenUnitOfWork
from authorization.operations.session_ports import StandingReader
from contract_service.model.contract import Contract
from foundation.clock import Clock
from foundation.events import Event
from foundation.identifiers import Emaid
from foundation.lookup import FetchTogether
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Set or take back the budget of a contract of one's own; the next decision follows it."""

    contracts: ContractFinder
    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, emaid: Emaid, budget: Budget) -> None:
        """Store the budget in place of the one before; raises as `own_contract`."""
        contract = own_contract(principal, self.contracts, emaid)
        with self.open_unit_of_work() as work:
            work.budgets.put(contract.contract_id, budget, self.clock())
            work.events.append(self._event("budget.set", principal, contract))
            work.commit()

    def remove(self, principal: Principal, emaid: Emaid) -> None:
        """Delete the budget, where there is one: the policy's default holds again."""
        contract = own_contract(principal, self.contracts, emaid)
        with self.open_unit_of_work() as work:
            if work.budgets.lock(contract.contract_id) is None:
                return
            work.budgets.remove(contract.contract_id)
            work.events.append(self._event("budget.removed", principal, contract))
            work.commit()

    def _event(self, type_: str, principal: Principal, contract: Contract) -> Event:
        subject = {"contract_id": contract.contract_id}
        return Event(type_, self.clock(), principal.client_id, (contract.provider_id,), subject)


@dataclass(frozen=True, slots=True)
class ShowBudget:
    """Show a budget and what is used of it to whoever owns the contract."""

    contracts: ContractFinder
    fetch: FetchTogether
    standings: StandingReader
    policy: SessionPolicy

    def __call__(self, principal: Principal, emaid: Emaid) -> tuple[Budget, Standing]:
        """Return the budget that holds (the policy's where none is set) and how it stands.

        Raises as `readable_contract`.
        """
        contract = readable_contract(principal, self.contracts, emaid)
        (standing,) = self.fetch(self.standings.lookup(contract.contract_id, lambda found: found))
        return standing.budget or Budget(self.policy.at_once), standing
