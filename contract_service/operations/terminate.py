"""End a contract for good and revoke what was issued for it."""

from dataclasses import dataclass

from contract_service.model.contract import Contract, Transition
from contract_service.operations.change_status import change_status
from contract_service.operations.ports import ContractReader, OpenUnitOfWork, RevokeLeaf
from foundation.clock import Clock
from foundation.errors import ServiceError
from foundation.principal import Principal
from pki.model.certificate_reference import BySerial
from pki.model.roles import RevocationReason

_AT_ONCE = 1000
"""How many revocations one call does at most; background work does the rest."""


@dataclass(frozen=True, slots=True)
class TerminateContract:
    """Terminate a contract, then revoke its certificates (RFC 5280: cessationOfOperation).

    One transaction ends the contract, with which no decision accepts it any more, and notes which
    revocations are due. Each is settled once it is done, so whatever a crash leaves over is done
    by the next call, or by `finish`, which background work calls.
    """

    open_unit_of_work: OpenUnitOfWork
    contracts: ContractReader
    revoke: RevokeLeaf
    clock: Clock

    def __call__(self, principal: Principal, emaid: str) -> Contract:
        """Terminate the contract of `emaid` (any spelling) and return it; repeating is harmless.

        Certificates of foreign authorities are theirs to revoke. Raises MALFORMED, FORBIDDEN,
        NOT_FOUND, or what revoking raises.
        """
        contract = change_status(
            self.open_unit_of_work, principal, emaid, Transition.TERMINATE, self.clock()
        )
        for issuer, serial in self.contracts.revocations_due(contract.contract_id, _AT_ONCE):
            self._revoke(principal, issuer, serial)
        return contract

    def finish(self, principal: Principal) -> int:
        """Do revocations that interrupted terminations left over; return how many remain."""
        remaining = 0
        for issuer, serial in self.contracts.revocations_due(None, _AT_ONCE):
            try:
                self._revoke(principal, issuer, serial)
            except ServiceError:  # the next round tries again; others need not wait for it
                remaining += 1
        return remaining

    def _revoke(self, principal: Principal, issuer: str, serial: str) -> None:
        self.revoke(principal, BySerial(issuer, serial), RevocationReason.CESSATION_OF_OPERATION)
        with self.open_unit_of_work() as work:
            work.contracts.settle_revocation(issuer, serial)
            work.commit()
