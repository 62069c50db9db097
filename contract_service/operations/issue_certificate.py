"""Issue a contract certificate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from contract_service.model.contract import Contract, ContractCertificate, ContractStatus
from contract_service.operations.access import existing, owned_emaid
from contract_service.operations.change_status import contract_event
from contract_service.operations.ports import ContractReader, IssuedCertificates, RevokeLeaf
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal
from pki.model.certificate_reference import BySerial
from pki.model.issued import CertificateRecord, IssuedCertificate
from pki.model.roles import CertificateRole, RevocationReason
from pki.operations.issue import IssueRequest, Record


class IssueAndRecord(Protocol):
    """`pki.operations.issue.IssueCertificate`."""

    def __call__(
        self, principal: Principal, request: IssueRequest, record: Record
    ) -> IssuedCertificate:
        """Issue a certificate and have it recorded by `record`, once."""


@dataclass(frozen=True, slots=True)
class IssueContractCertificate:
    """Issue a certificate for a contract from the vehicle's or provider's CSR.

    Order: the authority reserves and signs; then the certificate is recorded, for the authority
    and for the contract in one transaction; then it is delivered. Recording locks the contract:
    one that was suspended or terminated meanwhile gets no certificate, and the new one, recorded
    for the authority alone, is revoked.

    `issuer` is the slot of the authority that signs (`mo-sub2`); `lifetime` is shortened so that
    no certificate outlives its contract.
    """

    certificates: IssuedCertificates
    contracts: ContractReader
    issue: IssueAndRecord
    revoke: RevokeLeaf
    clock: Clock
    issuer: str
    lifetime: timedelta

    def __call__(self, principal: Principal, emaid: str, csr: bytes) -> ContractCertificate:
        """Return a certificate whose CN is the canonical EMAID, for the key of `csr`.

        `csr` is a DER PKCS#10, whose signature proves possession of the key; its subject and
        requested extensions count for nothing. Raises MALFORMED, FORBIDDEN, NOT_FOUND, CONFLICT
        where the contract is not active or has run out, and what issuing raises.
        """
        parsed = owned_emaid(principal, emaid)
        contract = existing(self.contracts.find(parsed))
        now = self.clock()
        _require_standing(contract, now)
        recorded: list[bool] = []

        def record(issued: IssuedCertificate, own: CertificateRecord, own_event: Event) -> None:
            certificate = _certificate(issued)
            event = contract_event(
                "contract_certificate.issued",
                contract,
                principal,
                now,
                fingerprint=certificate.fingerprint,
            )
            recorded.append(
                self.certificates.record(contract.contract_id, certificate, event, own, own_event)
            )

        issued = self.issue(principal, self._request(contract, csr, now), record)
        if recorded != [True]:
            self.revoke(
                principal,
                BySerial(issued.issuer, issued.serial),
                RevocationReason.CESSATION_OF_OPERATION,
            )
            raise _not_standing()
        return _certificate(issued)

    def _request(self, contract: Contract, csr: bytes, now: datetime) -> IssueRequest:
        lifetime = self.lifetime
        if contract.valid_until is not None:
            lifetime = min(lifetime, contract.valid_until - now)
        return IssueRequest(
            issuer=self.issuer,
            role=CertificateRole.CONTRACT,
            common_name=contract.emaid.canonical,
            subject_id=contract.emaid.key,
            owner=contract.provider_id,
            organization=None,
            csr=csr,
            public_key=None,
            not_before=None,
            lifetime=lifetime,
        )


def _certificate(issued: IssuedCertificate) -> ContractCertificate:
    leaf, issuer_certificate, *upper = issued.chain
    return ContractCertificate(
        fingerprint=issued.fingerprint,
        serial=issued.serial,
        certificate=leaf,
        issuer_certificate=issuer_certificate,
        not_before=issued.not_before,
        not_after=issued.not_after,
        upper_chain=tuple(upper),
    )


def _require_standing(contract: Contract, now: datetime) -> None:
    """Refuse a contract that is not active or has run out; one that is yet to begin may prepare."""
    ended = contract.valid_until is not None and contract.valid_until <= now
    if ended or contract.status is not ContractStatus.ACTIVE:
        raise _not_standing()


def _not_standing() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT,
        "contract_not_active",
        "only an active contract within its term gets certificates; resume it, or create another",
    )
