"""OCPP's `iso15118CertificateHashData`, matched against certificates on record.

A hash says what a certificate is, not that anybody holds it: it counts only where it is that of a
certificate recorded for the claimed EMAID.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.ocsp import OCSPRequestBuilder

from contract_service.model.contract import ContractCertificate
from foundation.errors import Kind, ServiceError
from pki.model.ocsp import CertId, IssuerHash

MAX_HASHES = 4  # OCPP 2.0.1 AuthorizeRequest.iso15118CertificateHashData

_HASH = re.compile(r"[0-9A-Fa-f]{1,128}")
_SERIAL = re.compile(r"[0-9A-Fa-f]{1,40}")


class HashAlgorithm(StrEnum):
    """OCPP HashAlgorithmEnumType; it leaves SHA-1 out, and so do we."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


_DIGESTS: dict[HashAlgorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class CertificateHash:
    """One entry of the list, as numbers: case and leading zeros of the hex text say nothing."""

    algorithm: HashAlgorithm
    issuer_name_hash: int
    issuer_key_hash: int
    serial_number: int

    @classmethod
    def parse(
        cls, algorithm: str, issuer_name_hash: str, issuer_key_hash: str, serial_number: str
    ) -> "CertificateHash":
        """Parse hex texts (any case, any length in bounds, no `0x`).

        Raises ServiceError MALFORMED (`invalid_certificate_hash`) naming the wrong fields.
        """
        wrong: dict[str, str] = {}
        if algorithm not in HashAlgorithm.__members__:
            wrong["hashAlgorithm"] = "use SHA256, SHA384 or SHA512"
        if not _HASH.fullmatch(issuer_name_hash):
            wrong["issuerNameHash"] = "use 1 to 128 hexadecimal characters"
        if not _HASH.fullmatch(issuer_key_hash):
            wrong["issuerKeyHash"] = "use 1 to 128 hexadecimal characters"
        if not _SERIAL.fullmatch(serial_number):
            wrong["serialNumber"] = "use 1 to 40 hexadecimal characters"
        if wrong:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_certificate_hash",
                "certificate hash data is hexadecimal; see fields",
                wrong,
            )
        return cls(
            HashAlgorithm(algorithm),
            int(issuer_name_hash, 16),
            int(issuer_key_hash, 16),
            int(serial_number, 16),
        )


def to_cert_id(claimed: CertificateHash) -> CertId | None:
    """Return what OCSP asks for it (RFC 6960 section 4.1.1).

    None where a hash is longer than its algorithm's or the serial is zero: nobody issued that.
    """
    digest = _DIGESTS[claimed.algorithm]
    longest = 8 * digest.digest_size
    name, key = claimed.issuer_name_hash, claimed.issuer_key_hash
    if max(name.bit_length(), key.bit_length()) > longest or claimed.serial_number == 0:
        return None
    issuer = IssuerHash(
        digest.name, name.to_bytes(digest.digest_size), key.to_bytes(digest.digest_size)
    )
    return CertId(issuer, claimed.serial_number)


def hash_certificate(certificate: ContractCertificate, algorithm: HashAlgorithm) -> CertificateHash:
    """Hash a recorded certificate."""
    return hash_pair(certificate.certificate, certificate.issuer_certificate, algorithm)


def hash_pair(certificate: bytes, issuer: bytes, algorithm: HashAlgorithm) -> CertificateHash:
    """Hash a certificate and its issuer (DER) as RFC 6960 section 4.1.1 hashes a CertID."""
    request = (
        OCSPRequestBuilder()
        .add_certificate(
            x509.load_der_x509_certificate(certificate),
            x509.load_der_x509_certificate(issuer),
            _DIGESTS[algorithm],
        )
        .build()
    )
    return CertificateHash(
        algorithm,
        int.from_bytes(request.issuer_name_hash),
        int.from_bytes(request.issuer_key_hash),
        request.serial_number,
    )


def matching_certificates(
    claimed: Sequence[CertificateHash], recorded: Sequence[ContractCertificate]
) -> tuple[ContractCertificate, ...]:
    """Return those of the EMAID's `recorded` certificates that the claimed list names.

    Hashes of sub-CAs match none, so that a list without the leaf's hash returns nothing.
    """
    serials = {entry.serial_number for entry in claimed}
    return tuple(
        certificate
        for certificate in recorded
        # hashing parses two certificates: only those whose serial is in question
        if int(certificate.serial, 16) in serials
        and any(entry == hash_certificate(certificate, entry.algorithm) for entry in claimed)
    )
