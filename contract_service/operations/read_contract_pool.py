"""Read the contract pool: look a contract up, list a vehicle's, hand an answer to its maker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contract_service.model.contract_data import (
    InstallationAction,
    PooledContract,
    undeliverable,
)
from contract_service.model.prepared_answer import NO_SESSION, finish
from contract_service.model.root_pool import is_root_reference, names_root
from contract_service.operations.choose_answer import ChooseAnswer
from contract_service.operations.cps_ports import ValidateChain
from contract_service.operations.delete_contract_data import contract_data_unknown
from contract_service.operations.pool_ports import ContractPool, OpenPoolUnitOfWork
from exi import Schema
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.principal import ClientRole, Principal
from pki.model.roles import CertificateRole


@dataclass(frozen=True, slots=True)
class LookUpContract:
    """Says what the pool has of a contract."""

    pool: ContractPool
    choose: ChooseAnswer

    def __call__(
        self, principal: Principal, emaid: str, schema: Schema | None, root: str | None = None
    ) -> Sequence[PooledContract]:
        """Return it for the contract's provider, the vehicle's manufacturer, CPOs and auditors.

        `root` (SHA-256 or id) leaves out what is not signed below that V2G root.

        Raises MALFORMED, FORBIDDEN to other roles, NOT_FOUND where there is nothing that the
        asker may see.
        """
        principal.require_role(ClientRole.MO, ClientRole.OEM, ClientRole.CPO, ClientRole.AUDITOR)
        parsed = Emaid.parse(emaid)
        found = [
            pooled
            for pooled in self.pool.of_contract(parsed, schema)
            if (sees_vehicle(principal, pooled) or ClientRole.CPO in principal.roles)
            and (root is None or self._signed_below(pooled, root))
        ]
        if not found:
            raise contract_data_unknown()
        return found

    def _signed_below(self, pooled: PooledContract, root: str) -> bool:
        roots = self.choose.any_root(pooled, pooled.data.recipient_key)
        return is_root_reference(root) and any(names_root(root, one) for one in roots)


def sees_vehicle(principal: Principal, pooled: PooledContract) -> bool:
    """Whether the client may be told whose vehicle a contract is for."""
    return (
        principal.reads_everything
        or principal.acts_for_provider(pooled.contract.provider_id)
        or principal.acts_for_wmi(pooled.data.pcid.wmi)
    )


@dataclass(frozen=True, slots=True)
class ListVehicleContracts:
    """Lists a vehicle's contracts for its manufacturer."""

    pool: ContractPool

    def __call__(
        self, principal: Principal, pcid: str, schema: Schema | None
    ) -> Sequence[PooledContract]:
        """Return them, first created first; raise FORBIDDEN for another manufacturer's vehicle."""
        parsed = Pcid.parse(pcid)
        if not principal.reads_everything:
            require_maker(principal, parsed)
        return self.pool.of_vehicle(parsed, schema)


@dataclass(frozen=True, slots=True)
class SetDefaultContract:
    """Makes one of a vehicle's contracts the one that ISO 15118-2 delivers."""

    open_unit_of_work: OpenPoolUnitOfWork

    def __call__(self, principal: Principal, pcid: str, emaid: str) -> None:
        """Set the default; repeating is harmless. Raises FORBIDDEN, NOT_FOUND."""
        vehicle, contract = Pcid.parse(pcid), Emaid.parse(emaid)
        require_maker(principal, vehicle)
        with self.open_unit_of_work() as work:
            if not any(data.pcid == vehicle for data in work.pool.of_contract(contract)):
                raise contract_data_unknown()
            work.pool.set_default(vehicle, contract)
            work.commit()


@dataclass(frozen=True, slots=True)
class AnswerToProvide:
    """Which answer a manufacturer wants: `session_id` is what the vehicle said, if it did."""

    emaid: str
    pcid: str
    schema: Schema
    session_id: bytes | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class ProvidedAnswer:
    """A prepared answer as raw EXI, and the SHA-256 of the V2G root below which it is signed."""

    exi: bytes
    root: str


@dataclass(frozen=True, slots=True)
class ProvideContractData:
    """Hands a prepared answer to the vehicle's manufacturer, who installs it by other means."""

    pool: ContractPool
    choose: ChooseAnswer
    validate: ValidateChain
    clock: Clock

    def __call__(self, principal: Principal, wanted: AnswerToProvide) -> ProvidedAnswer:
        """Return the answer; raise FORBIDDEN, and NOT_FOUND for what would not be delivered."""
        pcid, emaid = Pcid.parse(wanted.pcid), Emaid.parse(wanted.emaid)
        require_maker(principal, pcid)
        now = self.clock()
        for pooled in self.pool.of_contract(emaid, wanted.schema):
            if pooled.data.pcid == pcid and self._stands(pooled, now):
                return self._provided(pooled, wanted, now)
        raise contract_data_unknown()

    def _stands(self, pooled: PooledContract, now: datetime) -> bool:
        return (
            undeliverable(pooled, pooled.data.recipient_key, now) is None
            and self.validate(pooled.data.chain, CertificateRole.CONTRACT, now).valid
        )

    def _provided(
        self, pooled: PooledContract, wanted: AnswerToProvide, now: datetime
    ) -> ProvidedAnswer:
        recipient = pooled.data.recipient_key
        for root in self.choose.any_root(pooled, recipient):
            if wanted.root is not None and not (
                is_root_reference(wanted.root) and names_root(wanted.root, root)
            ):
                continue
            message = self.choose.below(pooled, InstallationAction.INSTALL, recipient, [root])
            if not isinstance(message, Refused):
                session = NO_SESSION if wanted.session_id is None else wanted.session_id
                if wanted.schema is Schema.ISO15118_20 and len(session) != len(NO_SESSION):
                    raise ServiceError(
                        Kind.INVALID, "invalid_session_id", "a session id has 8 octets in -20"
                    )
                exi = finish(message, wanted.schema, session, seconds=int(now.timestamp()))
                return ProvidedAnswer(exi, root)
        raise contract_data_unknown()


def require_maker(principal: Principal, pcid: Pcid) -> None:
    """Raise FORBIDDEN unless the client is the vehicle's manufacturer."""
    if not principal.acts_for_wmi(pcid.wmi):
        raise ServiceError(
            Kind.FORBIDDEN,
            "not_your_wmi",
            "this PCID begins with a WMI that your client does not hold; ask an administrator "
            "to add it",
        )
