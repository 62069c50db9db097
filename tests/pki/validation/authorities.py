"""A PKI made for a test: root, two sub-CAs and leaves, each as wrong as the test wants it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
AT = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
LEAF_END = dt.datetime(2027, 6, 1, tzinfo=dt.UTC)
EMAID = "DEABCC00000012"

CA_USAGE = frozenset({"key_cert_sign", "crl_sign"})
CONTRACT_USAGE = frozenset(
    {"digital_signature", "content_commitment", "key_encipherment", "key_agreement"}
)


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def serial(self) -> int:
        return self.certificate.serial_number


def name(common_name: str, domain: str | None = "MO") -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
    ]
    if domain is not None:
        attributes.append(x509.NameAttribute(NameOID.DOMAIN_COMPONENT, domain))
    return x509.Name(attributes)


def usage(bits: Iterable[str]) -> x509.KeyUsage:
    wanted = set(bits)
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in wanted for bit in every})


def ocsp_access(url: str = "http://ocsp.test/") -> x509.AuthorityInformationAccess:
    location = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
    )


def certify(
    subject: x509.Name,
    issuer: Authority | None = None,
    *,
    ca: bool = False,
    path_length: int | None = None,
    key_usage: frozenset[str] | None = None,
    start: dt.datetime = START,
    end: dt.datetime | None = None,
    curve: ec.EllipticCurve | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    without: frozenset[type[x509.ExtensionType]] = frozenset(),
    extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
    serial: int | None = None,
    issuer_name: x509.Name | None = None,
    digest: hashes.SHA256 | hashes.SHA512 | None = None,
    also: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> Authority:
    """Sign a certificate with everything in order that is not asked to be otherwise."""
    key = key or ec.generate_private_key(curve or ec.SECP256R1())
    signer = key if issuer is None else issuer.key
    default_usage = CA_USAGE if ca else CONTRACT_USAGE
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca, path_length), True),
        (usage(default_usage if key_usage is None else key_usage), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    if issuer is not None:
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        extensions += [(authority_key, False), (ocsp_access(), False)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name or (subject if issuer is None else issuer.certificate.subject))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end or (dt.datetime(2029, 1, 1, tzinfo=dt.UTC) if ca else LEAF_END))
    )
    for value, critical in [*extensions, *extra]:
        if type(value) not in without:
            builder = builder.add_extension(value, critical)
    for value, critical in also:  # in the place of those left out
        builder = builder.add_extension(value, critical)
    return Authority(builder.sign(signer, digest or hashes.SHA256(), ecdsa_deterministic=True), key)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    root: Authority
    sub1: Authority
    sub2: Authority
    leaf: Authority

    @property
    def chain(self) -> list[bytes]:
        """The chain as a vehicle presents it."""
        return self.with_leaf(self.leaf)

    def with_leaf(self, leaf: Authority) -> list[bytes]:
        return [leaf.der, self.sub2.der, self.sub1.der]


@cache
def hierarchy(label: str = "") -> Hierarchy:
    """Return the one proper MO hierarchy with a proper contract certificate, per `label`."""
    root = certify(name(f"MO Root {label}"), ca=True)
    sub1 = certify(name(f"MO Sub1 {label}"), root, ca=True, path_length=1)
    sub2 = certify(name(f"MO Sub2 {label}"), sub1, ca=True, path_length=0)
    return Hierarchy(root, sub1, sub2, contract(sub2))


def contract(issuer: Authority, common_name: str = EMAID) -> Authority:
    return certify(name(common_name), issuer)
