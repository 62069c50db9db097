"""The linter: where a certificate departs from its role's profile.

It judges one certificate alone; signatures, the chain's names and revocation are path validation's.
"""

from collections.abc import Callable, Iterator

from asn1crypto import x509 as asn1x509
from asn1crypto.core import ParsableOctetString
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtensionOID,
    NameOID,
    ObjectIdentifier,
    SignatureAlgorithmOID,
)

from foundation.identifiers.countries import COUNTRIES
from pki.model.finding import Finding, FindingCode
from pki.model.profile import KeyUsageBit, Profile
from pki.model.roles import KeyAlgorithm

__all__ = ["SIGNATURE_OIDS", "Finding", "FindingCode", "algorithm_of", "key_algorithm", "lint"]

UB_COMMON_NAME = 64  # RFC 5280 appendix A.1, ub-common-name
MAXIMUM_SERIAL_OCTETS = 20  # RFC 5280 section 4.1.2.2


SIGNATURE_OIDS = {
    KeyAlgorithm.P256: SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    KeyAlgorithm.P521: SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    KeyAlgorithm.ED448: SignatureAlgorithmOID.ED448,
}
"""The one signature algorithm of each key type (ISO 15118-2 annex F, ISO 15118-20 annex B)."""

_ALLOWED_EXTENSIONS = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.OCSP_NO_CHECK,
    }
)
_OWN_CRITICALITY_RULE = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
)
_BITS = (
    ("digital_signature", KeyUsageBit.DIGITAL_SIGNATURE),
    ("content_commitment", KeyUsageBit.NON_REPUDIATION),
    ("key_encipherment", KeyUsageBit.KEY_ENCIPHERMENT),
    ("data_encipherment", KeyUsageBit.DATA_ENCIPHERMENT),
    ("key_agreement", KeyUsageBit.KEY_AGREEMENT),
    ("key_cert_sign", KeyUsageBit.KEY_CERT_SIGN),
    ("crl_sign", KeyUsageBit.CRL_SIGN),
)

_CA_FALSE_SPELT_OUT = bytes.fromhex("3003010100")
_EMPTY_SEQUENCE = bytes.fromhex("3000")

Extensions = dict[ObjectIdentifier, x509.Extension[x509.ExtensionType]]


def lint(
    certificate: x509.Certificate, profile: Profile, *, der_bytes: int | None = None
) -> tuple[Finding, ...]:
    """Return every departure of `certificate` from `profile`, in a stable order; never raises.

    `der_bytes` is the size to judge where it is not that of `certificate` as it stands: before
    signing, the most octets that the signed certificate can have.
    """
    size = len(certificate.public_bytes(Encoding.DER)) if der_bytes is None else der_bytes
    findings = [
        *_envelope(certificate, size, profile),
        *_algorithms(certificate, profile),
        *_subject(certificate, profile),
    ]
    extensions = _parse_extensions(certificate)
    if extensions is None and (normal := _without_encoded_default(certificate)) is not None:
        detail = "its basic constraints spell out CA FALSE, which DER omits"
        code = FindingCode.BASIC_CONSTRAINTS_ENCODED_DEFAULT
        findings.append(Finding(code, detail, "ITU-T X.690 section 11.5"))
        extensions = _parse_extensions(normal)
    if extensions is None:
        detail = "its extensions cannot be parsed"
        code = FindingCode.EXTENSIONS_MALFORMED
        return (*findings, Finding(code, detail, "RFC 5280 section 4.2"))
    algorithm = key_algorithm(certificate)
    for check in _EXTENSION_CHECKS:
        findings += check(extensions, profile, algorithm)
    return tuple(findings)


def key_algorithm(certificate: x509.Certificate) -> KeyAlgorithm | None:
    """Return the type of the certificate's public key, None for every other than our three."""
    try:
        return algorithm_of(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return None


def algorithm_of(public_key: object) -> KeyAlgorithm | None:
    """Return the type of a public key of `cryptography`, None for other than our three."""
    if isinstance(public_key, EllipticCurvePublicKey):
        curves = {"secp256r1": KeyAlgorithm.P256, "secp521r1": KeyAlgorithm.P521}
        return curves.get(public_key.curve.name)
    return KeyAlgorithm.ED448 if isinstance(public_key, Ed448PublicKey) else None


def _parse_extensions(certificate: x509.Certificate) -> Extensions | None:
    try:
        return {extension.oid: extension for extension in certificate.extensions}
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def _without_encoded_default(certificate: x509.Certificate) -> x509.Certificate | None:
    """Return a copy to read, not to trust, whose basic constraints omit `cA FALSE`, or None.

    A hub's CPS leaves spell the default out and `cryptography` then parses no extension at all.
    """
    try:
        parsed = asn1x509.Certificate.load(certificate.public_bytes(Encoding.DER))
        found = False
        for extension in parsed["tbs_certificate"]["extensions"]:
            if extension["extn_id"].native != "basic_constraints":
                continue
            if extension["extn_value"].contents == _CA_FALSE_SPELT_OUT:
                extension["extn_value"] = ParsableOctetString(_EMPTY_SEQUENCE)
                found = True
        return x509.load_der_x509_certificate(parsed.dump(force=True)) if found else None
    except (ValueError, TypeError, KeyError):
        return None


def _envelope(certificate: x509.Certificate, size: int, profile: Profile) -> Iterator[Finding]:
    if certificate.version is not x509.Version.v3:
        yield Finding(FindingCode.VERSION_NOT_3, "it is not version 3", "RFC 5280 section 4.1.2.1")
    serial = certificate.serial_number
    if serial <= 0:
        detail = "its serial number is not positive"
        yield Finding(FindingCode.SERIAL_NOT_POSITIVE, detail, "RFC 5280 section 4.1.2.2")
    elif serial.bit_length() >= MAXIMUM_SERIAL_OCTETS * 8:
        detail = f"its serial number has more than {MAXIMUM_SERIAL_OCTETS} octets"
        yield Finding(FindingCode.SERIAL_TOO_LONG, detail, "RFC 5280 section 4.1.2.2")
    limit = profile.maximum_der_bytes
    if size > limit.value:
        detail = f"it has {size} octets in DER, {limit.value} are allowed"
        yield Finding(FindingCode.DER_TOO_LARGE, detail, limit.clause)
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    if life.total_seconds() <= 0:
        detail = "it ends before it begins"
        yield Finding(FindingCode.VALIDITY_REVERSED, detail, "RFC 5280 section 4.1.2.5")
    elif life > profile.lifetime.value.maximum:
        allowed = profile.lifetime.value.maximum.days
        detail = f"it lives {life.days} days, {allowed} are allowed"
        yield Finding(FindingCode.LIFETIME_TOO_LONG, detail, profile.lifetime.clause)


def _algorithms(certificate: x509.Certificate, profile: Profile) -> Iterator[Finding]:
    allowed = profile.algorithms
    found = key_algorithm(certificate)
    if found is None or found not in allowed.value:
        detail = f"its key is not on {' or '.join(sorted(allowed.value))}"
        yield Finding(FindingCode.KEY_ALGORITHM_NOT_ALLOWED, detail, allowed.clause)
    if certificate.signature_algorithm_oid not in {SIGNATURE_OIDS[a] for a in allowed.value}:
        detail = "it is signed with an algorithm that the edition does not allow"
        yield Finding(FindingCode.SIGNATURE_ALGORITHM_NOT_ALLOWED, detail, allowed.clause)


def _subject(certificate: x509.Certificate, profile: Profile) -> Iterator[Finding]:
    try:
        subject = certificate.subject
    except ValueError:
        detail = "its subject cannot be parsed"
        yield Finding(FindingCode.SUBJECT_MALFORMED, detail, "RFC 5280 section 4.1.2.6")
        return
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    clause = profile.common_name.clause
    if not names or not names[0].value:
        detail = "its subject has no common name"
        yield Finding(FindingCode.SUBJECT_COMMON_NAME_MISSING, detail, clause)
    elif len(names) > 1:
        detail = "its subject has several common names"
        yield Finding(FindingCode.SUBJECT_COMMON_NAME_REPEATED, detail, clause)
    elif len(names[0].value) > UB_COMMON_NAME:
        detail = f"its common name has more than {UB_COMMON_NAME} characters"
        code = FindingCode.SUBJECT_COMMON_NAME_TOO_LONG
        yield Finding(code, detail, "RFC 5280 appendix A.1")
    countries = {str(a.value) for a in subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)}
    if countries - COUNTRIES:
        detail = "its country is none of ISO 3166-1"
        clause = "RFC 5280 appendix A.1: ISO 3166 codes"
        yield Finding(FindingCode.SUBJECT_COUNTRY_UNASSIGNED, detail, clause)
    component = profile.domain_component
    found = {str(a.value) for a in subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)}
    wanted = " or ".join(sorted(component.value.accepted))
    if found - component.value.accepted:
        detail = f"its domain component is not {wanted}" if wanted else "it has a domain component"
        yield Finding(FindingCode.SUBJECT_DOMAIN_COMPONENT_WRONG, detail, component.clause)
    elif not found and component.value.required:
        detail = f"it lacks the domain component {wanted}"
        yield Finding(FindingCode.SUBJECT_DOMAIN_COMPONENT_MISSING, detail, component.clause)


def _known(extensions: Extensions, _: Profile, __: KeyAlgorithm | None) -> Iterator[Finding]:
    for oid, extension in extensions.items():
        if oid not in _ALLOWED_EXTENSIONS:
            detail = f"it carries the extension {oid.dotted_string}, which no profile names"
            code = FindingCode.EXTENSION_UNEXPECTED
            yield Finding(code, detail, "own judgement: only what the profile names")
        elif extension.critical and oid not in _OWN_CRITICALITY_RULE:
            detail = f"its extension {oid.dotted_string} must not be critical"
            code = FindingCode.EXTENSION_WRONGLY_CRITICAL
            yield Finding(code, detail, "RFC 5280 section 4.2")
    if ExtensionOID.SUBJECT_ALTERNATIVE_NAME in extensions:
        detail = "it carries a subject alternative name"
        code = FindingCode.SUBJECT_ALTERNATIVE_NAME_UNEXPECTED
        yield Finding(code, detail, "own judgement: only what the profile names")


def _basic_constraints(
    extensions: Extensions, profile: Profile, _: KeyAlgorithm | None
) -> Iterator[Finding]:
    extension = extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
    clause = profile.path_length.clause
    if extension is None:
        detail = "it carries no basic constraints"
        yield Finding(FindingCode.BASIC_CONSTRAINTS_MISSING, detail, clause)
        return
    constraints = extension.value
    assert isinstance(constraints, x509.BasicConstraints)  # noqa: S101 - what that OID parses to
    if not extension.critical:
        detail = "its basic constraints are not critical"
        yield Finding(FindingCode.BASIC_CONSTRAINTS_NOT_CRITICAL, detail, clause)
    if constraints.ca is not profile.authority:
        detail = f"its basic constraints say CA {constraints.ca}"
        yield Finding(FindingCode.BASIC_CONSTRAINTS_WRONG_CA, detail, clause)
    found, wanted = constraints.path_length, profile.path_length.value
    if found == wanted:
        return
    if found is None:
        code, detail = FindingCode.PATH_LENGTH_MISSING, f"it lacks the path length {wanted}"
    elif wanted is None:
        code, detail = FindingCode.PATH_LENGTH_UNEXPECTED, f"it has a path length of {found}"
    else:
        code = FindingCode.PATH_LENGTH_WRONG
        detail = f"its path length is {found} instead of {wanted}"
    yield Finding(code, detail, clause)


def _key_usage(
    extensions: Extensions, profile: Profile, algorithm: KeyAlgorithm | None
) -> Iterator[Finding]:
    extension = extensions.get(ExtensionOID.KEY_USAGE)
    clause = profile.key_usage.clause
    if extension is None:
        detail = "it carries no key usage"
        yield Finding(FindingCode.KEY_USAGE_MISSING, detail, clause)
        return
    usage = extension.value
    assert isinstance(usage, x509.KeyUsage)  # noqa: S101 - what that OID parses to
    if not extension.critical:
        detail = "its key usage is not critical"
        yield Finding(FindingCode.KEY_USAGE_NOT_CRITICAL, detail, clause)
    wanted = profile.key_usage.value.get(algorithm) if algorithm else None
    if wanted is None:  # a wrong key, which is a finding of its own
        return
    found = frozenset(bit for name, bit in _BITS if getattr(usage, name))
    if wanted - found:
        detail = f"its key usage lacks {', '.join(sorted(wanted - found))}"
        yield Finding(FindingCode.KEY_USAGE_LACKS_BIT, detail, clause)
    if found - wanted:
        detail = f"its key usage has {', '.join(sorted(found - wanted))} in excess"
        yield Finding(FindingCode.KEY_USAGE_EXCESS_BIT, detail, clause)


def _extended_key_usage(
    extensions: Extensions, profile: Profile, _: KeyAlgorithm | None
) -> Iterator[Finding]:
    extension = extensions.get(ExtensionOID.EXTENDED_KEY_USAGE)
    limit = profile.extended_key_usage
    found: set[str] = set()
    if extension is not None:
        usages = extension.value
        assert isinstance(usages, x509.ExtendedKeyUsage)  # noqa: S101 - what that OID parses to
        found = {oid.dotted_string for oid in usages}
        if found and extension.critical is not limit.value.critical:
            detail = f"its extended key usage has critical {extension.critical}"
            code = FindingCode.EXTENDED_KEY_USAGE_WRONG_CRITICALITY
            yield Finding(code, detail, limit.clause)
    if limit.value.required - found:
        detail = f"its extended key usage lacks {', '.join(sorted(limit.value.required - found))}"
        yield Finding(FindingCode.EXTENDED_KEY_USAGE_MISSING, detail, limit.clause)
    excess = found - limit.value.required - limit.value.optional
    if excess:
        detail = f"its extended key usage has {', '.join(sorted(excess))} in excess"
        yield Finding(FindingCode.EXTENDED_KEY_USAGE_UNEXPECTED, detail, limit.clause)


def _status(extensions: Extensions, profile: Profile, _: KeyAlgorithm | None) -> Iterator[Finding]:
    extension = extensions.get(ExtensionOID.AUTHORITY_INFORMATION_ACCESS)
    urls = 0
    if extension is not None:
        access = extension.value
        assert isinstance(access, x509.AuthorityInformationAccess)  # noqa: S101 - its OID's type
        urls = sum(a.access_method == AuthorityInformationAccessOID.OCSP for a in access)
    limit = profile.ocsp_url
    if limit.value and not urls:
        yield Finding(FindingCode.OCSP_URL_MISSING, "it names no OCSP URL", limit.clause)
    elif limit.value and urls > 1:
        detail = f"it names {urls} OCSP URLs instead of one"
        yield Finding(FindingCode.OCSP_URL_REPEATED, detail, limit.clause)
    elif urls and not limit.value:
        yield Finding(FindingCode.OCSP_URL_UNEXPECTED, "it names an OCSP URL", limit.clause)
    present = ExtensionOID.OCSP_NO_CHECK in extensions
    clause = profile.ocsp_no_check.clause
    if profile.ocsp_no_check.value and not present:
        detail = "it lacks ocsp-nocheck"
        yield Finding(FindingCode.OCSP_NO_CHECK_MISSING, detail, clause)
    elif present and not profile.ocsp_no_check.value:
        yield Finding(FindingCode.OCSP_NO_CHECK_UNEXPECTED, "it carries ocsp-nocheck", clause)


def _key_identifiers(
    extensions: Extensions, profile: Profile, _: KeyAlgorithm | None
) -> Iterator[Finding]:
    limit = profile.ski_lengths
    extension = extensions.get(ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    if extension is None:
        detail = "it carries no subject key identifier"
        yield Finding(FindingCode.SUBJECT_KEY_IDENTIFIER_MISSING, detail, limit.clause)
    else:
        identifier = extension.value
        assert isinstance(identifier, x509.SubjectKeyIdentifier)  # noqa: S101 - its OID's type
        if len(identifier.digest) not in limit.value:
            detail = f"its subject key identifier has {len(identifier.digest)} octets"
            yield Finding(FindingCode.SUBJECT_KEY_IDENTIFIER_LENGTH, detail, limit.clause)
    authority = extensions.get(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    if not profile.is_root and not _has_key_identifier(authority):
        detail = "it carries no authority key identifier"
        code = FindingCode.AUTHORITY_KEY_IDENTIFIER_MISSING
        yield Finding(code, detail, "RFC 5280 section 4.2.1.1")


def _has_key_identifier(extension: x509.Extension[x509.ExtensionType] | None) -> bool:
    if extension is None:
        return False
    value = extension.value
    return isinstance(value, x509.AuthorityKeyIdentifier) and value.key_identifier is not None


_Check = Callable[[Extensions, Profile, KeyAlgorithm | None], Iterator[Finding]]
_EXTENSION_CHECKS: tuple[_Check, ...] = (
    _known,
    _basic_constraints,
    _key_usage,
    _extended_key_usage,
    _status,
    _key_identifiers,
)
