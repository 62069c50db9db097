"""What an OCSP request asks and what is known of a certificate (RFC 6960, RFC 9654)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding

from pki.model.roles import CertificateStatus, RevocationReason

RESPONSE_VALIDITY = timedelta(hours=24)
"""Own choice below the week of [V2G20-1021]: who fetches once a day always has one to staple."""

MINIMUM_NONCE_BYTES = 1
MAXIMUM_NONCE_BYTES = 128
"""RFC 9654 section 2.1: a nonce has 1 to 128 octets."""

SigningKey = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey
"""What signs certificates, CRLs and OCSP responses: P-256, P-521 or Ed448."""


class OcspFailure(Enum):
    """OCSPResponseStatus other than successful (RFC 6960 section 4.2.1)."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6

    @property
    def response(self) -> bytes:
        """Return the whole OCSPResponse, DER: it holds its status and nothing else, unsigned."""
        return bytes((0x30, 0x03, 0x0A, 0x01, self.value))


@dataclass(frozen=True, slots=True)
class IssuerHash:
    """An issuer as a CertID names it: hashes of its name (DER) and of its key's bits."""

    algorithm: str  # sha1, sha256 …, or what else the request names
    name: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class CertId:
    """The certificate that is asked for (RFC 6960 section 4.1.1); `serial` is any integer."""

    issuer: IssuerHash
    serial: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """What a request asks: one or more certificates, and a nonce to be echoed if it has one."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None = None


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """What we know of a certificate that we issued; hold counts as revoked (RFC 5280 5.3.1).

    `revoked_at` and `reason` are set unless `status` is GOOD.
    """

    status: CertificateStatus
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None


@dataclass(frozen=True)
class OcspSigner:
    """A delegated signer, ready to sign: its certificate and its opened key."""

    certificate: x509.Certificate
    key: SigningKey

    @cached_property
    def certificate_der(self) -> bytes:
        """The certificate as it goes into every response."""
        return self.certificate.public_bytes(Encoding.DER)

    @cached_property
    def key_hash(self) -> bytes:
        """SHA-1 of the key's bits, by which a response names its signer (RFC 6960 4.2.1)."""
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest
