"""When a certificate may be renewed (RFC 7030 section 4.2.2), decided from our own records.

What proves the right to it: the token names the participant, the record of the current
certificate says that this subject is that participant's, and the request's signature proves that
it holds the new key. Possession of the old key is not asked for: the same token could enrol the
same name afresh, so renewing grants nothing more.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from foundation.errors import Refused
from pki.model.enrolment_request import EnrolmentRequest
from pki.model.issued import CertificateRecord

SAME_KEY_RENEWS_AFTER = Fraction(2, 3)
"""Own judgement: the part of its life after which a certificate is renewed for the same key. A new
key may replace it at any time while it is valid: sooner is only safer."""


def refuse_renewal(
    request: EnrolmentRequest, standing: Sequence[CertificateRecord], now: datetime
) -> Refused | None:
    """Return why a request renews none of the owner's standing certificates, None where it does.

    `standing` are the certificates, good and valid at `now`, that the authority issued to this
    owner for this identifier. Subject and subjectAltName must be those of one of them, to the
    letter. Codes: `nothing_to_renew`, `renewal_too_early`.
    """
    current = [record for record in standing if _same_names(request, record)]
    if not current:
        return Refused(
            "nothing_to_renew",
            "no certificate that stands has exactly this subject and subjectAltName; repeat the "
            "present certificate's, or enrol afresh with simpleenroll",
        )
    opens = max(
        (_opens(record) for record in current if _public_key(record) == request.public_key),
        default=now,
    )
    if now < opens:
        return Refused(
            "renewal_too_early",
            f"a certificate for this key may be renewed from {opens:%Y-%m-%dT%H:%M:%SZ}; a new key "
            "may replace it now",
        )
    return None


def _opens(record: CertificateRecord) -> datetime:
    part = SAME_KEY_RENEWS_AFTER
    life = record.not_after - record.not_before
    return record.not_before + life * part.numerator / part.denominator


def _same_names(request: EnrolmentRequest, record: CertificateRecord) -> bool:
    certificate = x509.load_der_x509_certificate(record.certificate)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        alternative_names = extension.value
    except x509.ExtensionNotFound:
        alternative_names = None
    return certificate.subject == request.subject and alternative_names == request.alternative_names


def _public_key(record: CertificateRecord) -> bytes:
    key = x509.load_der_x509_certificate(record.certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
