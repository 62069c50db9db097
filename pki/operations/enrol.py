"""Enrol: a participant's CSR becomes a leaf of its role (RFC 7030 section 4.2.1)."""

from dataclasses import dataclass

from foundation.principal import Principal
from pki.model.enrolment_request import read_enrolment_request
from pki.model.enrolment_rules import CertifiedName, EnrolmentTarget, certified_name
from pki.model.roles import CertificateRole
from pki.operations.est_ports import EnrolContract, Issue
from pki.operations.issue import IssueRequest


@dataclass(frozen=True, slots=True)
class Enrol:
    """Issues what the enrolment rules allow; contracts are issued by those who keep them."""

    issue: Issue
    enrol_contract: EnrolContract

    def __call__(self, principal: Principal, target: EnrolmentTarget, csr: bytes) -> bytes:
        """Return the DER certificate for the key of a DER PKCS#10, recorded.

        The CSR's signature proves possession of the key. Raises FORBIDDEN for another's role or
        id, TOO_LARGE, MALFORMED or INVALID for a CSR that cannot be certified, NOT_FOUND or
        CONFLICT where there is no such authority or contract.
        """
        request = read_enrolment_request(csr)
        name = certified_name(target.rule, principal, request)
        slot = target.slot(request.algorithm)
        if target.rule.leaf is CertificateRole.CONTRACT:
            return self.enrol_contract(principal, name.common_name, csr, slot)
        return self.issue(principal, leaf_request(target, name, slot, csr=csr)).certificate


def leaf_request(
    target: EnrolmentTarget,
    name: CertifiedName,
    slot: str,
    *,
    csr: bytes | None = None,
    public_key: bytes | None = None,
) -> IssueRequest:
    """Return what to issue below `slot`: the profile's usual life, the issuer's organization."""
    return IssueRequest(
        issuer=slot,
        role=target.rule.leaf,
        common_name=name.common_name,
        subject_id=name.subject_id,
        owner=name.owner,
        organization=None,
        csr=csr,
        public_key=public_key,
        not_before=None,
        lifetime=None,
    )
