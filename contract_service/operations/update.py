"""Find the next certificate of a contract that a vehicle has (CertificateUpdate, ISO 15118-2)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from contract_service.model.contract import Contract, ContractCertificate, names_contract
from contract_service.model.contract_data import (
    InstallationAction,
    Origin,
    PooledContract,
    undeliverable,
)
from contract_service.model.vehicle import VehicleDirectory
from contract_service.model.vehicle_request import VehicleRequest
from contract_service.operations.cps_ports import PROVISIONING_SERVICE
from contract_service.operations.pool_contract_data import Term
from contract_service.operations.pool_ports import ContractPool
from contract_service.operations.ports import ContractReader
from contract_service.operations.provision import ProvisionContract
from exi import Schema
from foundation.errors import Refused, ServiceError
from foundation.identifiers import Emaid, InvalidIdentifier

RENEWAL_SHARE = 3
"""Own judgement: a third of its life before a certificate ends, its holder may have the next one
made. Before that, and for contracts of other authorities, what the provider prepared counts."""


@dataclass(frozen=True, slots=True)
class HeldContract:
    """A contract and the certificate of it that the vehicle presents."""

    contract: Contract
    certificate: ContractCertificate


@dataclass(frozen=True, slots=True)
class FindUpdate:
    """Finds contract data wrapped for a contract's own key, and has them made where it is time.

    Every provisioning prepares an update for the certificates that the contract has by then. So
    there is nothing to do for a vehicle but to fetch it, unless its provider has not provisioned
    anew: then, near the end of the certificate, the next one is provisioned here, as the provider
    would have done.
    """

    contracts: ContractReader
    pool: ContractPool
    vehicles: VehicleDirectory
    provision: ProvisionContract

    def held(self, asked: VehicleRequest) -> HeldContract | Refused:
        """Return the contract whose recorded certificate a request presents.

        A certificate that merely names the EMAID, of whichever authority, is not enough.
        """
        try:
            emaid = Emaid.parse(asked.emaid or "")
            named = Emaid.parse(asked.leaf.common_name or "")
        except InvalidIdentifier as wrong:
            return Refused(wrong.code, "the request or its certificate names no EMAID")
        if not names_contract(named, emaid):
            return Refused("emaid_mismatch", "the request names another EMAID than its certificate")
        contract = self.contracts.find(emaid)
        fingerprint = hashlib.sha256(asked.leaf.der).hexdigest()
        for certificate in self.contracts.certificates(emaid) if contract is not None else ():
            if contract is not None and certificate.fingerprint == fingerprint:
                return HeldContract(contract, certificate)
        return Refused("certificate_unknown", "no contract here has this certificate")

    def __call__(
        self, held: HeldContract, recipient_key: str, at: datetime
    ) -> PooledContract | Refused:
        """Return contract data newer than what the vehicle holds, or why there are none."""
        pooled = self._pooled(held)
        if pooled is None:
            return Refused("no_contract", "this contract has no data in the pool")
        refused = undeliverable(pooled, pooled.data.recipient_key, at)
        if refused is not None:
            return refused
        if self._is_prepared(pooled, held, recipient_key):
            return pooled
        if pooled.data.origin is not Origin.GENERATED:
            return Refused("provider_renews", "the contract's provider has not renewed it yet")
        life = held.certificate.not_after - held.certificate.not_before
        if held.certificate.not_after - at > life / RENEWAL_SHARE:
            return Refused("renewal_too_early", "the certificate has most of its life before it")
        made = self._provision(pooled)
        if isinstance(made, Refused):
            return made
        pooled = self._pooled(held)
        if pooled is None or not self._is_prepared(pooled, held, recipient_key):
            return Refused(
                "nothing_prepared", "the next certificate cannot be wrapped for this one"
            )
        return pooled

    def _pooled(self, held: HeldContract) -> PooledContract | None:
        found = self.pool.of_contract(held.contract.emaid, Schema.ISO15118_2)
        return found[0] if found else None

    def _is_prepared(self, pooled: PooledContract, held: HeldContract, recipient_key: str) -> bool:
        return pooled.data.fingerprint != held.certificate.fingerprint and bool(
            self.pool.answers(pooled.data.data_id, InstallationAction.UPDATE, recipient_key)
        )

    def _provision(self, pooled: PooledContract) -> Refused | None:
        data = pooled.data
        vehicle = self.vehicles.find(data.pcid, data.schema)
        if vehicle is None:
            return Refused("vehicle_unknown", "the contract's vehicle is not published any more")
        try:
            self.provision.for_vehicle(PROVISIONING_SERVICE, data.emaid, vehicle, Term())
        except ServiceError as failure:
            return Refused(failure.code, failure.detail)
        return None
