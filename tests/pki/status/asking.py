"""Ask for a status as a client would, and check the answer as one must (RFC 6960 section 3.2)."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import OCSPNonce, ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.model.issued import IssuedCertificate
from pki.model.ocsp_response import issuer_hashes
from tests.pki.status.installation import SUB2, Installation
from tests.pki.status.pki_world import ALGORITHMS, verify_signature


def request_for(
    installed: Installation,
    serial: int,
    *,
    issuer: str = SUB2,
    algorithm: str = "sha256",
    nonce: bytes | None = None,
) -> bytes:
    """Return the DER of an ordinary request."""
    authority = installed.certificate(issuer)
    hashed = next(item for item in issuer_hashes(authority) if item.algorithm == algorithm)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        hashed.name, hashed.key, serial, ALGORITHMS[algorithm]
    )
    if nonce is not None:
        builder = builder.add_extension(OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def request_of(installed: Installation, issued: IssuedCertificate) -> bytes:
    """Return the DER of an ordinary request, its hashes computed by `cryptography`."""
    leaf = x509.load_der_x509_certificate(issued.certificate)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        leaf, installed.certificate(issued.issuer), ALGORITHMS["sha384"]
    )
    return builder.build().public_bytes(Encoding.DER)


def checked(installed: Installation, der: bytes, *, issuer: str = SUB2) -> ocsp.OCSPResponse:
    """Return a successful response after the checks of RFC 6960 section 3.2.

    Its signer is inside, was issued directly by the authority asked about, for OCSP signing, is
    valid now and signed the response; the response is fresh and lives a week at most.
    """
    response = ocsp.load_der_ocsp_response(der)
    assert response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    [signer] = response.certificates
    signer.verify_directly_issued_by(installed.certificate(issuer))
    usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    signer.extensions.get_extension_for_class(x509.OCSPNoCheck)
    now = installed.clock()
    assert signer.not_valid_before_utc <= now < signer.not_valid_after_utc
    by_sha1 = next(item for item in issuer_hashes(signer) if item.algorithm == "sha1")
    assert response.responder_key_hash == by_sha1.key
    verify_signature(
        signer.public_key(),
        response.signature,
        response.tbs_response_bytes,
        response.signature_hash_algorithm,
    )
    for single in response.responses:
        assert single.this_update_utc <= now
        assert single.next_update_utc is not None
        assert now < single.next_update_utc <= signer.not_valid_after_utc
        assert single.next_update_utc - single.this_update_utc <= timedelta(days=7)
    return response


def status_of(installed: Installation, issued: IssuedCertificate) -> ocsp.OCSPCertStatus:
    """Ask the installation's responder for one certificate."""
    answer = installed.respond(request_of(installed, issued))
    return checked(installed, answer.response, issuer=issued.issuer).certificate_status
