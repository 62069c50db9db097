"""Show every way by which a contract's driver may charge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from authorization.operations.own_contract import readable_contract
from authorization.operations.ports import ContractFinder, ListedToken, TokenReader, ValidateChain
from autocharge.operations.list_enrolments import EnrolmentPage, ListedEnrolment
from contract_service.model.contract import ContractCertificate
from foundation.clock import Clock
from foundation.identifiers import Emaid
from foundation.principal import Principal
from pki.model.roles import CertificateRole

MOST_CERTIFICATES = 20
"""The latest ones; a contract that is renewed each year has as many in as many years."""

ListVehicles = Callable[[Principal, str], EnrolmentPage]
"""The enrolments of an EMAID, a first page of them."""

VALID = "valid"


@dataclass(frozen=True, slots=True)
class CertificateMethod:
    """A certificate recorded for the contract; `state` is VALID or what is wrong with it now."""

    certificate: ContractCertificate
    state: str


@dataclass(frozen=True, slots=True)
class AccessMethods:
    """What a contract is reached by: cards and app accounts, certificates, vehicles."""

    tokens: Sequence[ListedToken]
    certificates: Sequence[CertificateMethod]
    vehicles: Sequence[ListedEnrolment]


@dataclass(frozen=True, slots=True)
class ListAccessMethods:
    """For the contract's provider; identifiers and uids are masked."""

    contracts: ContractFinder
    tokens: TokenReader
    vehicles: ListVehicles
    validate: ValidateChain
    clock: Clock

    def __call__(self, principal: Principal, emaid: Emaid) -> AccessMethods:
        """Return all of them, the latest 20 certificates; raises as `readable_contract`."""
        contract = readable_contract(principal, self.contracts, emaid)
        now = self.clock()
        certificates = []
        for one in self.contracts.certificates(contract.emaid)[:MOST_CERTIFICATES]:
            verdict = self.validate(one.chain, CertificateRole.CONTRACT, now)
            fault = verdict.fault
            certificates.append(CertificateMethod(one, VALID if fault is None else fault.value))
        return AccessMethods(
            self.tokens.of_contract(contract.contract_id),
            certificates,
            self.vehicles(principal, contract.emaid.canonical).enrolments,
        )
