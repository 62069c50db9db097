"""Build and sign OCSP responses (RFC 6960 section 4.2): by key, with the signer's certificate.

`cryptography` builds the ordinary response for one certificate. It builds no second
SingleResponse and no negative serial: those go through `asn1crypto`.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.model.ocsp import (
    CertId,
    IssuerHash,
    OcspSigner,
    SigningKey,
    StatusRecord,
    reason_flag,
)
from pki.model.roles import CertificateStatus

Answer = tuple[CertId, StatusRecord | None]
"""A CertID and what is known of it; None for a serial that was never issued."""

_ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - names an issuer, protects nothing (RFC 6960 4.3)
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_SIGNATURE_NAMES = {"sha256": "sha256_ecdsa", "sha384": "sha384_ecdsa", "sha512": "sha512_ecdsa"}


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
        for algorithm in _ALGORITHMS
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

    `answers` belong to the one issuer that `signer` speaks for (RFC 6960 section 4.2.2.2). Times
    are aware and lose their fractions of a second. producedAt is `this_update`, except that
    `cryptography` takes the machine's clock for a single answer.
    """
    if len(answers) == 1 and answers[0][0].serial >= 0:
        return _build_single(
            answers[0], signer, this_update=this_update, next_update=next_update, nonce=nonce
        )
    return _build_any(
        answers, signer, this_update=this_update, next_update=next_update, nonce=nonce
    )


def _build_single(
    answer: Answer,
    signer: OcspSigner,
    *,
    this_update: datetime,
    next_update: datetime,
    nonce: bytes | None,
) -> bytes:
    cert_id, record = answer
    status = ocsp.OCSPCertStatus.UNKNOWN
    revoked_at, reason = None, None
    if record is not None:
        status = ocsp.OCSPCertStatus.GOOD
        if record.status is not CertificateStatus.GOOD:
            status = ocsp.OCSPCertStatus.REVOKED
            revoked_at = record.revoked_at
            reason = reason_flag(record.reason)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            cert_id.issuer.name,
            cert_id.issuer.key,
            cert_id.serial,
            _ALGORITHMS[cert_id.issuer.algorithm],
            status,
            this_update,
            next_update,
            revoked_at,
            reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        .certificates([signer.certificate])
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(signer.key, signature_hash(signer.key)).public_bytes(Encoding.DER)


def _build_any(
    answers: Sequence[Answer],
    signer: OcspSigner,
    *,
    this_update: datetime,
    next_update: datetime,
    nonce: bytes | None,
) -> bytes:
    this_update = this_update.replace(microsecond=0)
    next_update = next_update.replace(microsecond=0)
    responses = [
        _settled(
            asn1_ocsp.SingleResponse(
                {
                    "cert_id": {
                        "hash_algorithm": {
                            "algorithm": cert_id.issuer.algorithm,
                            "parameters": core.Null(),
                        },
                        "issuer_name_hash": cert_id.issuer.name,
                        "issuer_key_hash": cert_id.issuer.key,
                        "serial_number": cert_id.serial,
                    },
                    "cert_status": _asn1_status(record),
                    "this_update": this_update,
                    "next_update": next_update,
                }
            )
        )
        for cert_id, record in answers
    ]
    by_key = issuer_hashes(signer.certificate)[0].key  # SHA-1 of the key, RFC 6960 section 4.2.1
    response = asn1_ocsp.ResponseData(
        {
            "responder_id": asn1_ocsp.ResponderId("by_key", by_key),
            "produced_at": this_update,
            "responses": responses,
        }
    )
    if nonce is not None:
        response["response_extensions"] = [
            {"extn_id": "nonce", "extn_value": core.OctetString(nonce)}
        ]
    response = _settled(response)
    algorithm, signature = _sign(signer.key, response.dump())
    basic = asn1_ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": response,
            "signature_algorithm": {"algorithm": algorithm},
            "signature": signature,
            "certs": [asn1_x509.Certificate.load(signer.certificate.public_bytes(Encoding.DER))],
        }
    )
    whole = asn1_ocsp.OCSPResponse(
        {
            "response_status": "successful",
            "response_bytes": {
                "response_type": "basic_ocsp_response",
                "response": _settled(basic),
            },
        }
    )
    der: bytes = whole.dump()
    return der


def _settled(value: core.Sequence) -> core.Sequence:
    # asn1crypto encodes what was built again at every level above it; what was parsed it copies
    return type(value).load(value.dump())


def _asn1_status(record: StatusRecord | None) -> asn1_ocsp.CertStatus:
    if record is None:
        return asn1_ocsp.CertStatus("unknown", asn1_ocsp.StatusUnknown())
    if record.status is CertificateStatus.GOOD or record.revoked_at is None:
        return asn1_ocsp.CertStatus("good", asn1_ocsp.StatusGood())
    revoked: dict[str, object] = {"revocation_time": record.revoked_at.replace(microsecond=0)}
    flag = reason_flag(record.reason)
    if flag is not None:
        revoked["revocation_reason"] = flag.name
    return asn1_ocsp.CertStatus("revoked", asn1_ocsp.RevokedInfo(revoked))


def _sign(key: SigningKey, message: bytes) -> tuple[str, bytes]:
    """Return asn1crypto's name of the signature algorithm, and the signature."""
    if isinstance(key, ed448.Ed448PrivateKey):
        return "ed448", key.sign(message)
    algorithm = signature_hash(key)
    if algorithm is None:
        raise TypeError("an elliptic-curve key signs with a hash")
    return _SIGNATURE_NAMES[algorithm.name], key.sign(message, ec.ECDSA(algorithm))
