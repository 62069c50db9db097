"""What the operations on contracts need from outside."""

from typing import Protocol

from contract_service.model.contract import Contract, ContractCertificate
from foundation.identifiers import Emaid


class ContractReader(Protocol):
    """Committed contracts, read outside any unit of work."""

    def find(self, emaid: Emaid) -> Contract | None:
        """Return the contract that `emaid` names in any spelling, else None."""

    def by_id(self, contract_id: str) -> Contract | None:
        """Return the contract with this random id, else None."""

    def certificates(self, emaid: Emaid) -> tuple[ContractCertificate, ...]:
        """Return the certificates recorded for that EMAID and no other, latest first."""
