"""Take contract data out of the pool, with the revocation of what we issued (OPCP)."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_service.model.contract_data import ContractData
from contract_service.operations.access import owned_emaid
from contract_service.operations.cps_ports import PROVISIONING_SERVICE
from contract_service.operations.pool_contract_data import data_event
from contract_service.operations.pool_ports import ContractPool, OpenPoolUnitOfWork
from contract_service.operations.ports import RevokeLeaf
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Pcid
from foundation.principal import Principal
from pki.model.certificate_reference import BySerial
from pki.model.roles import RevocationReason


@dataclass(frozen=True, slots=True)
class DeleteContractData:
    """Revokes the certificates that our authorities issued, then deletes; safe to repeat.

    Where a revocation fails the data stay, and the deletion can be asked for again (OPCP 1.0.0,
    Automatic revocation). The contract itself stands: other data can be provisioned for it.
    """

    pool: ContractPool
    open_unit_of_work: OpenPoolUnitOfWork
    revoke: RevokeLeaf
    clock: Clock

    def __call__(self, principal: Principal, emaid: str, *, revoke: bool = True) -> None:
        """Delete the data of a contract for every schema.

        Raises MALFORMED, FORBIDDEN for another provider's, NOT_FOUND where the pool has none, and
        what revoking raises.
        """
        parsed = owned_emaid(principal, emaid)
        found = [pooled.data for pooled in self.pool.of_contract(parsed, None)]
        if not found:
            raise contract_data_unknown()
        self._delete(principal, found, revoke=revoke)

    def of_vehicle(self, principal: Principal, pcid: Pcid) -> None:
        """Delete what hangs on a vehicle that its manufacturer has deleted: `VehicleDeleted`."""
        found = [pooled.data for pooled in self.pool.of_vehicle(pcid, None)]
        self._delete(principal, found, revoke=True)

    def _delete(self, principal: Principal, found: Sequence[ContractData], *, revoke: bool) -> None:
        if not found:
            return
        for data in found:
            if revoke and data.issuer is not None:
                # for whoever may delete: a manufacturer does not own the certificate
                self.revoke(
                    PROVISIONING_SERVICE,
                    BySerial(data.issuer, data.serial),
                    RevocationReason.CESSATION_OF_OPERATION,
                )
        now = self.clock()
        with self.open_unit_of_work() as work:
            work.pool.delete([data.data_id for data in found])
            for data in found:
                work.events.append(data_event("contract_data.deleted", data, principal, now))
            work.commit()


def contract_data_unknown() -> ServiceError:
    """Return the NOT_FOUND where the pool has nothing of a contract."""
    return ServiceError(
        Kind.NOT_FOUND,
        "contract_data_unknown",
        "the pool has no contract data for this; check the ids, or provision the contract",
    )
