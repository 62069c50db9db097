"""PEM or DER -> the certificates of a chain as DER, bounded before anything is decoded.

Only the framing is read here: PEM armour (RFC 7468), base64 and the outermost SEQUENCE. What
stands inside a certificate is the validator's to read, which answers with a verdict.
"""

import binascii
import re

from foundation.errors import Kind, ServiceError

MAX_CHAIN_CERTIFICATES = 6
"""ISO 15118-2:2014 [V2G2-009] allows three below the root: leaf, Sub-CA 2, Sub-CA 1, root are
four. Our judgement adds two for a sender's repeated root or a cross-certified one (15118-20)."""

MAX_CERTIFICATE_BYTES = 4096
"""ISO 15118-2 limits a certificate to 800 B of DER, ISO 15118-20 to 1600 B (their schemas'
`certificateType`). Our judgement for foreign certificates: two and a half times the larger."""

MAX_CHAIN_BYTES = MAX_CHAIN_CERTIFICATES * (2 * MAX_CERTIFICATE_BYTES)
"""Room for base64, line ends and armour; OCPP's own limits (5500, 10000) are its translator's."""

_BEGIN = b"-----BEGIN "
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
_WHITESPACE = b" \t\r\n\x0b\x0c"


def parse_chain(data: bytes | str) -> tuple[bytes, ...]:
    """Split PEM text, or one or several DER certificates in a row, into DER certificates.

    Keeps the given order and repetitions; text outside of PEM blocks is skipped (RFC 7468
    section 2). Returns at least one and at most MAX_CHAIN_CERTIFICATES. Raises ServiceError
    MALFORMED (`certificate_chain_malformed`, `certificate_chain_empty`) and TOO_LARGE
    (`certificate_chain_too_large`, `certificate_chain_too_long`, `certificate_too_large`).
    """
    if len(data) > MAX_CHAIN_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE,
            "certificate_chain_too_large",
            f"a certificate chain has at most {MAX_CHAIN_BYTES} bytes; send the leaf and its "
            "sub-CAs only",
        )
    raw = _ascii(data) if isinstance(data, str) else bytes(data)
    certificates = _from_der(raw) if raw[:1] == b"\x30" and _BEGIN not in raw else _from_pem(raw)
    for certificate in certificates:
        check_framing(certificate)
    return certificates


def check_framing(certificate: bytes) -> None:
    """Check that the bytes are one DER SEQUENCE of bearable size, with nothing after it.

    Raises ServiceError MALFORMED (`certificate_chain_malformed`) or TOO_LARGE
    (`certificate_too_large`).
    """
    if len(certificate) > MAX_CERTIFICATE_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE,
            "certificate_too_large",
            f"a certificate has at most {MAX_CERTIFICATE_BYTES} bytes of DER",
        )
    if _element_length(certificate, 0) != len(certificate):
        raise _malformed("a certificate is truncated or followed by other bytes")


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise _malformed("PEM text holds ASCII characters only") from None


def _from_pem(text: bytes) -> tuple[bytes, ...]:
    blocks = _PEM_BLOCK.findall(text)
    if not blocks and _BEGIN not in text:
        raise ServiceError(
            Kind.MALFORMED,
            "certificate_chain_empty",
            "no certificate found; send PEM (BEGIN CERTIFICATE) or DER, leaf first",
        )
    if len(blocks) != text.count(_BEGIN):
        # a truncated block, or something else than a certificate (never accept a private key)
        raise _malformed("every PEM block must be a whole CERTIFICATE")
    _check_count(len(blocks))
    return tuple(_decode_block(block) for block in blocks)


def _decode_block(block: bytes) -> bytes:
    try:
        return binascii.a2b_base64(block.translate(None, _WHITESPACE), strict_mode=True)
    except binascii.Error:
        raise _malformed("a PEM block is no base64") from None


def _from_der(data: bytes) -> tuple[bytes, ...]:
    certificates = []
    position = 0
    while position < len(data):
        end = position + _element_length(data, position)
        certificates.append(data[position:end])
        _check_count(len(certificates))
        position = end
    return tuple(certificates)


def _element_length(data: bytes, position: int) -> int:
    """Length of the SEQUENCE at `position`, header included, in DER's definite short form."""
    header = data[position : position + 4]
    if len(header) == 4 and header[0] == 0x30:
        if header[1] < 0x80:
            length = 2 + header[1]
        elif header[1] == 0x81 and header[2] >= 0x80:
            length = 3 + header[2]
        elif header[1] == 0x82 and header[2] != 0:
            length = 4 + int.from_bytes(header[2:4])
        else:
            raise _malformed("a certificate does not begin as a DER SEQUENCE under 64 KiB")
        if position + length <= len(data):
            return length
    raise _malformed("a certificate is truncated or is no DER SEQUENCE")


def _check_count(count: int) -> None:
    if count > MAX_CHAIN_CERTIFICATES:
        raise ServiceError(
            Kind.TOO_LARGE,
            "certificate_chain_too_long",
            f"a chain has at most {MAX_CHAIN_CERTIFICATES} certificates (ISO 15118 allows three "
            "below the root)",
        )


def _malformed(detail: str) -> ServiceError:
    return ServiceError(Kind.MALFORMED, "certificate_chain_malformed", detail)
