"""The provisioning service (CPS), the contract pool and installation, built on their stores."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from contract_service.api.contract_life_cycle import LifeCycleOperations
from contract_service.api.opcp_contracts import ContractPoolOperations
from contract_service.api.opcp_cps import CpsOperations
from contract_service.api.signed_contract_data import AnswerInstallation
from contract_service.model.renewal_policy import RenewalPolicy
from contract_service.operations.add_signed_contract_data import AddSignedContractData
from contract_service.operations.choose_answer import ChooseAnswer, KnownRoots
from contract_service.operations.cps_signers import (
    FindSigners,
    IssueCpsSigner,
    ListSigners,
    RenewCpsSigners,
)
from contract_service.operations.delete_contract_data import DeleteContractData
from contract_service.operations.install import InstallContract
from contract_service.operations.installation_limits import InstallationLimits
from contract_service.operations.maintain_pool import CleansePool, RenewSignatures
from contract_service.operations.pool_contract_data import PoolContractData
from contract_service.operations.provision import ProvisionContract
from contract_service.operations.provision_contracts import ProvisionContracts
from contract_service.operations.read_contract_pool import (
    ListVehicleContracts,
    LookUpContract,
    ProvideContractData,
    SetDefaultContract,
)
from contract_service.operations.read_installation import ReadInstallation
from contract_service.operations.renew_contract_data import (
    RenewContractData,
    RenewDueContractData,
)
from contract_service.operations.sign_contract_data import SignContractData
from contract_service.operations.update import FindUpdate
from contract_service.profiles.renewal import load_renewal_policy
from contract_service.store.contract_pool import SqlContractPool
from contract_service.store.contract_pool_work import SqlPoolUnitsOfWork
from contract_service.store.contracts import SqlContractReader
from contract_service.store.cps_signers import SqlSignerRows
from contract_service.store.installations import SqlInstallationLog
from foundation.identifiers import Pcid
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds
from pki.keys.sealed import generate_key
from server.housekeeping import Chore
from server.wiring_pools import PoolServices

CONTRACT_CERTIFICATE_LIFETIME = timedelta(days=365)
CONTRACT_ISSUER = "mo-sub2"


class ProvisioningServices(PoolServices):
    """CPS leaves, provisioning, the contract pool, installation."""

    # the provisioning service

    @cached_property
    def _signer_rows(self) -> SqlSignerRows:
        return SqlSignerRows(self.database)

    @cached_property
    def find_cps_signers(self) -> FindSigners:
        """The CPS leaves that may sign now."""
        return FindSigners(self._signer_rows, self.keys, self.validate_chain, self.clock)

    @cached_property
    def list_cps_signers(self) -> ListSigners:
        """Lists CPS leaves."""
        return ListSigners(self.find_cps_signers)

    @cached_property
    def renew_cps_signers(self) -> RenewCpsSigners:
        """Makes the CPS leaves that are due."""
        return RenewCpsSigners(
            self.authorities,
            self._signer_rows,
            IssueCpsSigner(self.keys, self.issue_certificate, self._signer_rows, self.clock),
        )

    # provisioning

    @cached_property
    def contract_reader(self) -> SqlContractReader:
        """Contracts, to read."""
        return SqlContractReader(self.database)

    @cached_property
    def contract_pool(self) -> SqlContractPool:
        """The contract pool, to read."""
        return SqlContractPool(self.database)

    @cached_property
    def contract_pool_work(self) -> SqlPoolUnitsOfWork:
        """The contract pool, to change."""
        return SqlPoolUnitsOfWork(self.database, self.outbox)

    @cached_property
    def _pool_contract_data(self) -> PoolContractData:
        return PoolContractData(self.contract_pool_work, self.clock)

    @cached_property
    def provision_contract(self) -> ProvisionContract:
        """Makes a contract for a vehicle, key and all."""
        return ProvisionContract(
            self.vehicles,
            self.contract_reader,
            self.contract_pool,
            self._pool_contract_data,
            self.issue_certificate,
            self.revoke_certificate,
            self.validate_foreign_chain,
            self.find_cps_signers,
            generate_key,
            self.clock,
            issuer=CONTRACT_ISSUER,
            lifetime=CONTRACT_CERTIFICATE_LIFETIME,
            experimental=self.settings.experimental_ed448,
        )

    @cached_property
    def renewal_policy(self) -> RenewalPolicy:
        """When contract data are due."""
        return load_renewal_policy()

    @cached_property
    def provision_contracts(self) -> ProvisionContracts:
        """Provisions many contracts."""
        return ProvisionContracts(
            self.provision_contract,
            self.vehicles,
            self.contract_pool,
            self.renewal_policy,
            self.clock,
        )

    @cached_property
    def renew_contract_data(self) -> RenewContractData:
        """Renews a contract's data."""
        return RenewContractData(self.contract_reader, self.contract_pool, self.provision_contract)

    @cached_property
    def sign_contract_data(self) -> SignContractData:
        """Signs contract data of a provider with an authority of its own."""
        return SignContractData(
            self.vehicles,
            self._pool_contract_data,
            self.validate_foreign_chain,
            self.find_cps_signers,
            self.clock,
            experimental=self.settings.experimental_ed448,
        )

    @cached_property
    def add_signed_contract_data(self) -> AddSignedContractData:
        """Takes what another provisioning service has signed."""
        return AddSignedContractData(
            self.vehicles,
            self.contract_pool,
            self._pool_contract_data,
            self.validate_foreign_chain,
            self.clock,
            experimental=self.settings.experimental_ed448,
        )

    @cached_property
    def delete_contract_data(self) -> DeleteContractData:
        """Takes contract data out of the pool."""
        return DeleteContractData(
            self.contract_pool, self.contract_pool_work, self.revoke_certificate, self.clock
        )

    def vehicle_deleted(self, principal: Principal, pcid: Pcid) -> None:
        """Delete a vehicle's contract data, and revoke what we issued."""
        self.delete_contract_data.of_vehicle(principal, pcid)

    # installation

    @cached_property
    def choose_answer(self) -> ChooseAnswer:
        """Chooses the prepared answer that a vehicle can verify."""
        return ChooseAnswer(
            self.contract_pool,
            self.find_cps_signers,
            KnownRoots(self.validate_chain.anchors),
            self.validate_foreign_chain,
            self.clock,
        )

    @cached_property
    def _installation_log(self) -> SqlInstallationLog:
        return SqlInstallationLog(self.database, self.outbox)

    @cached_property
    def install_contract(self) -> InstallContract:
        """Answers a vehicle that asks for its contract."""
        return InstallContract(
            self.vehicles,
            self.contract_pool,
            self.choose_answer,
            FindUpdate(
                self.contract_reader, self.contract_pool, self.vehicles, self.provision_contract
            ),
            self.validate_foreign_chain,
            self._installation_log,
            InstallationLimits(),
            TimeOrderedIds(),
            self.clock,
        )

    @cached_property
    def read_installation(self) -> ReadInstallation:
        """Reads how an installation came about."""
        return ReadInstallation(self._installation_log)

    # what the web translates for

    @cached_property
    def cps_operations(self) -> CpsOperations:
        """What `/v1/cps` translates for."""
        return CpsOperations(
            provision=self.provision_contract,
            sign=self.sign_contract_data,
            list_signers=self.list_cps_signers,
        )

    @cached_property
    def contract_pool_operations(self) -> ContractPoolOperations:
        """What `/v1/ccp` translates for."""
        return ContractPoolOperations(
            install=AnswerInstallation(self.install_contract),
            add=self.add_signed_contract_data,
            delete=self.delete_contract_data,
            look_up=LookUpContract(self.contract_pool, self.choose_answer),
            list_of_vehicle=ListVehicleContracts(self.contract_pool),
            provide=ProvideContractData(
                self.contract_pool, self.choose_answer, self.validate_chain, self.clock
            ),
            set_default=SetDefaultContract(self.contract_pool_work),
        )

    @cached_property
    def life_cycle_operations(self) -> LifeCycleOperations:
        """What `/v1/contracts` translates for where contracts are provisioned."""
        return LifeCycleOperations(
            provision_many=self.provision_contracts, renew=self.renew_contract_data
        )

    # background work

    @cached_property
    def _renew_signatures(self) -> RenewSignatures:
        return RenewSignatures(
            self.contract_pool, self.contract_pool_work, self.find_cps_signers, self._signer_rows
        )

    @cached_property
    def _cleanse_pool(self) -> CleansePool:
        return CleansePool(self.contract_pool, self.contract_pool_work, self.validate_chain)

    @cached_property
    def renew_due_contract_data(self) -> RenewDueContractData:
        """Renews what is due."""
        return RenewDueContractData(
            self.contract_pool,
            self.contract_pool_work,
            self.vehicles,
            self.provision_contract,
            self.renewal_policy,
        )

    def provisioning_chores(self) -> Sequence[Chore]:
        """What the provisioning service and the contract pool need from time to time."""
        return (
            Chore("cps_signers", timedelta(minutes=1), self.renew_cps_signers),
            Chore("contract_signatures", timedelta(seconds=10), self._renew_signatures),
            Chore("contract_pool", timedelta(minutes=1), self._cleanse_pool),
            Chore("contract_renewals", timedelta(seconds=10), self.renew_due_contract_data),
        )
