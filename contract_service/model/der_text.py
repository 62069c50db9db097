"""Certificates as participants write them: base64 of DER, or PEM."""

import binascii

from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import parse_chain

MAXIMUM_CERTIFICATE_BYTES = 1600
"""certificateType of ISO 15118-20; ISO 15118-2 has 800, and OPCP 800 characters of base64."""

_DER_SEQUENCE = b"\x30"
_ARMOUR = "-----BEGIN "


def read_der(encoded: str, name: str, longest: int = MAXIMUM_CERTIFICATE_BYTES) -> bytes:
    """Return the DER SEQUENCE that `encoded` is the base64 (RFC 4648 section 4) of.

    Nothing but the alphabet and its padding is read. Raises MALFORMED (`invalid_der`) or
    TOO_LARGE (`der_too_large`), each with `name` as the field at fault.
    """
    if len(encoded) > (longest + 2) // 3 * 4:
        raise ServiceError(
            Kind.TOO_LARGE,
            "der_too_large",
            f"a value in base64 is too long; it may have {longest} bytes",
            {name: f"more than {longest} bytes"},
        )
    try:
        der = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        der = b""
    if der[:1] != _DER_SEQUENCE:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_der",
            "give the value as base64 of its DER, on one line and without armour",
            {name: "not base64 of DER"},
        )
    return der


def read_certificate_text(text: str, name: str) -> bytes:
    """Return the DER of one certificate in PEM (RFC 7468), or in base64 as `read_der` reads it.

    Raises MALFORMED or TOO_LARGE with `name` as the field at fault.
    """
    if _ARMOUR not in text:
        return read_der(text.strip(), name)
    try:
        found = parse_chain(text)
    except ServiceError as refusal:
        raise ServiceError(
            refusal.kind, refusal.code, refusal.detail, {name: refusal.detail}
        ) from refusal
    if len(found) != 1:
        raise ServiceError(
            Kind.MALFORMED,
            "certificate_not_single",
            "give one certificate at a time, each in its own place",
            {name: f"{len(found)} certificates"},
        )
    return found[0]
