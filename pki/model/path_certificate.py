"""A certificate as path validation reads it: once, wholly, and never trusted for its reading."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

import asn1crypto.core
import asn1crypto.x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import SignatureAlgorithmOID

from pki.model.path_frame import CertificateFrame, frame_certificate
from pki.model.verdict import Reason

ExtensionValue = TypeVar("ExtensionValue", bound=x509.ExtensionType)

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the X.509 parser raises on bytes that are no certificate."""


@dataclass(frozen=True, slots=True, eq=False)
class PathCertificate:
    """One certificate of a chain, parsed.

    `fingerprint` is SHA-256 of the DER in lower-case hex, `name` the subject as RFC 4514 text.
    `read_as` is `certificate`, or the same with one known fault of encoding put right, for reading
    its extensions alone. `extensions` and `public_key` are None where they cannot be read, which
    `problems` then says; such a certificate is kept, so that a wrong signature over it can be told
    from mere rubbish.
    """

    der: bytes
    frame: CertificateFrame
    certificate: x509.Certificate
    read_as: x509.Certificate
    fingerprint: str
    subject: x509.Name
    issuer: x509.Name
    name: str
    not_before: datetime
    not_after: datetime
    extensions: Mapping[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]] | None
    public_key: CertificatePublicKeyTypes | None
    problems: tuple[Reason, ...]

    def extension(
        self, extension_type: type[ExtensionValue]
    ) -> x509.Extension[ExtensionValue] | None:
        """Return the extension of a cryptography extension class, or None."""
        found = (self.extensions or {}).get(extension_type.oid)
        # the object identifier chose the class when the extension was parsed
        return cast("x509.Extension[ExtensionValue] | None", found)

    @property
    def serial_number(self) -> int:
        """The serial number."""
        return self.certificate.serial_number

    @property
    def writes_default(self) -> bool:
        """Whether its basic constraints write out a DEFAULT value, against X.690 section 11.5."""
        return self.read_as is not self.certificate

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints say cA (RFC 5280 section 4.2.1.9)."""
        constraints = self.extension(x509.BasicConstraints)
        return constraints is not None and constraints.value.ca

    @property
    def subject_key_id(self) -> bytes | None:
        """The SubjectKeyIdentifier, if any."""
        found = self.extension(x509.SubjectKeyIdentifier)
        return None if found is None else found.value.digest

    @property
    def authority_key_id(self) -> bytes | None:
        """The keyIdentifier of the AuthorityKeyIdentifier, if any."""
        found = self.extension(x509.AuthorityKeyIdentifier)
        return None if found is None else found.value.key_identifier

    @property
    def shown(self) -> str:
        """How a reason names the certificate: a leaf's subject is personal and stays out."""
        return self.name or "a CA without subject" if self.is_ca else "the end-entity certificate"

    @property
    def common_name(self) -> str | None:
        """The subject's first commonName, if any."""
        names = self.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if names else None


def read_certificate(der: bytes, issuer: PathCertificate | None = None) -> PathCertificate | Reason:
    """Parse one DER certificate whose size the caller has bounded.

    Returns a Reason where it is none (`certificate_unreadable`), where its serial number is not
    positive (`serial_not_positive`, RFC 5280 section 4.1.2.2), or where it does not name `issuer`,
    if given, byte for byte (`issuer_name_mismatch`). Never raises.
    """
    try:
        frame = frame_certificate(der)
        if not frame.serial_is_positive:
            return Reason("serial_not_positive", "a certificate's serial number is not positive")
        if issuer is not None and frame.issuer != issuer.frame.subject:
            return Reason("issuer_name_mismatch", "a certificate names another issuer")
        certificate = x509.load_der_x509_certificate(der)
        subject = certificate.subject
        issuer_name = certificate.issuer if issuer is None else issuer.subject
        not_before, not_after = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (IndexError, *UNREADABLE):
        return Reason("certificate_unreadable", "a certificate of the chain is not valid X.509 DER")
    problems: list[Reason] = []
    read_as, extensions = _read_extensions(certificate, der)
    if extensions is None:
        problems.append(
            Reason("extensions_unreadable", "the extensions of a certificate cannot be read")
        )
    try:
        public_key = certificate.public_key()
    except UNREADABLE:
        public_key = None
        problems.append(Reason("public_key_unreadable", "the key of a certificate cannot be read"))
    return PathCertificate(
        der=der,
        frame=frame,
        certificate=certificate,
        read_as=read_as,
        fingerprint=hashlib.sha256(der).hexdigest(),
        subject=subject,
        issuer=issuer_name,
        name=subject.rfc4514_string(),
        not_before=not_before,
        not_after=not_after,
        extensions=None if extensions is None else {e.oid: e for e in extensions},
        public_key=public_key,
        problems=tuple(problems),
    )


def _read_extensions(
    certificate: x509.Certificate, der: bytes
) -> tuple[x509.Certificate, x509.Extensions | None]:
    with suppress(*UNREADABLE):
        return certificate, certificate.extensions
    if _CA_FALSE_WRITTEN_OUT in der:
        with suppress(KeyError, *UNREADABLE):  # KeyError: asn1crypto's for unknown algorithms
            repaired = _with_default_left_out(der)
            return repaired, repaired.extensions
    return certificate, None


_CA_FALSE_WRITTEN_OUT = bytes.fromhex("30030101 00")
"""BasicConstraints whose cA FALSE is written out. DER leaves a DEFAULT value out (X.690 section
11.5) and the parser insists on it; Hubject's CPS leaves have it all the same."""


def _with_default_left_out(der: bytes) -> x509.Certificate:
    """The same certificate with well-formed basic constraints, for reading; its signature breaks.

    Raises KeyError or one of UNREADABLE.
    """
    parsed = asn1crypto.x509.Certificate.load(der)
    for extension in parsed["tbs_certificate"]["extensions"]:
        if (
            extension["extn_id"].native == "basic_constraints"
            and extension["extn_value"].contents == _CA_FALSE_WRITTEN_OUT
        ):
            extension["extn_value"] = asn1crypto.core.ParsableOctetString(b"\x30\x00")
    return x509.load_der_x509_certificate(parsed.dump())


BEARABLE_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
MAX_RSA_BITS = 4096
MAX_RSA_EXPONENT_BITS = 64
"""Our judgement: a stranger's key must not make one verification cost milliseconds. V2G uses
P-256, P-521 and Ed448 alone; RSA stands in other certificates that role `any` judges."""


def signature_verifies(
    certificate: PathCertificate, issuer_key: CertificatePublicKeyTypes | None
) -> bool:
    """Whether `issuer_key` made the certificate's signature; names are not looked at.

    The algorithm must fit the key: ECDSA, RSA (PKCS#1 v1.5 or PSS), Ed448 or Ed25519, and be the
    same within and outside of what is signed (RFC 5280 section 4.1.1.2).
    """
    frame, parsed = certificate.frame, certificate.certificate
    if not frame.algorithms_agree or not _is_bearable(issuer_key):
        return False
    signature, signed = frame.signature, frame.signed
    try:
        parameters = parsed.signature_algorithm_parameters
        if isinstance(issuer_key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            issuer_key.verify(signature, signed, parameters)
        elif isinstance(issuer_key, rsa.RSAPublicKey) and isinstance(
            parameters, padding.PKCS1v15 | padding.PSS
        ):
            digest = parsed.signature_hash_algorithm
            if digest is None:
                return False
            issuer_key.verify(signature, signed, parameters, digest)
        elif (
            isinstance(issuer_key, ed448.Ed448PublicKey)
            and parsed.signature_algorithm_oid == SignatureAlgorithmOID.ED448
        ) or (
            isinstance(issuer_key, ed25519.Ed25519PublicKey)
            and parsed.signature_algorithm_oid == SignatureAlgorithmOID.ED25519
        ):
            issuer_key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _is_bearable(key: CertificatePublicKeyTypes | None) -> bool:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in BEARABLE_CURVES
    if isinstance(key, rsa.RSAPublicKey):
        return (
            key.key_size <= MAX_RSA_BITS
            and key.public_numbers().e.bit_length() <= MAX_RSA_EXPONENT_BITS
        )
    return True
