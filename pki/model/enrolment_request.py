"""What an enrolment reads of a PKCS#10 request (RFC 2986) beside its proof of possession."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

from foundation.errors import Kind, ServiceError
from pki.model.csr import MAXIMUM_CSR_BYTES
from pki.model.lint import algorithm_of
from pki.model.roles import KeyAlgorithm

_KEY_ENCRYPTION = (
    ObjectIdentifier("1.2.840.113549.1.9.16.2.37"),  # id-aa-decryptKeyID
    ObjectIdentifier("1.2.840.113549.1.9.16.2.54"),  # id-aa-asymmDecryptKeyID
)
"""Attributes that ask for the generated key wrapped (RFC 7030 section 4.4.1)."""


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """The wishes of a request; nothing of it is proven.

    `common_name` is None unless the subject has exactly one. `alternative_names` is what the
    request asks for, None where it does not. `algorithm` is None for a key type that nobody here
    certifies, `public_key` (DER SubjectPublicKeyInfo) then as well.
    """

    subject: x509.Name
    common_name: str | None
    alternative_names: x509.SubjectAlternativeName | None
    algorithm: KeyAlgorithm | None
    public_key: bytes | None
    wants_encrypted_key: bool


def read_enrolment_request(csr: bytes) -> EnrolmentRequest:
    """Read a DER PKCS#10. Raises TOO_LARGE `csr_too_large` and MALFORMED `csr_malformed`."""
    if len(csr) > MAXIMUM_CSR_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "csr_too_large", f"send a CSR of at most {MAXIMUM_CSR_BYTES} octets"
        )
    try:
        request = x509.load_der_x509_csr(csr)
        algorithm, public_key = _key(request)
        return EnrolmentRequest(
            subject=request.subject,
            common_name=_common_name(request.subject),
            alternative_names=_alternative_names(request),
            algorithm=algorithm,
            public_key=public_key,
            wants_encrypted_key=any(a.oid in _KEY_ENCRYPTION for a in request.attributes),
        )
    except (
        ValueError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as failure:
        raise ServiceError(
            Kind.MALFORMED, "csr_malformed", "send a PKCS#10 certification request (RFC 2986)"
        ) from failure


def _key(request: x509.CertificateSigningRequest) -> tuple[KeyAlgorithm | None, bytes | None]:
    try:
        key = request.public_key()
    except UnsupportedAlgorithm:
        return None, None
    algorithm = algorithm_of(key)
    if algorithm is None:
        return None, None
    return algorithm, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _common_name(subject: x509.Name) -> str | None:
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return names[0].value if len(names) == 1 and isinstance(names[0].value, str) else None


def _alternative_names(
    request: x509.CertificateSigningRequest,
) -> x509.SubjectAlternativeName | None:
    try:
        return request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
