"""Parse and build OCSP requests (RFC 6960 section 4.1): bounded, one or several CertIDs, nonce.

`cryptography` reads the ordinary request, which asks for one certificate, in a few microseconds.
It ignores the extensions of single requests and reads no second one, so what has several CertIDs,
or anything critical, goes through `asn1crypto`, which is some twenty times slower.
"""

from contextlib import suppress

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import DuplicateExtension, ExtensionNotFound, OCSPNonce, ocsp

from foundation.errors import Kind, ServiceError
from pki.model.der import OCTET_STRING, tlv
from pki.model.ocsp import (
    MAXIMUM_NONCE_BYTES,
    MINIMUM_NONCE_BYTES,
    CertId,
    IssuerHash,
    OcspRequest,
)

MAXIMUM_REQUEST_BYTES = 8192
"""Our own bound; a request for one certificate has about 80 to 400 bytes."""

MAXIMUM_CERT_IDS = 16
"""Our own bound; a V2G chain has at most three certificates below its root [V2G2-009]."""

_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_CRITICAL = b"\x01\x01\xff"  # BOOLEAN TRUE in DER: without it no extension is critical
_NONCE_OID = bytes.fromhex("06092b0601050507300102")
_NO_ISSUER = IssuerHash("unsupported", b"", b"")
_UNDERSTOOD_WHEN_CRITICAL = {"nonce", "acceptable_responses"}


def parse_request(der: bytes) -> OcspRequest:
    """Return what `der`, a DER OCSPRequest, asks; its signature, if any, is not looked at.

    A CertID with a hash that nobody here knows gets an issuer that matches none of ours. Raises
    MALFORMED for what is no request, is past the bounds above, has a nonce outside 1 to 128
    octets (RFC 9654), or a critical extension that is not understood (RFC 6960 section 4.4).
    """
    if len(der) > MAXIMUM_REQUEST_BYTES:
        raise _malformed(f"the request may have {MAXIMUM_REQUEST_BYTES} bytes")
    try:
        if _CRITICAL not in der:
            with suppress(NotImplementedError):  # its word for several CertIDs, or none
                return _parse_single(der)
        return _parse_any(der)
    except (ValueError, TypeError, KeyError, OverflowError, DuplicateExtension) as failure:
        raise _malformed("this is no DER OCSPRequest") from failure


def build_request(cert_id: CertId) -> bytes:
    """Return a DER OCSPRequest for one certificate, without a nonce.

    Raises MALFORMED `ocsp_request_malformed` for a hash that is not as long as its algorithm's
    (sha256, sha384, sha512), or a serial number that is not positive.
    """
    algorithm = _HASHES.get(cert_id.issuer.algorithm)
    if algorithm is None:
        raise _malformed("name the issuer by hashes of SHA-256, SHA-384 or SHA-512")
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            cert_id.issuer.name, cert_id.issuer.key, cert_id.serial, algorithm
        )
        return builder.build().public_bytes(Encoding.DER)
    except ValueError as failure:
        raise _malformed(
            "each hash has its algorithm's length, the serial is positive"
        ) from failure


def _parse_single(der: bytes) -> OcspRequest:
    request = ocsp.load_der_ocsp_request(der)
    try:
        nonce = _bounded(request.extensions.get_extension_for_class(OCSPNonce).value.nonce)
    except ExtensionNotFound:
        nonce = None
    # cryptography also takes a nonce that is no OCTET STRING: it could not be echoed as sent
    if nonce is not None and _NONCE_OID + tlv(OCTET_STRING, tlv(OCTET_STRING, nonce)) not in der:
        raise _malformed("the nonce is no OCTET STRING (RFC 9654)")
    try:
        issuer = IssuerHash(
            request.hash_algorithm.name, request.issuer_name_hash, request.issuer_key_hash
        )
    except UnsupportedAlgorithm:
        issuer = _NO_ISSUER
    return OcspRequest((CertId(issuer, request.serial_number),), nonce)


def _parse_any(der: bytes) -> OcspRequest:
    request = asn1_ocsp.OCSPRequest.load(der, strict=True)["tbs_request"]
    single_requests = request["request_list"]
    if not 1 <= len(single_requests) <= MAXIMUM_CERT_IDS:
        raise _malformed(f"ask for 1 to {MAXIMUM_CERT_IDS} certificates at a time")
    cert_ids = []
    for single in single_requests:
        _refuse_unknown_critical(single["single_request_extensions"])
        cert_id = single["req_cert"]
        issuer = IssuerHash(
            cert_id["hash_algorithm"]["algorithm"].native,
            cert_id["issuer_name_hash"].native,
            cert_id["issuer_key_hash"].native,
        )
        cert_ids.append(CertId(issuer, cert_id["serial_number"].native))
    extensions = request["request_extensions"]
    _refuse_unknown_critical(extensions)
    nonces = [
        core.OctetString.load(extension["extn_value"].contents, strict=True).native
        for extension in extensions
        if extension["extn_id"].native == "nonce"
    ]
    if len(nonces) > 1:
        raise _malformed("a request has one nonce at most")
    return OcspRequest(tuple(cert_ids), _bounded(nonces[0]) if nonces else None)


def _refuse_unknown_critical(extensions: asn1_ocsp.RequestExtensions | core.Void) -> None:
    for extension in extensions:
        name = extension["extn_id"].native
        if extension["critical"].native and name not in _UNDERSTOOD_WHEN_CRITICAL:
            raise _malformed("it has a critical extension that is not understood here")


def _bounded(nonce: bytes) -> bytes:
    if not MINIMUM_NONCE_BYTES <= len(nonce) <= MAXIMUM_NONCE_BYTES:
        raise _malformed("a nonce has 1 to 128 octets (RFC 9654)")
    return nonce


def _malformed(detail: str) -> ServiceError:
    return ServiceError(Kind.MALFORMED, "ocsp_request_malformed", detail)
