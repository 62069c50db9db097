"""Tokens that nobody should accept, and good ones made by an independent library (joserfc)."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from participants.model.claims import Claims
from participants.model.token_key import TokenKey
from tests.participants.assembly import LIFETIME, PUBLIC_URL


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def new_private_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def token_key(private: ec.EllipticCurvePrivateKey, key_id: str, created_at: datetime) -> TokenKey:
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return TokenKey(key_id, der, created_at)


def raw_signature(private: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign(private: ec.EllipticCurvePrivateKey, header: str | bytes, payload: str | bytes) -> str:
    """Return a compact JWS over header and payload exactly as given."""
    parts = [part.encode() if isinstance(part, str) else part for part in (header, payload)]
    signed = ".".join(b64(part) for part in parts)
    return f"{signed}.{b64(raw_signature(private, signed.encode()))}"


def good_header(key_id: str, **more: Any) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "JWT", "kid": key_id, **more}


def good_claims(now: datetime, **changes: Any) -> dict[str, Any]:
    """Return the JSON claims of a good token with `changes`; None takes a claim away."""
    claims = Claims(
        PUBLIC_URL, PUBLIC_URL, "client-1", "secret-1", "token-1", now, now + LIFETIME
    ).as_json()
    changed: Mapping[str, Any] = {**claims, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def seconds(moment: datetime, after: timedelta = timedelta(0)) -> int:
    return int((moment + after).timestamp())


def dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
