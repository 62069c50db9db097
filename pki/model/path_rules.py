"""What RFC 5280 demands of one certificate and OpenSSL's path validation lets pass.

OpenSSL judges the path (signatures, names, CA bits, path lengths, name constraints, policies);
these rules are asked first, of each certificate alone, so that a refusal has an exact reason and
so that nothing of unbearable cost reaches OpenSSL.
"""

import ipaddress
import re
from collections.abc import Collection, Iterator

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from pki.model.path_certificate import PathCertificate
from pki.model.verdict import Reason

MAX_EXTENSIONS = 24
"""Our judgement: V2G certificates carry at most eight."""

MAX_NAME_CONSTRAINTS = 64
"""Our judgement: checking costs subtrees times names, which an attacker chooses."""

MAX_SERIAL_BITS = 159
"""RFC 5280 section 4.1.2.2: at most 20 octets, and positive."""

_ENTITY_CRITICAL = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
_AUTHORITY_CRITICAL = _ENTITY_CRITICAL | {
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.INHIBIT_ANY_POLICY,
}
_NEVER_CRITICAL = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        ExtensionOID.SUBJECT_INFORMATION_ACCESS,
        ExtensionOID.FRESHEST_CRL,
    }
)
"""RFC 5280 sections 4.2.1.1, 4.2.1.2, 4.2.1.15, 4.2.2.1, 4.2.2.2: MUST be non-critical."""

_ALWAYS_CRITICAL = frozenset(
    {
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)
"""RFC 5280 sections 4.2.1.10, 4.2.1.11, 4.2.1.14: MUST be critical."""

STRONG_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.ED25519,
        SignatureAlgorithmOID.ED448,
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
        SignatureAlgorithmOID.RSASSA_PSS,
    }
)
"""No SHA-1 and no MD5. RSA stands here for certificates outside of V2G (role `any`) only: the
profiles of ISO 15118 refuse it."""

_USAGE_BITS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",  # without it encipherOnly and decipherOnly mean nothing
    "key_cert_sign",
    "crl_sign",
)
"""RFC 5280 section 4.2.1.3: at least one of them MUST be set."""

_DNS_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_MAILBOX = re.compile(r"[^\s@\"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


def rule_breaks(certificate: PathCertificate, *, anchor: bool = False) -> tuple[Reason, ...]:
    """Return what the certificate breaks; empty where it is in order. Never raises.

    The signature over a trust `anchor` is nobody's evidence, so its algorithm is not judged.
    """
    breaks = [*certificate.problems, *_envelope(certificate, anchor=anchor)]
    if certificate.extensions is not None:
        breaks += _extensions(certificate, certificate.extensions.values())
        breaks += _authority(certificate)
        breaks += _names(certificate)
    return tuple(breaks)


def has_name_constraints(certificate: PathCertificate) -> bool:
    """Whether the certificate restricts the names below it."""
    return certificate.extension(x509.NameConstraints) is not None


def may_sign_certificates(certificate: PathCertificate) -> bool:
    """Whether its key usage says keyCertSign (RFC 5280 section 4.2.1.3: a CA's must)."""
    usage = certificate.extension(x509.KeyUsage)
    return usage is not None and usage.value.key_cert_sign


def _envelope(certificate: PathCertificate, *, anchor: bool) -> Iterator[Reason]:
    parsed = certificate.certificate
    if parsed.version is not x509.Version.v3:
        yield _reason("version_not_3", certificate, "is not of version 3")
    if parsed.serial_number.bit_length() > MAX_SERIAL_BITS:
        yield _reason("serial_too_long", certificate, "has a serial number of over 20 octets")
    if certificate.not_after < certificate.not_before:
        yield _reason("validity_reversed", certificate, "ends before it begins")
    if not certificate.frame.algorithms_agree:
        yield _reason("signature_algorithm_mismatch", certificate, "names two different algorithms")
    if not anchor and parsed.signature_algorithm_oid not in STRONG_SIGNATURES:
        yield _reason("signature_algorithm_weak", certificate, "is signed with a weak algorithm")


def _extensions(
    certificate: PathCertificate, extensions: Collection[x509.Extension[x509.ExtensionType]]
) -> Iterator[Reason]:
    if len(extensions) > MAX_EXTENSIONS:
        yield _reason("too_many_extensions", certificate, f"has over {MAX_EXTENSIONS} extensions")
    known = _AUTHORITY_CRITICAL if certificate.is_ca else _ENTITY_CRITICAL
    for extension in extensions:
        oid = extension.oid
        if extension.critical and oid in _NEVER_CRITICAL:
            yield _reason(
                "extension_wrongly_critical", certificate, f"marks {_shown(oid)} against the rule"
            )
        elif extension.critical and oid not in known:
            yield _reason(
                "critical_extension_unknown", certificate, f"has the unknown {_shown(oid)}"
            )
        elif not extension.critical and oid in _ALWAYS_CRITICAL:
            yield _reason("extension_not_critical", certificate, f"does not mark {_shown(oid)}")


def _authority(certificate: PathCertificate) -> Iterator[Reason]:
    constraints = certificate.extension(x509.BasicConstraints)
    usage = certificate.extension(x509.KeyUsage)
    if constraints is not None and constraints.value.ca and not constraints.critical:
        # RFC 5280 section 4.2.1.9
        yield _reason(
            "basic_constraints_not_critical", certificate, "has basic constraints not critical"
        )
    if usage is not None and not any(getattr(usage.value, bit) for bit in _USAGE_BITS):
        yield _reason("key_usage_empty", certificate, "may be used for nothing")
    if not certificate.is_ca:
        if usage is not None and usage.value.key_cert_sign:  # RFC 5280 section 4.2.1.3
            yield _reason("key_cert_sign_without_ca", certificate, "may sign but is no CA")
        if has_name_constraints(certificate):  # RFC 5280 section 4.2.1.10
            yield _reason("name_constraints_in_leaf", certificate, "constrains names but is no CA")
    names = certificate.extension(x509.NameConstraints)
    if names is not None:
        subtrees = [
            *(names.value.permitted_subtrees or ()),
            *(names.value.excluded_subtrees or ()),
        ]
        if len(subtrees) > MAX_NAME_CONSTRAINTS:
            yield _reason("too_many_name_constraints", certificate, "constrains too many names")
        if any(isinstance(s, x509.DNSName) and s.value.startswith(".") for s in subtrees):
            # RFC 5280 section 4.2.1.10 knows a leading period for URI and e-mail hosts only
            yield _reason("name_constraint_malformed", certificate, "constrains `.name`")


def _names(certificate: PathCertificate) -> Iterator[Reason]:
    extension = certificate.extension(x509.SubjectAlternativeName)
    if certificate.issuer != certificate.subject and certificate.authority_key_id is None:
        # RFC 5280 section 4.2.1.1: in all but self-signed certificates
        yield _reason("authority_key_identifier_missing", certificate, "names no issuer key")
    if not certificate.subject.rdns:
        if certificate.is_ca:  # RFC 5280 section 4.1.2.6
            yield _reason("subject_empty", certificate, "is a CA without a subject")
        elif extension is None or not extension.critical:  # RFC 5280 section 4.2.1.6
            yield _reason("subject_empty", certificate, "has neither subject nor critical names")
    if extension is None:
        return
    for name in extension.value:
        if isinstance(name, x509.DNSName) and not _is_host_name(name.value):
            yield _reason("dns_name_malformed", certificate, "has a DNS name that is none")
        elif isinstance(name, x509.RFC822Name) and not _MAILBOX.fullmatch(name.value):
            yield _reason("email_name_malformed", certificate, "has an e-mail name that is none")


def _is_host_name(text: str) -> bool:
    """Preferred name syntax (RFC 5280 section 4.2.1.6, RFC 1034 section 3.5), no IP address.

    One leading `*` label is let pass here; below name constraints it is refused (see `path`).
    """
    labels = text.removeprefix("*.").split(".")
    if len(text) > 253 or not all(_DNS_LABEL.fullmatch(label) for label in labels):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return True
    return False


def _reason(code: str, certificate: PathCertificate, what: str) -> Reason:
    return Reason(code, f"{certificate.shown} {what}")


def _shown(oid: x509.ObjectIdentifier) -> str:
    return f"extension {oid.dotted_string} (critical)"
