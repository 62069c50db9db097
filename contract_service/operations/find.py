"""Find a contract and its certificates, as the decision does for every request."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from contract_service.model.contract import (
    Contract,
    ContractCertificate,
    ContractStatus,
    identity,
)
from contract_service.operations.ports import ContractReader
from foundation.identifiers import Emaid


@dataclass(frozen=True, slots=True)
class FindContract:
    """Look contracts up for other contexts; every call sees what is committed by then.

    Asks nobody's permission: its callers decide on the answer and never hand it out.
    """

    contracts: ContractReader

    def __call__(self, emaid: Emaid) -> Contract | None:
        """Return the contract that `emaid` names in any spelling, else None."""
        return self.contracts.find(emaid)

    def by_id(self, contract_id: str) -> Contract | None:
        """Return the contract with this random id, else None."""
        return self.contracts.by_id(contract_id)

    def standing(self, emaid: Emaid) -> Emaid | None:
        """Return the contract's EMAID where the contract is active, else None.

        Whether it has begun or run out is for the decision to say.
        """
        contract = self.contracts.find(emaid)
        if contract is None or contract.status is not ContractStatus.ACTIVE:
            return None
        return contract.emaid

    def standing_many(self, emaids: Collection[Emaid]) -> Mapping[Emaid, Emaid]:
        """Return of these EMAIDs those that name an active contract, each with the contract's."""
        contracts = {
            identity(contract.emaid): contract.emaid
            for contract in self.contracts.find_many(emaids)
            if contract.status is ContractStatus.ACTIVE
        }
        named = {emaid: contracts.get(identity(emaid)) for emaid in emaids}
        return {emaid: own for emaid, own in named.items() if own is not None}

    def certificates(self, emaid: Emaid) -> tuple[ContractCertificate, ...]:
        """Return the certificates recorded for that EMAID and no other, latest first."""
        return self.contracts.certificates(emaid)
