"""Builds certificates so that what is linted is what is signed.

`cryptography` signs what it builds at once. A draft is therefore built with a throwaway key of
the issuer's type and linted; then the issuer's key signs exactly the draft's to-be-signed bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from foundation.errors import Kind, ServiceError
from pki.model.finding import Finding
from pki.model.lint import algorithm_of, lint
from pki.model.profile import KeyUsageBit, Profile
from pki.model.roles import KeyAlgorithm

SERIAL_BITS = 135
"""17 octets: positive without a leading zero, 134 of the bits random. RFC 5280 section 4.1.2.2
allows 20 octets, public CAs demand 64 random bits."""

_URL = re.compile(r"https?://[!-~]*[!-.0-~]")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,15}")

_HASHES: dict[KeyAlgorithm, type[SHA256] | type[SHA512]] = {
    KeyAlgorithm.P256: SHA256,
    KeyAlgorithm.P521: SHA512,
}
_ALGORITHM_IDENTIFIERS = {
    KeyAlgorithm.P256: bytes.fromhex("300a06082a8648ce3d040302"),  # ecdsa-with-SHA256
    KeyAlgorithm.P521: bytes.fromhex("300a06082a8648ce3d040304"),  # ecdsa-with-SHA512
    KeyAlgorithm.ED448: bytes.fromhex("300506032b6571"),  # id-Ed448
}
_LONGEST_SIGNATURES = {
    KeyAlgorithm.P256: 72,  # SEQUENCE of two INTEGERs of up to 33 octets
    KeyAlgorithm.P521: 139,  # SEQUENCE of two INTEGERs of up to 66 octets
    KeyAlgorithm.ED448: 114,  # RFC 8032 section 5.2.6
}


@dataclass(frozen=True, slots=True)
class Publication:
    """Where certificate status is published, and which of it certificates name.

    `public_url` is http or https, in ASCII, without trailing slash. The OCSP URL is always named;
    `ca_issuers`, `crl_distribution_points` and the policy (dotted object identifier, on Sub-CAs
    only) are optional in ISO 15118 and cost octets.
    """

    public_url: str
    ca_issuers: bool = False
    crl_distribution_points: bool = False
    policy: str | None = None

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.public_url):
            raise ServiceError(
                Kind.INVALID,
                "public_url_invalid",
                "the public URL begins with http:// or https:// and has no spaces, letters "
                "beyond ASCII or trailing slash; set EVTRUST_PUBLIC_URL",
            )
        if self.policy is not None and not _OID.fullmatch(self.policy):
            raise ServiceError(
                Kind.INVALID, "policy_invalid", "a policy is a dotted object identifier"
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a certificate will say.

    `issuer_name` is the authority's name in URLs; `issuer_key_identifier` is None for a root.
    """

    profile: Profile
    signature: KeyAlgorithm
    serial: int
    issuer: x509.Name
    issuer_name: str
    issuer_key_identifier: bytes | None
    subject: x509.Name
    public_key: EllipticCurvePublicKey | Ed448PublicKey
    not_before: datetime
    not_after: datetime
    publication: Publication


def certify(
    plan: Plan,
    key: EllipticCurvePrivateKey | Ed448PrivateKey,
    throwaway: EllipticCurvePrivateKey | Ed448PrivateKey,
) -> x509.Certificate:
    """Build, lint, sign with `key`, and prove that the linted bytes are the signed bytes.

    `throwaway` is any other key of the same type. Raises INVALID `profile_violated`, with the
    findings as fields, before anything is signed.
    """
    draft = build_linted_draft(plan, throwaway)
    return sign_draft(draft.tbs_certificate_bytes, key, plan.signature)


def build_linted_draft(
    plan: Plan, throwaway: EllipticCurvePrivateKey | Ed448PrivateKey
) -> x509.Certificate:
    """Return the planned certificate as a draft without findings; raise INVALID as `certify`."""
    draft = build_draft(plan, throwaway)
    findings = lint(draft, plan.profile, der_bytes=largest_size(draft, plan.signature))
    if findings:
        raise profile_violated(findings)
    return draft


def sign_draft(
    linted: bytes,
    key: EllipticCurvePrivateKey | Ed448PrivateKey,
    signature: KeyAlgorithm,
) -> x509.Certificate:
    """Sign a linted TBSCertificate; the certificate, read again, holds exactly these bytes."""
    certificate = x509.load_der_x509_certificate(
        _assemble(linted, signature, sign(linted, key, signature))
    )
    if certificate.tbs_certificate_bytes != linted:
        raise AssertionError("the signed bytes are not the linted bytes")
    return certificate


def profile_violated(findings: tuple[Finding, ...]) -> ServiceError:
    """Return the refusal that names every finding and its clause."""
    return ServiceError(
        Kind.INVALID,
        "profile_violated",
        f"the certificate would break its profile: {findings[0].detail}; change the request",
        {finding.code: f"{finding.detail} ({finding.clause})" for finding in findings},
    )


def build_draft(
    plan: Plan, throwaway: EllipticCurvePrivateKey | Ed448PrivateKey
) -> x509.Certificate:
    """Return the planned certificate with a signature that is worth nothing."""
    builder = x509.CertificateBuilder(
        issuer_name=plan.issuer,
        subject_name=plan.subject,
        public_key=plan.public_key,
        serial_number=plan.serial,
        not_valid_before=plan.not_before,
        not_valid_after=plan.not_after,
        extensions=[
            x509.Extension(extension.oid, critical, extension)
            for extension, critical in _extensions(plan)
        ],
    )
    if isinstance(throwaway, Ed448PrivateKey):
        return builder.sign(throwaway, None)
    return builder.sign(throwaway, _HASHES[plan.signature]())


def largest_size(draft: x509.Certificate, signature: KeyAlgorithm) -> int:
    """Return the most octets of DER that the draft can have once it is signed."""
    longest = bytes(_LONGEST_SIGNATURES[signature])
    return len(_assemble(draft.tbs_certificate_bytes, signature, longest))


def sign(
    to_be_signed: bytes,
    key: EllipticCurvePrivateKey | Ed448PrivateKey,
    signature: KeyAlgorithm,
) -> bytes:
    """Return the signature as X.509 carries it; the key must be of the type `signature`."""
    if algorithm_of(key.public_key()) is not signature:
        raise TypeError("the key is of another type than the signature")
    if isinstance(key, Ed448PrivateKey):
        return key.sign(to_be_signed)
    return key.sign(to_be_signed, ECDSA(_HASHES[signature]()))


def key_identifier(public_key: EllipticCurvePublicKey | Ed448PublicKey, octets: int) -> bytes:
    """Return a key identifier of RFC 5280 section 4.2.1.2: method 1 (20 octets) or 2 (8)."""
    whole = x509.SubjectKeyIdentifier.from_public_key(public_key).digest
    return whole if octets == 20 else short_key_identifier(whole)


def short_key_identifier(whole: bytes) -> bytes:
    """Return the identifier of method 2 (8 octets) that goes with one of method 1 (20 octets)."""
    return bytes([0x40 | whole[-8] & 0x0F]) + whole[-7:]


def _extensions(plan: Plan) -> Iterator[tuple[x509.ExtensionType, bool]]:
    profile, publication = plan.profile, plan.publication
    path_length = profile.path_length.value
    yield x509.BasicConstraints(ca=profile.authority, path_length=path_length), True
    algorithm = algorithm_of(plan.public_key)
    bits = profile.key_usage.value.get(algorithm) if algorithm else None
    if bits is None:
        raise ServiceError(
            Kind.INVALID,
            "key_algorithm_not_allowed",
            f"{profile.edition} wants a key on {' or '.join(sorted(profile.algorithms.value))}",
        )
    yield _key_usage(bits), True
    usages = profile.extended_key_usage.value
    if usages.required:
        oids = [ObjectIdentifier(usage) for usage in sorted(usages.required)]
        yield x509.ExtendedKeyUsage(oids), usages.critical
    identifier = key_identifier(plan.public_key, profile.ski_lengths.value[0])
    yield x509.SubjectKeyIdentifier(identifier), False
    if plan.issuer_key_identifier is not None:
        yield x509.AuthorityKeyIdentifier(plan.issuer_key_identifier, None, None), False
    if profile.ocsp_url.value:
        yield x509.AuthorityInformationAccess(list(_access(plan))), False
        if publication.crl_distribution_points:
            url = f"{publication.public_url}/crl/{plan.issuer_name}.crl"
            point = x509.DistributionPoint([_uri(url)], None, None, None)
            yield x509.CRLDistributionPoints([point]), False
    if profile.ocsp_no_check.value:
        yield x509.OCSPNoCheck(), False
    if publication.policy is not None and profile.authority and not profile.is_root:
        policy = x509.PolicyInformation(ObjectIdentifier(publication.policy), None)
        yield x509.CertificatePolicies([policy]), False


def _access(plan: Plan) -> Iterator[x509.AccessDescription]:
    publication = plan.publication
    url = _uri(f"{publication.public_url}/ocsp")
    yield x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)
    if publication.ca_issuers:
        url = _uri(f"{publication.public_url}/ca/{plan.issuer_name}.cer")
        yield x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, url)


def _uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)


def _key_usage(bits: frozenset[KeyUsageBit]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=KeyUsageBit.DIGITAL_SIGNATURE in bits,
        content_commitment=KeyUsageBit.NON_REPUDIATION in bits,
        key_encipherment=KeyUsageBit.KEY_ENCIPHERMENT in bits,
        data_encipherment=KeyUsageBit.DATA_ENCIPHERMENT in bits,
        key_agreement=KeyUsageBit.KEY_AGREEMENT in bits,
        key_cert_sign=KeyUsageBit.KEY_CERT_SIGN in bits,
        crl_sign=KeyUsageBit.CRL_SIGN in bits,
        encipher_only=False,
        decipher_only=False,
    )


def _assemble(to_be_signed: bytes, algorithm: KeyAlgorithm, signature: bytes) -> bytes:
    """RFC 5280 section 4.1: SEQUENCE of TBSCertificate, AlgorithmIdentifier, BIT STRING."""
    bit_string = _der(0x03, b"\x00" + signature)
    return _der(0x30, to_be_signed + _ALGORITHM_IDENTIFIERS[algorithm] + bit_string)


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
