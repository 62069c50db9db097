"""A certificate field by field, in the words of RFC 5280."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.model.authority import fingerprint


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a certificate; `critical` is None where it is no extension."""

    name: str
    value: str
    critical: bool | None = None


def decoded(der: bytes) -> tuple[Field, ...]:
    """Return the fields of a DER certificate; ValueError where it cannot be read."""
    certificate = x509.load_der_x509_certificate(der)
    return (
        Field("Version", certificate.version.name),
        Field("Serial number", f"{certificate.serial_number:X}"),
        Field("Signature algorithm", _name_of(certificate.signature_algorithm_oid)),
        Field("Issuer", certificate.issuer.rfc4514_string()),
        Field("Not before", certificate.not_valid_before_utc.isoformat()),
        Field("Not after", certificate.not_valid_after_utc.isoformat()),
        Field("Subject", certificate.subject.rfc4514_string()),
        Field("Public key", _key(certificate)),
        *_extensions(certificate),
        Field("SHA-256 fingerprint", fingerprint(der)),
        Field("Size", f"{len(certificate.public_bytes(Encoding.DER))} bytes"),
    )


def common_name(der: bytes) -> str:
    """Return the subject's common name, or the whole subject where there is none."""
    subject = x509.load_der_x509_certificate(der).subject
    named = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(named[0].value) if named else subject.rfc4514_string()


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey").lstrip("_")


def _extensions(certificate: x509.Certificate) -> Iterator[Field]:
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension):
        yield Field("Extensions", "cannot be read (RFC 5280 section 4.2)")
        return
    for extension in extensions:
        yield Field(_spaced(_name_of(extension.oid)), _value(extension.value), extension.critical)


def _name_of(oid: x509.ObjectIdentifier) -> str:
    known: str = oid._name  # noqa: SLF001 - the package keeps the names there and nowhere else
    return known if known != "Unknown OID" else oid.dotted_string


def _spaced(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()


def _value(value: x509.ExtensionType) -> str:
    if isinstance(value, x509.BasicConstraints):
        length = "" if value.path_length is None else f", path length {value.path_length}"
        return f"CA {str(value.ca).upper()}{length}"
    if isinstance(value, x509.KeyUsage):
        return ", ".join(_usages(value))
    if isinstance(value, x509.ExtendedKeyUsage):
        return ", ".join(_name_of(one) for one in value)
    if isinstance(value, x509.SubjectKeyIdentifier):
        return value.digest.hex(":")
    if isinstance(value, x509.AuthorityKeyIdentifier):
        return "none" if value.key_identifier is None else value.key_identifier.hex(":")
    if isinstance(value, x509.AuthorityInformationAccess):
        return "; ".join(
            f"{_name_of(one.access_method)} {one.access_location.value}" for one in value
        )
    if isinstance(value, x509.CRLDistributionPoints):
        names = (name for point in value for name in point.full_name or ())
        return "; ".join(str(name.value) for name in names)
    if isinstance(value, x509.SubjectAlternativeName):
        return "; ".join(str(name.value) for name in value)
    if isinstance(value, x509.CertificatePolicies):
        return ", ".join(one.policy_identifier.dotted_string for one in value)
    return value.public_bytes().hex(":")


def _usages(value: x509.KeyUsage) -> Iterator[str]:
    for name in (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    ):
        if getattr(value, name):
            yield name.replace("_", " ")
