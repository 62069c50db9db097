"""How a receiver knows that a payload is ours: HMAC over its body, in three spellings."""

import hashlib
import hmac
from collections.abc import Mapping


def signature_headers(secret: str, body: bytes) -> Mapping[str, str]:
    """Return the headers that sign `body` (HMAC-SHA-256, RFC 2104, under the secret as UTF-8).

    OPCP's text has `payload-signature` as bare hex, Hubject's receivers read
    `X-Hubject-Signature`, others `X-Operator-Signature`: all three are sent.
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "payload-signature": digest,
        "X-Hubject-Signature": f"sha256={digest}",
        "X-Operator-Signature": f"sha256={digest}",
    }
