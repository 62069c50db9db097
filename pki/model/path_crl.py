"""Certificate revocation lists as evidence (RFC 5280 section 6.3): complete and direct ones."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from foundation.errors import Kind, ServiceError
from pki.model.foreign_evidence import Statement
from pki.model.path_certificate import UNREADABLE, PathCertificate
from pki.model.path_revocation import Evidence, JudgedCertificate
from pki.model.path_rules import STRONG_SIGNATURES
from pki.model.roles import CertificateStatus

MAX_CRL_BYTES = 4 * 1024 * 1024
"""Our judgement: about 100,000 entries."""

SOURCE = "crl"

_UNDERSTOOD_CRITICAL = frozenset({ExtensionOID.AUTHORITY_KEY_IDENTIFIER})
"""Critical delta (section 5.2.4) and issuing distribution point (5.2.5) make a list one of those
that are not supported: delta, indirect, or for a part of the certificates only."""


def read_crl(data: bytes) -> x509.CertificateRevocationList:
    """Parse one CRL, DER or PEM.

    Raises ServiceError TOO_LARGE `crl_too_large`, MALFORMED `crl_malformed`.
    """
    if len(data) > MAX_CRL_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "crl_too_large", f"a CRL has at most {MAX_CRL_BYTES} bytes"
        )
    try:
        if data[:1] == b"\x30":
            return x509.load_der_x509_crl(data)
        return x509.load_pem_x509_crl(data)
    except UNREADABLE:
        raise ServiceError(
            Kind.MALFORMED, "crl_malformed", "this is no CRL; send one in DER or PEM"
        ) from None


def read_list(data: bytes, issuer: PathCertificate, at: datetime) -> Statement | None:
    """Return the CRL (DER or PEM) of `issuer` as a statement, its document in DER.

    None where it is none, another's, not signed by the issuer, not fresh at `at`, or one of a
    kind that is not supported (delta, indirect, partial). Never raises.
    """
    try:
        crl = read_crl(data)
        if crl.issuer != issuer.certificate.subject or not _acceptable(crl, issuer, at):
            return None
        until = crl.next_update_utc
        document = crl.public_bytes(Encoding.DER)
    except (ServiceError, *UNREADABLE):
        return None
    if until is None:
        return None
    digest = hashlib.sha256(document).hexdigest()
    return Statement(None, digest, crl.last_update_utc, until, document)


def list_url(certificate: PathCertificate) -> str | None:
    """Return the first address of a complete list that a certificate names.

    A distribution point for some reasons only, or of another issuer, is passed over (RFC 5280
    section 4.2.1.13).
    """
    points = certificate.extension(x509.CRLDistributionPoints)
    for point in points.value if points is not None else ():
        if point.reasons is not None or point.crl_issuer is not None:
            continue
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                return name.value
    return None


def load_list(document: bytes) -> x509.CertificateRevocationList:
    """Parse a CRL (DER) that was verified before."""
    return x509.load_der_x509_crl(document)


@dataclass(frozen=True, slots=True)
class SuppliedCrls:
    """CRLs that came with a request; each must prove itself before it is believed."""

    crls: Sequence[x509.CertificateRevocationList]

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        """Return what the issuer's CRLs say of the certificate; None where none is acceptable.

        A revocation in any acceptable list counts, also one from before the latest.
        """
        found: Evidence | None = None
        for crl in self.crls:
            if crl.issuer != certificate.issuer or not _acceptable(crl, issuer, at):
                continue
            status = listed_as(crl, certificate.serial_number)
            digest = hashlib.sha256(crl.public_bytes(Encoding.DER)).hexdigest()
            found = Evidence(status, SOURCE, digest=digest)
            if status is not CertificateStatus.GOOD:
                return found
        return found


def _acceptable(crl: x509.CertificateRevocationList, issuer: PathCertificate, at: datetime) -> bool:
    """Signed by the issuer, who may do so; fresh; complete and direct; numbered."""
    try:
        extensions = crl.extensions
        next_update = crl.next_update_utc
        if next_update is None or not crl.last_update_utc <= at <= next_update:
            return False
        if any(e.critical and e.oid not in _UNDERSTOOD_CRITICAL for e in extensions):
            return False
        # RFC 5280 section 5.2.3: conforming issuers number every list
        if not any(e.oid == ExtensionOID.CRL_NUMBER for e in extensions):
            return False
        if any(e.oid == ExtensionOID.ISSUING_DISTRIBUTION_POINT for e in extensions):
            return False
        if crl.signature_algorithm_oid not in STRONG_SIGNATURES or not _may_sign_crls(issuer):
            return False
        key = issuer.public_key
        if not isinstance(
            key,
            ec.EllipticCurvePublicKey
            | rsa.RSAPublicKey
            | ed448.Ed448PublicKey
            | ed25519.Ed25519PublicKey,
        ):
            return False
        return crl.is_signature_valid(key)
    except UNREADABLE:
        return False


def _may_sign_crls(issuer: PathCertificate) -> bool:
    usage = issuer.extension(x509.KeyUsage)
    return usage is None or usage.value.crl_sign  # RFC 5280 section 6.3.3 (f)


def listed_as(crl: x509.CertificateRevocationList, serial: int) -> CertificateStatus:
    """Return what a list that was verified says of a serial number."""
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None:
        return CertificateStatus.GOOD
    try:
        reason = entry.extensions.get_extension_for_oid(CRLEntryExtensionOID.CRL_REASON).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return CertificateStatus.REVOKED
    held = isinstance(reason, x509.CRLReason) and reason.reason is x509.ReasonFlags.certificate_hold
    return CertificateStatus.ON_HOLD if held else CertificateStatus.REVOKED
