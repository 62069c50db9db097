"""How a certificate of ours is named: by its fingerprint, or by issuer and serial."""

import re
from dataclasses import dataclass

from foundation.errors import Kind, ServiceError

MAXIMUM_REFERENCE_CHARACTERS = 160
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_ISSUER_AND_SERIAL = re.compile(r"([a-z0-9-]{1,64})/(?:0[xX])?0*([0-9a-fA-F]{1,40})")


@dataclass(frozen=True, slots=True)
class ByFingerprint:
    """SHA-256 of the certificate's DER, lower-case hex."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class BySerial:
    """Name of the authority that issued it, and serial in upper-case hex without leading zeros."""

    issuer: str
    serial: str


CertificateReference = ByFingerprint | BySerial


def parse_reference(text: str) -> CertificateReference:
    """Parse a SHA-256 fingerprint (colons allowed) or `issuer/serial` (`mo-sub2-g1/1F…`).

    Raises MALFORMED `invalid_certificate_reference` for anything else.
    """
    text = text.strip()
    if len(text) <= MAXIMUM_REFERENCE_CHARACTERS:
        compact = text.replace(":", "").lower()
        if _FINGERPRINT.fullmatch(compact):
            return ByFingerprint(compact)
        match = _ISSUER_AND_SERIAL.fullmatch(text)
        if match is not None:
            return BySerial(match[1], match[2].upper())
    raise ServiceError(
        Kind.MALFORMED,
        "invalid_certificate_reference",
        "name a certificate by the SHA-256 of its DER in hex, or as ISSUER/SERIAL "
        "(`mo-sub2-g1/1F2E…`)",
    )
