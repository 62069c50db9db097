"""A foreign responder's answer as evidence: believed only for what it proves itself.

Signed by the issuer or by whom the issuer delegated, about this very certificate, fresh at the
time (RFC 6960 sections 3.2 and 4.2.2.2).
"""

import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from pki.model.foreign_evidence import Statement
from pki.model.ocsp import CertId, IssuerHash
from pki.model.ocsp_response import issuer_hashes
from pki.model.path_certificate import (
    UNREADABLE,
    PathCertificate,
    read_certificate,
    signature_verifies,
)
from pki.model.path_rules import STRONG_SIGNATURES
from pki.model.roles import CertificateStatus
from pki.model.verdict import Reason

MAXIMUM_ANSWER_BYTES = 16_384
"""Own judgement: an answer about one certificate with its signer's has some 1500."""

MAXIMUM_AGE = timedelta(days=7)
"""ISO 15118-20 [V2G20-1021]: a response lives at most a week, whatever it says itself."""

CLOCK_SKEW = timedelta(minutes=5)
"""Own judgement: how far ahead a responder's clock may be."""


def responder_url(certificate: PathCertificate) -> str | None:
    """Return the first OCSP responder that a certificate names (RFC 5280 section 4.2.2.1)."""
    access = certificate.extension(x509.AuthorityInformationAccess)
    for description in access.value if access is not None else ():
        if description.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            description.access_location, x509.UniformResourceIdentifier
        ):
            return description.access_location.value
    return None


def question_about(serial: int, issuer: PathCertificate) -> CertId:
    """Return how a request names a certificate: by SHA-256 of its issuer's name and key."""
    named = next(
        hashes for hashes in issuer_hashes(issuer.certificate) if hashes.algorithm == "sha256"
    )
    return CertId(named, serial)


def read_answer(
    answer: bytes,
    asked: CertId,
    issuer: PathCertificate,
    at: datetime,
    unbounded: timedelta = timedelta(0),
) -> Statement | None:
    """Return what a DER OCSPResponse proves about `asked` at the aware instant `at`.

    None where it is no such response, is about something else, is not fresh, is not signed by
    `issuer` or a delegate of it, or where the responder does not know the certificate. One without
    nextUpdate counts for `unbounded` from `at` on. Never raises.
    """
    if len(answer) > MAXIMUM_ANSWER_BYTES:
        return None
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        single = next((one for one in response.responses if _is_about(one, asked)), None)
        if single is None or not _is_fresh(single, at) or not _is_signed(response, issuer, at):
            return None
        status = _status(single)
        until = min(single.next_update_utc or at + unbounded, single.this_update_utc + MAXIMUM_AGE)
        since = single.this_update_utc - CLOCK_SKEW
    except UNREADABLE:
        return None
    if status is None:
        return None
    return Statement(status, hashlib.sha256(answer).hexdigest(), since, until, answer)


def _is_about(single: ocsp.OCSPSingleResponse, asked: CertId) -> bool:
    named = IssuerHash(single.hash_algorithm.name, single.issuer_name_hash, single.issuer_key_hash)
    return named == asked.issuer and single.serial_number == asked.serial


def _is_fresh(single: ocsp.OCSPSingleResponse, at: datetime) -> bool:
    this_update, next_update = single.this_update_utc, single.next_update_utc
    if not this_update - CLOCK_SKEW <= at <= this_update + MAXIMUM_AGE:
        return False
    return next_update is None or at <= next_update


def _is_signed(response: ocsp.OCSPResponse, issuer: PathCertificate, at: datetime) -> bool:
    if _verifies(response, issuer.public_key):
        return True
    return any(
        _is_delegate(signer, issuer, at) and _verifies(response, signer.public_key)
        for signer in map(_read, response.certificates[:2])  # one signs; our bound on the rest
        if signer is not None
    )


def _read(certificate: x509.Certificate) -> PathCertificate | None:
    read = read_certificate(certificate.public_bytes(Encoding.DER))
    return None if isinstance(read, Reason) else read


def _is_delegate(signer: PathCertificate, issuer: PathCertificate, at: datetime) -> bool:
    """Issued by the very issuer for signing OCSP answers; whether it is revoked is not asked."""
    usage = signer.extension(x509.ExtendedKeyUsage)
    return (
        signer.frame.issuer == issuer.frame.subject
        and usage is not None
        and ExtendedKeyUsageOID.OCSP_SIGNING in usage.value
        and signer.not_before <= at <= signer.not_after
        and signature_verifies(signer, issuer.public_key)
    )


def _verifies(response: ocsp.OCSPResponse, key: CertificatePublicKeyTypes | None) -> bool:
    if response.signature_algorithm_oid not in STRONG_SIGNATURES:
        return False
    signature, signed = response.signature, response.tbs_response_bytes
    digest = response.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        elif isinstance(key, ed448.Ed448PublicKey | ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _status(single: ocsp.OCSPSingleResponse) -> CertificateStatus | None:
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return CertificateStatus.GOOD
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        held = single.revocation_reason is x509.ReasonFlags.certificate_hold
        return CertificateStatus.ON_HOLD if held else CertificateStatus.REVOKED
    return None
