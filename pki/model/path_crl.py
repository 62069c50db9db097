"""Certificate revocation lists as evidence (RFC 5280 section 6.3): complete and direct ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from foundation.errors import Kind, ServiceError
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
            status = _listed_as(crl, certificate)
            if status is not CertificateStatus.GOOD:
                return Evidence(status, SOURCE)
            found = Evidence(status, SOURCE)
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


def _listed_as(
    crl: x509.CertificateRevocationList, certificate: JudgedCertificate
) -> CertificateStatus:
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None:
        return CertificateStatus.GOOD
    try:
        reason = entry.extensions.get_extension_for_oid(CRLEntryExtensionOID.CRL_REASON).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return CertificateStatus.REVOKED
    held = isinstance(reason, x509.CRLReason) and reason.reason is x509.ReasonFlags.certificate_hold
    return CertificateStatus.ON_HOLD if held else CertificateStatus.REVOKED
