"""Enrol for a station: a certificate under a name that the station is registered by."""

from dataclasses import dataclass

from cryptography import x509

from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.enrolment_request import read_enrolment_request
from pki.model.enrolment_rules import STATION_RULES, CertifiedName, EnrolmentTarget
from pki.model.issued import IssuedCertificate
from pki.model.ocsp import CertId
from pki.model.ocsp_response import issuer_hashes
from pki.model.roles import CertificateRole, Edition
from pki.operations.ca_certificates import CaCertificates
from pki.operations.enrol import leaf_request
from pki.operations.est_ports import Issue


@dataclass(frozen=True, slots=True)
class StationEnrolment:
    """A DER PKCS#10 and what its key shall be certified as.

    `leaf` is one of `STATION_RULES`; `name` comes from the station's registration, whatever the
    CSR says. `root`, where it is given, names the root that the chain has to end at.
    """

    leaf: CertificateRole
    edition: Edition
    name: CertifiedName
    csr: bytes
    root: CertId | None = None


@dataclass(frozen=True, slots=True)
class EnrolStation:
    """Issues a station's certificates below the operator's authority of that edition."""

    issue: Issue
    ca_certificates: CaCertificates

    def slot(self, principal: Principal, enrolment: StationEnrolment) -> str:
        """Return the slot of the authority that would sign.

        Raises FORBIDDEN without the role, TOO_LARGE or MALFORMED for the CSR, INVALID
        `key_algorithm_not_allowed`, NOT_FOUND or CONFLICT where no such authority stands, and
        INVALID `root_unknown` where its root is another than `root`.
        """
        rule = STATION_RULES[enrolment.leaf]
        principal.require_role(rule.client)
        algorithm = read_enrolment_request(enrolment.csr).algorithm
        slot = EnrolmentTarget(rule, enrolment.edition).slot(algorithm)
        chain = self.ca_certificates(slot)
        if enrolment.root is not None and not _is(enrolment.root, chain[-1]):
            raise ServiceError(
                Kind.INVALID,
                "root_unknown",
                "no authority below that root certifies stations here; leave the root out, or ask "
                "for one that /cpo/cacerts ends with",
            )
        return slot

    def __call__(self, principal: Principal, enrolment: StationEnrolment) -> IssuedCertificate:
        """Return the certificate, recorded; raises as `slot`, and what issuing raises."""
        slot = self.slot(principal, enrolment)
        target = EnrolmentTarget(STATION_RULES[enrolment.leaf], enrolment.edition)
        request = leaf_request(target, enrolment.name, slot, csr=enrolment.csr)
        return self.issue(principal, request)


def _is(named: CertId, root: bytes) -> bool:
    """Whether `root` (DER) is the self-signed certificate that a CertID names."""
    certificate = x509.load_der_x509_certificate(root)
    return (
        certificate.subject == certificate.issuer
        and named.serial == certificate.serial_number
        and named.issuer in issuer_hashes(certificate)
    )
