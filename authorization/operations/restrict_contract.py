"""Say what a contract is restricted to: its provider does."""

from dataclasses import dataclass

from authorization.model.restrictions import MAX_HOURS, MAX_SITES, Restrictions
from authorization.model.site import zone_of
from authorization.operations.own_contract import own_contract, readable_contract
from authorization.operations.place_ports import OpenPlaceUnitOfWork, RestrictionReader
from authorization.operations.ports import ContractFinder
from contract_service.model.contract import Contract
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class RestrictContract:
    """Shows, stores and removes a contract's restrictions; the next decision follows them."""

    contracts: ContractFinder
    restrictions: RestrictionReader
    open_unit_of_work: OpenPlaceUnitOfWork
    clock: Clock

    def show(self, principal: Principal, emaid: Emaid) -> Restrictions:
        """Return what the contract is restricted to; raises as `readable_contract`."""
        contract = readable_contract(principal, self.contracts, emaid)
        return self.restrictions.find(contract.contract_id) or Restrictions()

    def put(self, principal: Principal, emaid: Emaid, wanted: Restrictions) -> None:
        """Store the restrictions and no others.

        Raises as `own_contract`, MALFORMED (`invalid_site` for the time zone), INVALID
        (`invalid_restrictions`: an empty or too long list; what nothing is allowed by is a
        suspension).
        """
        contract = own_contract(principal, self.contracts, emaid)
        zone_of(wanted.time_zone)
        for name, values, most in (
            ("connector_types", wanted.connector_types, None),
            ("hours", wanted.hours, MAX_HOURS),
            ("sites", wanted.sites, MAX_SITES),
            ("energy_transfer", wanted.energy_transfer, None),
        ):
            if values is not None and (not values or (most is not None and len(values) > most)):
                raise ServiceError(
                    Kind.INVALID,
                    "invalid_restrictions",
                    "a list that is given has something in it, and not too much; leave it out to "
                    "restrict nothing, suspend the contract to allow nothing",
                    {name: "empty" if not values else f"more than {most}"},
                )
        now = self.clock()
        with self.open_unit_of_work() as work:
            work.restrictions.put(contract.contract_id, contract.provider_id, wanted, now)
            work.events.append(self._event("contract_restrictions.changed", contract, principal))
            work.commit()

    def remove(self, principal: Principal, emaid: Emaid) -> None:
        """Remove the restrictions, if there are any; raises as `own_contract`."""
        contract = own_contract(principal, self.contracts, emaid)
        with self.open_unit_of_work() as work:
            if work.restrictions.remove(contract.contract_id):
                work.events.append(
                    self._event("contract_restrictions.removed", contract, principal)
                )
                work.commit()

    def _event(self, type_: str, contract: Contract, principal: Principal) -> Event:
        subject = {"contract_id": contract.contract_id}
        return Event(type_, self.clock(), principal.client_id, (contract.provider_id,), subject)
