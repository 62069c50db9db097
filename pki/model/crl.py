"""Build certificate revocation lists (RFC 5280 section 5): complete, direct, one per authority."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.model.ocsp import SigningKey
from pki.model.ocsp_response import signature_hash
from pki.model.roles import RevocationReason

ONLINE_VALIDITY = timedelta(days=7)
"""Our own choice: a list outlives a long weekend without the service."""

ONLINE_RENEWAL = timedelta(days=1)
"""A list of an online authority is made anew when it is a day old, revocations or not."""

OFFLINE_VALIDITY = timedelta(days=396)
"""Thirteen months: lists below offline keys are made at the yearly ceremony."""


@dataclass(frozen=True, slots=True)
class CrlEntry:
    """One revoked or held certificate, named by its serial."""

    serial: int
    revoked_at: datetime
    reason: RevocationReason


def build_crl(
    authority: x509.Certificate,
    key: SigningKey,
    entries: Iterable[CrlEntry],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """Return the authority's CRL, DER: number, authority key identifier, reasons but unspecified.

    `key` is the authority's own. Times are aware; UTC seconds are kept. A released certificate
    is simply absent: removeFromCRL is for delta lists (RFC 5280 section 5.3.1).
    """
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=authority.subject,
        last_update=_naive(this_update),
        next_update=_naive(next_update),
        # given whole: adding entries one by one copies the list every time
        revoked_certificates=[_revoked(entry) for entry in entries],
    )
    builder = builder.add_extension(_authority_key_identifier(authority), critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)


def _revoked(entry: CrlEntry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(entry.serial, _naive(entry.revoked_at))
    flag = _reason_flag(entry.reason)
    if flag is not None:
        builder = builder.add_extension(x509.CRLReason(flag), critical=False)
    return builder.build()


def _authority_key_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        subject = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())  # type: ignore[arg-type] # an authority's key is one that signs
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject)


def _naive(moment: datetime) -> datetime:
    # the builders' constructors take naive UTC and convert nothing
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _reason_flag(reason: RevocationReason | None) -> x509.ReasonFlags | None:
    """Return what is signed for a reason; RFC 5280 section 5.3.1 wants unspecified left out."""
    if reason is None or reason is RevocationReason.UNSPECIFIED:
        return None
    return x509.ReasonFlags(reason.value)
