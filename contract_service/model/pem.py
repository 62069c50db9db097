"""Certificate requests and chains in the forms in which providers exchange them."""

import base64
import binascii
import re
import ssl
from collections.abc import Sequence
from functools import lru_cache

from foundation.errors import Kind, ServiceError

MAXIMUM_CSR_BYTES = 16_384
"""Our own bound: a P-521 request has under 1 kB, even in PEM."""

_ARMOUR = re.compile(
    rb"-----BEGIN (NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)"
    rb"-----END (?:NEW )?CERTIFICATE REQUEST-----"
)
_DER_SEQUENCE = b"\x30"


def read_csr(presented: bytes) -> bytes:
    """Return the DER of a PKCS#10 request given as PEM (RFC 7468), base64 of DER, or DER.

    What the DER holds is for the authority to judge. Raises TOO_LARGE, or MALFORMED
    (`invalid_csr`) for what has none of these forms.
    """
    if len(presented) > MAXIMUM_CSR_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "csr_too_large", f"a CSR may have {MAXIMUM_CSR_BYTES} bytes"
        )
    if presented[:1] == _DER_SEQUENCE:
        return presented
    armoured = _ARMOUR.search(presented)
    encoded = b"".join((presented if armoured is None else armoured[2]).split())
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        decoded = b""
    if decoded[:1] != _DER_SEQUENCE:
        raise ServiceError(
            Kind.MALFORMED, "invalid_csr", "give a PKCS#10 request as PEM or as base64 of its DER"
        )
    return decoded


def chain_pem(chain: Sequence[bytes]) -> str:
    """Return DER certificates as one PEM text (RFC 7468) in the order given."""
    leaf, *above = chain or (None,)
    return "" if leaf is None else ssl.DER_cert_to_PEM_cert(leaf) + "".join(map(_known_pem, above))


_known_pem = lru_cache(maxsize=64)(ssl.DER_cert_to_PEM_cert)
"""Authorities are few and stand in every chain."""
