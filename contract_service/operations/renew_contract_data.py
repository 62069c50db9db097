"""Provision contract data anew: before they run out, and for a vehicle's new certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contract_service.model.contract_data import (
    ContractData,
    Origin,
    PooledContract,
    recorded_key_fingerprint,
)
from contract_service.model.renewal_policy import Due, RenewalPolicy, RenewalReason, due
from contract_service.model.vehicle import VehicleDirectory
from contract_service.operations.access import existing, owned_emaid
from contract_service.operations.pool_contract_data import (
    CONTRACT_DATA_CHANGED,
    Renewal,
    Term,
    data_event,
)
from contract_service.operations.pool_ports import ContractPool, OpenPoolUnitOfWork
from contract_service.operations.ports import ContractReader
from contract_service.operations.provision import ProvisionContract
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class RenewContractData:
    """Renews what the pool has of one contract at once, whether it is due or not."""

    contracts: ContractReader
    pool: ContractPool
    provision: ProvisionContract

    def __call__(self, principal: Principal, emaid: str) -> Sequence[ContractData]:
        """Return the new contract data of `emaid` (any spelling), one for each schema.

        Each stands on its own: where a later one is refused the earlier ones are renewed. Raises
        MALFORMED, FORBIDDEN, NOT_FOUND for a contract or contract data that are not there,
        CONFLICT `contract_data_of_provider` where a provider's own authority made them,
        `contract_bound_otherwise`, and what provisioning raises.
        """
        parsed = owned_emaid(principal, emaid)
        contract = existing(self.contracts.find(parsed))
        standing = self.pool.of_contract(parsed, None)
        if not standing:
            raise ServiceError(
                Kind.NOT_FOUND,
                "no_contract_data",
                "the pool has nothing of this contract; provision it for a vehicle first",
            )
        ours = [pooled for pooled in standing if pooled.data.origin is Origin.GENERATED]
        if not ours:
            raise ServiceError(
                Kind.CONFLICT,
                "contract_data_of_provider",
                "this contract's data are of the provider's own authority, which alone can make "
                "new ones: sign and send them",
            )
        if any(pooled.data.pcid != contract.pcid for pooled in ours):
            raise ServiceError(
                Kind.CONFLICT,
                "contract_bound_otherwise",
                "the contract was bound to another vehicle, or none, since; delete its data and "
                "provision it for that one",
            )
        return [renew(self.provision, principal, one, RenewalReason.ASKED) for one in ours]


class RenewDueContractData:
    """Renews what is due, a page of the pool a round; safe to repeat and to run many times at once.

    Whoever claims an entry first tries it, and nobody else does so for the policy's `retry_after`;
    a new key of the vehicle may be tried at once. Each process goes round and round, and remembers
    how far it came.
    """

    def __init__(
        self,
        pool: ContractPool,
        open_unit_of_work: OpenPoolUnitOfWork,
        vehicles: VehicleDirectory,
        provision: ProvisionContract,
        policy: RenewalPolicy,
    ) -> None:
        self._pool = pool
        self._open_unit_of_work = open_unit_of_work
        self._vehicles = vehicles
        self._provision = provision
        self._policy = policy
        self._after = ""

    def __call__(self, now: datetime) -> int:
        """Return how many entries were due and tried, or announced, here."""
        page = self._pool.after(self._after, self._policy.looked_at_a_round)
        tried = 0
        for pooled in page:
            if tried == self._policy.renewed_a_round:
                return tried
            self._after = pooled.data.data_id
            tried += self._looked_at(pooled, now)
        if len(page) < self._policy.looked_at_a_round:
            self._after = ""
        return tried

    def _looked_at(self, pooled: PooledContract, now: datetime) -> bool:
        vehicle = self._vehicles.find(pooled.data.pcid, pooled.data.schema)
        key = None if vehicle is None else recorded_key_fingerprint(vehicle.certificate)
        needed = due(pooled, key, self._policy, now)
        if needed is None or not self._claim(pooled, key, needed, now):
            return False
        if needed.ours:
            self._renew(pooled, needed.reason, now)
        return True

    def _claim(self, pooled: PooledContract, key: str | None, needed: Due, now: datetime) -> bool:
        """Claim an entry; of one that the provider alone can renew that is told with the claim."""
        data = pooled.data
        until = now + self._policy.retry_after if needed.ours else data.not_after
        with self._open_unit_of_work() as work:
            if not work.pool.claim_renewal(data.data_id, key or "", until, now):
                return False
            if not needed.ours:
                work.events.append(
                    data_event(
                        "contract_data.renewal_due",
                        data,
                        renewing(pooled),
                        now,
                        reason=needed.reason.value,
                    )
                )
            work.commit()
        return True

    def _renew(self, pooled: PooledContract, reason: RenewalReason, now: datetime) -> None:
        principal = renewing(pooled)
        try:
            renew(self._provision, principal, pooled, reason)
        except ServiceError as refusal:
            if refusal.code == CONTRACT_DATA_CHANGED:
                return
            with self._open_unit_of_work() as work:
                work.events.append(
                    data_event(
                        "contract_data.renewal_failed",
                        pooled.data,
                        principal,
                        now,
                        reason=reason.value,
                        code=refusal.code,
                    )
                )
                work.commit()


def renew(
    provision: ProvisionContract,
    principal: Principal,
    pooled: PooledContract,
    reason: RenewalReason,
) -> ContractData:
    """Provision a contract anew for the vehicle and schema of `pooled`; return what stands then.

    Raises CONFLICT `contract_data_changed` where somebody was faster, and what provisioning does.
    """
    data = pooled.data
    vehicle = provision.vehicle(data.pcid, data.schema)
    renewal = Renewal(data.data_id, reason)
    return provision.for_vehicle(principal, data.emaid, vehicle, Term(), renewal)


def renewing(pooled: PooledContract) -> Principal:
    """Return who renews a contract by itself: nobody's client, with that provider's id alone.

    A fault in the choice of what is renewed can thereby not touch another provider's contract.
    """
    provider = frozenset({pooled.contract.provider_id})
    return Principal("contract-renewal", frozenset({ClientRole.MO}), provider)
