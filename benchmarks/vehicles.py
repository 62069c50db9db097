"""Vehicles that do not exist: each with a key, a contract and a MAC of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from foundation.identifiers import Emaid

PROVIDER_ID = "DEBMK"
OPERATOR_ID = "DEBMK"


@dataclass(frozen=True, slots=True)
class Applicant:
    """A vehicle before its contract: `csr` is a DER PKCS#10, `mac` twelve upper-case hex digits."""

    emaid: str
    mac: str
    csr: bytes


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle with its contract certificate: `chain` is DER, leaf first, without the root."""

    emaid: str
    mac: str
    csr: bytes
    chain: tuple[bytes, ...]


def applicants(count: int) -> Iterator[Applicant]:
    """Yield `count` vehicles with distinct keys, EMAIDs (with check digit) and MACs."""
    for number in range(count):
        emaid = Emaid.parse(f"{PROVIDER_ID}C{number:08d}").with_check_digit()
        # globally unique and unicast, as the MAC of a real charge controller is
        yield Applicant(emaid, f"00B0BE{number:06X}", _csr(emaid))


def _csr(common_name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
