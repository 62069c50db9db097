"""Certification requests (PKCS#10, RFC 2986): what we take from them, and making our own."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from foundation.errors import Kind, ServiceError
from pki.model.lint import algorithm_of
from pki.model.roles import KeyAlgorithm

MAXIMUM_CSR_BYTES = 4096
"""Own judgement: a request for a P-521 key with a full subject has under 800 octets."""

MAXIMUM_SPKI_BYTES = 512
"""Own judgement: a P-521 SubjectPublicKeyInfo has 158 octets."""

_STRONG_HASHES = frozenset({SHA256.name, SHA384.name, SHA512.name})


def key_of_csr(csr: bytes) -> EllipticCurvePublicKey | Ed448PublicKey:
    """Return the public key of a DER PKCS#10 whose signature proves that the sender holds it.

    Its subject, extensions and every other wish count for nothing. Raises TOO_LARGE, MALFORMED
    `csr_malformed`, INVALID `csr_signature_invalid` and `key_algorithm_not_allowed`.
    """
    if len(csr) > MAXIMUM_CSR_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "csr_too_large", f"send a CSR of at most {MAXIMUM_CSR_BYTES} octets"
        )
    try:
        request = x509.load_der_x509_csr(csr)
        key = _allowed(request.public_key())
        strong = _signed_strongly(request)
        # the octet that counts unused bits is not signed: one request has one spelling
        whole = csr[-1 - len(request.signature)] == 0
        proven = whole and strong and request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as failure:
        raise ServiceError(
            Kind.MALFORMED, "csr_malformed", "send a PKCS#10 certification request (RFC 2986)"
        ) from failure
    if not proven:
        raise ServiceError(
            Kind.INVALID,
            "csr_signature_invalid",
            "the CSR's signature does not prove possession of its key; sign it with that key "
            "and SHA-256 or stronger",
        )
    return key


def key_of_spki(spki: bytes) -> EllipticCurvePublicKey | Ed448PublicKey:
    """Return the key of a DER SubjectPublicKeyInfo; possession must have been shown elsewhere.

    Raises TOO_LARGE, MALFORMED `public_key_malformed` and INVALID `key_algorithm_not_allowed`.
    """
    if len(spki) > MAXIMUM_SPKI_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE,
            "public_key_too_large",
            f"send a public key of at most {MAXIMUM_SPKI_BYTES} octets",
        )
    try:
        return _allowed(load_der_public_key(spki))
    except (ValueError, UnsupportedAlgorithm) as failure:
        raise ServiceError(
            Kind.MALFORMED, "public_key_malformed", "send a DER SubjectPublicKeyInfo (RFC 5280)"
        ) from failure


def build_csr(
    subject: x509.Name,
    key: EllipticCurvePrivateKey | Ed448PrivateKey,
    *,
    path_length: int | None,
) -> bytes:
    """Return a DER PKCS#10 of an authority, which asks for CA and that path length."""
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    )
    if isinstance(key, Ed448PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.DER)
    strength = SHA256() if algorithm_of(key.public_key()) is KeyAlgorithm.P256 else SHA512()
    return builder.sign(key, strength).public_bytes(Encoding.DER)


def _allowed(key: object) -> EllipticCurvePublicKey | Ed448PublicKey:
    if algorithm_of(key) is None or not isinstance(key, EllipticCurvePublicKey | Ed448PublicKey):
        raise ServiceError(
            Kind.INVALID, "key_algorithm_not_allowed", "use a key on P-256, P-521 or Ed448"
        )
    return key


def _signed_strongly(request: x509.CertificateSigningRequest) -> bool:
    algorithm = request.signature_hash_algorithm
    return algorithm is None or algorithm.name in _STRONG_HASHES
