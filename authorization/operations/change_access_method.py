"""Block or unblock one way to a contract, whichever kind it is: in one place."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from authorization.model.access_token import TokenStatus
from authorization.operations.change_token import ChangeToken
from authorization.operations.own_contract import own_contract
from authorization.operations.ports import ContractFinder, TokenReader
from autocharge.model.enrolment import Enrolment, EnrolmentStatus
from autocharge.operations.list_enrolments import ListedEnrolment
from contract_service.model.contract import Contract, identity
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal
from pki.model.certificate_reference import ByFingerprint

_FINGERPRINT = re.compile("[0-9a-f]{64}")

_VEHICLE = {
    TokenStatus.BLOCKED: EnrolmentStatus.SUSPENDED,
    TokenStatus.ACTIVE: EnrolmentStatus.ACTIVE,
}

FindVehicle = Callable[[Principal, str], ListedEnrolment]
"""The enrolment with this id; NOT_FOUND where it is none of one's own."""

SetVehicle = Callable[[Principal, str, EnrolmentStatus], Enrolment]
"""Makes the enrolment with this id answer or not."""

SetCertificate = Callable[[Principal, ByFingerprint], object]
"""Puts a certificate on hold, or releases it."""


@dataclass(frozen=True, slots=True)
class ChangeAccessMethod:
    """Blocks a card or an app account, suspends a vehicle, puts a certificate on hold; and back.

    Each is effective in the next decision, as what is done where that kind is at home: nothing is
    done here that is not possible there.
    """

    contracts: ContractFinder
    tokens: TokenReader
    change_token: ChangeToken
    find_vehicle: FindVehicle
    set_vehicle: SetVehicle
    hold: SetCertificate
    release: SetCertificate

    def __call__(
        self, principal: Principal, emaid: Emaid, method_id: str, status: TokenStatus
    ) -> None:
        """Set the status of the method that `ListAccessMethods` shows under this id.

        That is a token's id, an enrolment's, or the fingerprint of a certificate (SHA-256,
        lower-case hex). Repeating it changes nothing. Raises as `own_contract`, NOT_FOUND
        (`access_method_not_found`), CONFLICT (`revocation_is_final`).
        """
        contract = own_contract(principal, self.contracts, emaid)
        if _FINGERPRINT.fullmatch(method_id):
            self._set_certificate(principal, contract, method_id, status)
        elif any(
            listed.token.token_id == method_id
            for listed in self.tokens.of_contract(contract.contract_id)
        ):
            self.change_token.set_status(principal, emaid, method_id, status)
        else:
            self._set_vehicle(principal, contract, method_id, status)

    def _set_certificate(
        self, principal: Principal, contract: Contract, fingerprint: str, status: TokenStatus
    ) -> None:
        recorded = self.contracts.certificates(contract.emaid)
        if not any(one.fingerprint == fingerprint for one in recorded):
            raise _not_found()
        change = self.hold if status is TokenStatus.BLOCKED else self.release
        change(principal, ByFingerprint(fingerprint))

    def _set_vehicle(
        self, principal: Principal, contract: Contract, enrolment_id: str, status: TokenStatus
    ) -> None:
        try:
            found = self.find_vehicle(principal, enrolment_id).enrolment
        except ServiceError as failure:
            if failure.kind is not Kind.NOT_FOUND:
                raise
            raise _not_found() from failure
        if identity(found.emaid) != identity(contract.emaid):
            raise _not_found()
        self.set_vehicle(principal, enrolment_id, _VEHICLE[status])


def _not_found() -> ServiceError:
    return ServiceError(
        Kind.NOT_FOUND,
        "access_method_not_found",
        "the contract has no such access method; "
        "`GET /v1/contracts/{emaid}/access-methods` lists them",
    )
