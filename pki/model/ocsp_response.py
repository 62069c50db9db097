"""Build and sign OCSP responses (RFC 6960 section 4.2): by key, with the signer's certificate.

They are written here because no library builds all of them: `cryptography` has no second
SingleResponse, no negative serial and no clock but the machine's, and asn1crypto encodes every
level again that lies above what was built. The tests hold each of ours against both, octet by
octet where they can.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding

from pki.model.der import (
    BIT_STRING,
    ENUMERATED,
    OCTET_STRING,
    SEQUENCE,
    generalized_time,
    integer,
    tlv,
)
from pki.model.ocsp import CertId, IssuerHash, OcspSigner, SigningKey, StatusRecord
from pki.model.roles import CertificateStatus, RevocationReason

Answer = tuple[CertId, StatusRecord | None]
"""A CertID and what is known of it; None for a serial that was never issued."""

_HASH_IDENTIFIERS = {  # AlgorithmIdentifier with NULL parameters (RFC 5754 section 2)
    "sha1": bytes.fromhex("300906052b0e03021a0500"),
    "sha256": bytes.fromhex("300d06096086480165030402010500"),
    "sha384": bytes.fromhex("300d06096086480165030402020500"),
    "sha512": bytes.fromhex("300d06096086480165030402030500"),
}
_SIGNATURE_IDENTIFIERS = {  # by the bits of the key (RFC 5758 section 3.2)
    256: bytes.fromhex("300a06082a8648ce3d040302"),
    384: bytes.fromhex("300a06082a8648ce3d040303"),
    521: bytes.fromhex("300a06082a8648ce3d040304"),
}
_ED448_IDENTIFIER = bytes.fromhex("300506032b6571")  # RFC 8410 section 3
_BASIC_RESPONSE = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
_NONCE = bytes.fromhex("06092b0601050507300102")  # id-pkix-ocsp-nonce
_SUCCESSFUL = bytes.fromhex("0a0100")
_GOOD, _UNKNOWN = bytes.fromhex("8000"), bytes.fromhex("8200")

_REASONS = {  # CRLReason (RFC 5280 section 5.3.1), which wants unspecified left out
    RevocationReason.KEY_COMPROMISE: 1,
    RevocationReason.CA_COMPROMISE: 2,
    RevocationReason.AFFILIATION_CHANGED: 3,
    RevocationReason.SUPERSEDED: 4,
    RevocationReason.CESSATION_OF_OPERATION: 5,
    RevocationReason.CERTIFICATE_HOLD: 6,
    RevocationReason.PRIVILEGE_WITHDRAWN: 9,
    RevocationReason.AA_COMPROMISE: 10,
}


def issuer_hashes(certificate: x509.Certificate) -> tuple[IssuerHash, ...]:
    """Return how CertIDs name the authority that owns `certificate`, one for each known hash.

    The name is hashed as its DER stands in the certificate; of the key the bits are hashed,
    without tag, length and count of unused bits (RFC 6960 section 4.1.1).
    """
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    name = parsed.subject.dump()
    key = parsed.public_key["public_key"].contents[1:]  # after the count of unused bits
    return tuple(
        IssuerHash(
            algorithm,
            hashlib.new(algorithm, name, usedforsecurity=False).digest(),
            hashlib.new(algorithm, key, usedforsecurity=False).digest(),
        )
        for algorithm in _HASH_IDENTIFIERS
    )


def signature_hash(key: SigningKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """Return the hash that belongs to a key: SHA-256 for P-256, SHA-512 for P-521, none for Ed448.

    ISO 15118-2 annex F asks for ecdsa-with-SHA256, ISO 15118-20 annex B for ecdsa-with-SHA512.
    """
    if isinstance(key, ed448.Ed448PrivateKey):
        return None
    if key.curve.key_size <= 256:
        return hashes.SHA256()
    return hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA512()


def build_response(
    answers: Sequence[Answer],
    signer: OcspSigner,
    *,
    this_update: datetime,
    next_update: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """Return a successful OCSPResponse, DER, signed by `signer`, one SingleResponse an answer.

    `answers` belong to the one issuer that `signer` speaks for (RFC 6960 section 4.2.2.2), named
    by a hash of `issuer_hashes`. Times are aware and lose their fractions of a second; producedAt
    is `this_update`.
    """
    this = generalized_time(this_update)
    following = tlv(0xA0, generalized_time(next_update))
    singles = b"".join(
        tlv(SEQUENCE, _cert_id(cert_id) + _status(record) + this + following)
        for cert_id, record in answers
    )
    to_be_signed = tlv(
        SEQUENCE,
        tlv(0xA2, tlv(OCTET_STRING, signer.key_hash))
        + this
        + tlv(SEQUENCE, singles)
        + (b"" if nonce is None else _nonce_extension(nonce)),
    )
    algorithm, signature = _sign(signer.key, to_be_signed)
    basic = tlv(
        SEQUENCE,
        to_be_signed
        + algorithm
        + tlv(BIT_STRING, b"\x00" + signature)
        + tlv(0xA0, tlv(SEQUENCE, signer.certificate_der)),
    )
    content = tlv(SEQUENCE, _BASIC_RESPONSE + tlv(OCTET_STRING, basic))
    return tlv(SEQUENCE, _SUCCESSFUL + tlv(0xA0, content))


def _cert_id(cert_id: CertId) -> bytes:
    issuer = cert_id.issuer
    return tlv(
        SEQUENCE,
        _HASH_IDENTIFIERS[issuer.algorithm]
        + tlv(OCTET_STRING, issuer.name)
        + tlv(OCTET_STRING, issuer.key)
        + integer(cert_id.serial),
    )


def _status(record: StatusRecord | None) -> bytes:
    if record is None:
        return _UNKNOWN
    if record.status is CertificateStatus.GOOD:
        return _GOOD
    if record.revoked_at is None:
        raise ValueError("what is revoked was revoked at some time")
    reason = _REASONS.get(record.reason) if record.reason is not None else None
    return tlv(
        0xA1,
        generalized_time(record.revoked_at)
        + (b"" if reason is None else tlv(0xA0, tlv(ENUMERATED, bytes((reason,))))),
    )


def _nonce_extension(nonce: bytes) -> bytes:
    value = tlv(OCTET_STRING, tlv(OCTET_STRING, nonce))
    return tlv(0xA1, tlv(SEQUENCE, tlv(SEQUENCE, _NONCE + value)))


def _sign(key: SigningKey, message: bytes) -> tuple[bytes, bytes]:
    """Return the AlgorithmIdentifier of the signature, and the signature."""
    if isinstance(key, ed448.Ed448PrivateKey):
        return _ED448_IDENTIFIER, key.sign(message)
    algorithm = signature_hash(key)
    if algorithm is None:
        raise TypeError("an elliptic-curve key signs with a hash")
    return _SIGNATURE_IDENTIFIERS[key.curve.key_size], key.sign(message, ec.ECDSA(algorithm))
