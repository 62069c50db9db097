"""Whoever holds a key and a certificate: made for a test, or of the foreign PKI."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from contract_service.model.signature_suite import SigningKey
from exi import Facets, Schema, decode
from exi.messages.iso15118_2 import CertificateInstallationRes, V2GMessage
from pki.keys.sealed import generate_key
from pki.model.build import key_identifier
from pki.model.roles import KeyAlgorithm
from pki.model.verdict import Reason
from tests.exi.vectors import stream
from tests.pki.validation.vectors import VECTORS, foreign

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2028, 1, 1, tzinfo=dt.UTC)

PCID = "WP0ABCDEFGH1234567"
EMAID = "DEABCC12345678"


@dataclass(frozen=True, slots=True)
class Holder:
    key: SigningKey
    certificate: bytes


def holder(
    common_name: str = PCID,
    algorithm: KeyAlgorithm = KeyAlgorithm.P256,
    *,
    key: SigningKey | None = None,
    ski_octets: int = 8,
    ski: bytes | None = None,
    ca: bool = False,
) -> Holder:
    """Return a key with a certificate that it signed itself; 0 octets are no SKI."""
    key = key or generate_key(algorithm)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if ski_octets:
        identifier = ski or key_identifier(key.public_key(), ski_octets)
        builder = builder.add_extension(x509.SubjectKeyIdentifier(identifier), critical=False)
    digest = None if isinstance(key, Ed448PrivateKey) else SHA256()
    return Holder(key, builder.sign(key, digest).public_bytes(Encoding.DER))


@cache
def kept(algorithm: KeyAlgorithm, common_name: str = PCID) -> Holder:
    """Return one holder for all tests that change nothing about it."""
    return holder(common_name, algorithm)


def _foreign_key(name: str) -> EllipticCurvePrivateKey:
    path: Path = VECTORS / "pki" / "foreign" / f"{name}.key"
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key


@cache
def foreign_holder(name: str) -> Holder:
    """Return the holder of `oemLeaf` or `cpsLeaf`."""
    return Holder(_foreign_key(name), foreign(name))


@cache
def foreign_contract() -> Holder:
    """Return the contract that `response.exi` delivers."""
    body = published("foreign/response.exi").body
    assert isinstance(body, CertificateInstallationRes)
    return Holder(_foreign_key("contractLeaf"), body.contract_chain.certificate)


@cache
def published(name: str) -> V2GMessage:
    """Return a message of ISO 15118-2 by its file's name, placeholders and all."""
    return decode(stream(name), Schema.ISO15118_2, Facets.LENIENT)


def flip(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def codes(reasons: Iterable[Reason]) -> set[str]:
    return {reason.code for reason in reasons}
