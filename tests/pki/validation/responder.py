"""A foreign OCSP responder, as honest as a test wants it."""

import datetime as dt
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.pki.validation.authorities import AT, Authority, certify, name

DELEGATE_USAGE = frozenset({"digital_signature"})


def answer(
    certificate: Authority,
    issuer: Authority,
    *,
    signer: Authority | None = None,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    reason: x509.ReasonFlags | None = None,
    this_update: dt.datetime = AT - dt.timedelta(hours=1),
    next_update: dt.datetime | None = AT + dt.timedelta(hours=1),
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """Return a DER OCSPResponse about `certificate`; a `signer` other than the issuer is sent."""
    by = signer or issuer
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=certificate.certificate,
            issuer=issuer.certificate,
            algorithm=digest or hashes.SHA256(),
            cert_status=status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=this_update if status is ocsp.OCSPCertStatus.REVOKED else None,
            revocation_reason=reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
    )
    if signer is not None:
        builder = builder.certificates([signer.certificate])
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


def delegate(issuer: Authority, *, usable: bool = True, **changes: Any) -> Authority:
    """Issue an OCSP signer; one that is not `usable` lacks the extended key usage."""
    usage = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.OCSP_SIGNING if usable else ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    return certify(
        name("OCSP"), issuer, key_usage=DELEGATE_USAGE, extra=[(usage, False)], **changes
    )
