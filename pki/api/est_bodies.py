"""Bodies of EST: base64 in, base64 out (RFC 7030 section 4, RFC 8951 section 3)."""

import base64
import binascii
import re

from flask import Request, Response

from foundation.errors import Kind, ServiceError
from pki.model.csr import MAXIMUM_CSR_BYTES
from pki.model.pkcs7 import certs_only
from pki.operations.server_keygen import GeneratedKey

MAXIMUM_BODY_BYTES = 2 * MAXIMUM_CSR_BYTES
"""Room for base64, line ends and armour."""

CSR_TYPE = "application/pkcs10"
CERTIFICATES_TYPE = "application/pkcs7-mime; smime-type=certs-only"
ATTRIBUTES_TYPE = "application/csrattrs"
KEY_TYPE = "application/pkcs8"

_ARMOUR = re.compile(
    rb"\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----([^-]*)"
    rb"-----END (NEW )?CERTIFICATE REQUEST-----\s*"
)
_WHITESPACE = b" \t\r\n"
_BOUNDARY = "evtrust-est-part"  # base64 has no hyphen, so no part can hold it


def read_csr(request: Request) -> bytes:
    """Return the DER that the body is the base64 of, on one line or wrapped.

    PEM armour is stripped (a CSMS passes on what OCPP brings), a Content-Transfer-Encoding
    ignored (RFC 8951 section 3). Raises UNSUPPORTED for another media type, MALFORMED
    `body_not_base64`; werkzeug refuses what is longer than MAXIMUM_BODY_BYTES.
    """
    if request.mimetype not in {"", CSR_TYPE}:
        raise ServiceError(
            Kind.UNSUPPORTED, "body_not_pkcs10", f"send the CSR as `Content-Type: {CSR_TYPE}`"
        )
    request.max_content_length = MAXIMUM_BODY_BYTES
    body = request.get_data()
    armoured = _ARMOUR.fullmatch(body)
    encoded = (body if armoured is None else armoured[2]).translate(None, _WHITESPACE)
    try:
        der = binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error:
        der = b""
    if not der:
        raise ServiceError(
            Kind.MALFORMED, "body_not_base64", "send the CSR's DER in base64 (RFC 4648)"
        )
    return der


def certificates_response(*certificates: bytes) -> Response:
    """Return a certs-only PKCS#7 of DER certificates, in their order."""
    return Response(_lines(certs_only(certificates)), content_type=CERTIFICATES_TYPE)


def attributes_response(attributes: bytes) -> Response:
    """Return DER CsrAttrs."""
    return Response(_lines(attributes), content_type=ATTRIBUTES_TYPE)


def key_response(generated: GeneratedKey) -> Response:
    """Return key and certificate as the two parts that RFC 7030 section 4.4.2 wants."""
    body = (
        _part(KEY_TYPE, generated.private_key)
        + _part(CERTIFICATES_TYPE, certs_only([generated.certificate]))
        + f"--{_BOUNDARY}--\r\n".encode()
    )
    return Response(body, content_type=f"multipart/mixed; boundary={_BOUNDARY}")


def _part(content_type: str, der: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n"
    return head.encode() + b"\r\n" + _lines(der).replace(b"\n", b"\r\n")


def _lines(der: bytes) -> bytes:
    """Wrapped at 76 characters: `openssl enc -base64 -d` reads nothing of one long line."""
    return base64.encodebytes(der)
