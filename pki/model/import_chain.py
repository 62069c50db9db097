"""Checks an authority's certificate, made elsewhere, before we issue below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey

from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import MAX_CHAIN_CERTIFICATES
from pki.model.finding import Finding, FindingCode
from pki.model.lab import refuse_lab
from pki.model.lint import lint
from pki.model.profile import Profile

INTOLERABLE = frozenset(
    {
        FindingCode.VERSION_NOT_3,
        FindingCode.DER_TOO_LARGE,
        FindingCode.VALIDITY_REVERSED,
        FindingCode.KEY_ALGORITHM_NOT_ALLOWED,
        FindingCode.SIGNATURE_ALGORITHM_NOT_ALLOWED,
        FindingCode.EXTENSIONS_MALFORMED,
        FindingCode.BASIC_CONSTRAINTS_MISSING,
        FindingCode.BASIC_CONSTRAINTS_WRONG_CA,
        FindingCode.PATH_LENGTH_WRONG,
        FindingCode.KEY_USAGE_LACKS_BIT,
        FindingCode.SUBJECT_MALFORMED,
        FindingCode.SUBJECT_COMMON_NAME_MISSING,
        FindingCode.SUBJECT_KEY_IDENTIFIER_MISSING,
    }
)
"""Findings with which chains below the authority would not verify in the field."""


@dataclass(frozen=True, slots=True)
class ImportedChain:
    """An authority's certificate (parsed and DER), what stands above it (DER, nearest first).

    `tolerances` are the departures from its profile that the import put up with.
    """

    certificate: x509.Certificate
    der: bytes
    upper: tuple[bytes, ...]
    tolerances: tuple[Finding, ...]


def check_imported_chain(
    chain: Sequence[bytes],
    public_key: EllipticCurvePublicKey | Ed448PublicKey,
    profile: Profile,
    now: datetime,
) -> ImportedChain:
    """Check an authority's DER chain, its own certificate first, against its key and profile.

    The chain may end below the root: whether anybody trusts it is the trust anchors' business.
    Raises MALFORMED `certificate_chain_malformed`, INVALID `certificate_key_mismatch`,
    `certificate_chain_broken`, `certificate_not_valid_now` and `profile_violated`, FORBIDDEN
    `lab_certificate`.
    """
    if not 0 < len(chain) <= MAX_CHAIN_CERTIFICATES:
        raise _broken()
    certificates = [_load(der) for der in chain]
    own = certificates[0]
    refuse_lab(certificates)
    if own.public_key() != public_key:
        raise _invalid(
            "certificate_key_mismatch",
            "the certificate is for another key than the authority's; import the one that "
            "answers its request",
        )
    signers = certificates[1:] if not profile.is_root else certificates[:1]
    if not signers or (profile.is_root and len(certificates) > 1):
        raise _invalid(
            "certificate_chain_broken",
            "send a root alone, and a Sub-CA with every certificate above it, nearest first",
        )
    below = certificates[: len(signers)]
    for child, parent in zip(below, signers, strict=True):
        _check_link(child, parent)
    if not all(c.not_valid_before_utc <= now <= c.not_valid_after_utc for c in certificates):
        raise _invalid(
            "certificate_not_valid_now",
            "a certificate of the chain is expired or not yet valid; ask its issuer for another",
        )
    findings = lint(own, profile)
    intolerable = [f for f in findings if f.code in INTOLERABLE]
    if intolerable:
        raise ServiceError(
            Kind.INVALID,
            "profile_violated",
            f"the certificate cannot serve as {profile.role}: {intolerable[0].detail}; ask its "
            "issuer to correct it",
            {f.code: f"{f.detail} ({f.clause})" for f in intolerable},
        )
    return ImportedChain(own, chain[0], tuple(chain[1:]), findings)


def _load(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as failure:
        raise ServiceError(
            Kind.MALFORMED,
            "certificate_chain_malformed",
            "a certificate of the chain cannot be parsed; send PEM or DER, the authority's own "
            "first",
        ) from failure
    return certificate


def _check_link(child: x509.Certificate, parent: x509.Certificate) -> None:
    try:
        child.verify_directly_issued_by(parent)
        constraints = parent.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as failure:
        raise _broken() from failure
    if not constraints.ca:
        raise _broken()


def _broken() -> ServiceError:
    return _invalid(
        "certificate_chain_broken",
        "each certificate of the chain must be signed by the authority after it; send the "
        "authority's own first, then every one above it",
    )


def _invalid(code: str, detail: str) -> ServiceError:
    return ServiceError(Kind.INVALID, code, detail)
