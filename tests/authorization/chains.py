"""A small contract PKI, made once: root, two sub-CAs, leaves for any EMAID."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract_service.model.contract import ContractCertificate
from tests.authorization.fakes import NOW


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.der).hexdigest()


def make(common_name: str, issuer: Made | None = None, serial: int | None = None) -> Made:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=100))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    return Made(certificate, key)


@cache
def authorities() -> tuple[Made, Made, Made]:
    """Root, Sub-CA 1, Sub-CA 2."""
    root = make("MO Root")
    sub1 = make("MO Sub1", root)
    return root, sub1, make("MO Sub2", sub1)


def leaf(common_name: str, serial: int | None = None) -> Made:
    return _leaf(common_name, serial)


@cache
def _leaf(common_name: str, serial: int | None) -> Made:
    return make(common_name, authorities()[2], serial)


def chain(common_name: str) -> tuple[bytes, ...]:
    _, sub1, sub2 = authorities()
    return (leaf(common_name).der, sub2.der, sub1.der)


def chain_pem(common_name: str) -> str:
    _, sub1, sub2 = authorities()
    return leaf(common_name).pem + sub2.pem + sub1.pem


def recorded(common_name: str, serial: int | None = None) -> ContractCertificate:
    made = leaf(common_name, serial)
    _, sub1, sub2 = authorities()
    return ContractCertificate(
        fingerprint=made.fingerprint,
        serial=f"{made.certificate.serial_number:X}",
        certificate=made.der,
        issuer_certificate=sub2.der,
        not_before=made.certificate.not_valid_before_utc,
        not_after=made.certificate.not_valid_after_utc,
        upper_chain=(sub1.der,),
    )
