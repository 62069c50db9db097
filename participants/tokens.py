"""Access tokens as ES256-signed JWTs (RFC 7519, RFC 7515): the one adapter of python-jose.

python-jose accepts more than an access token may be, so that this module looks first: only the
text of a compact JWS of bounded size, only the three header members that we write, only a key of
our own that its `kid` names. jose is then left with one verification under one algorithm.
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from jose import jwk, jws
from jose.exceptions import JOSEError

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from participants.model.claims import Claims, TokenError, TokenFault, read_claims
from participants.model.token_key import TokenKey, signing_key

ALGORITHM = "ES256"
TYPE = "JWT"
MAXIMUM_TOKEN_LENGTH = 4096
MAXIMUM_HEADER_LENGTH = 256
MAXIMUM_REMEMBERED = 4096
"""Verified tokens that one process remembers (about 1 kB each); others are verified again."""

KEYS_LIVE_SECONDS = 0.5
"""How old the keys in memory may be: half of the second within which a destroyed key must go."""

UNKNOWN_KEY_RELOAD_SECONDS = 0.05
"""How soon an unknown `kid` may cause another look into the database, whoever sends it."""

# 64 bytes of signature are 86 characters; the last carries two bits, so that one signature
# has one spelling
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]")
_KEY_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class _Key:
    """A key as jose takes it."""

    stored: TokenKey
    private: jwk.Key
    public: jwk.Key


class JoseTokenCodec:
    """`TokenCodec` with the keys that `load_keys` returns.

    `issuer` is issuer and audience of every token, `lifetime` the longest that one may live.
    """

    def __init__(
        self,
        load_keys: Callable[[], tuple[TokenKey, ...]],
        *,
        issuer: str,
        lifetime: timedelta,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ring = _KeyRing(load_keys, monotonic)
        self._issuer = issuer
        self._lifetime = lifetime
        self._clock = clock
        self._remembered: dict[bytes, tuple[str, Claims]] = {}
        self._lock = threading.Lock()

    def issue(self, claims: Claims) -> str:
        """Return the signed token; UNAVAILABLE where there is no key to sign with."""
        keys = self._ring.keys(KEYS_LIVE_SECONDS)
        present = signing_key(tuple(key.stored for key in keys.values()))
        if present is None:
            raise ServiceError(
                Kind.UNAVAILABLE,
                "no_token_key",
                "there is no key to sign tokens with; run `evtrust init`",
            )
        token: str = jws.sign(
            json.dumps(claims.as_json(), separators=(",", ":")).encode(),
            keys[present.key_id].private,
            headers={"kid": present.key_id, "typ": TYPE},
            algorithm=ALGORITHM,
        )
        return token

    def verify(self, token: str) -> Claims:
        """Return what a good token says; TokenError (UNAUTHENTICATED) for every other text.

        A signature is verified once for each token: what it says is remembered under the
        token's SHA-256 for as long as the token is good and its key is ours.
        """
        if len(token) > MAXIMUM_TOKEN_LENGTH or not token.isascii():
            raise TokenError(TokenFault.MALFORMED)
        digest = hashlib.sha256(token.encode()).digest()
        now = self._clock()
        remembered = self._remembered.get(digest)
        if remembered is None:
            key = self._key_of(token)
            claims = read_claims(
                _verified_payload(token, key), issuer=self._issuer, lifetime=self._lifetime, now=now
            )
            self._remember(digest, key.stored.key_id, claims)
            return claims
        key_id, claims = remembered
        if key_id not in self._ring.keys(KEYS_LIVE_SECONDS):  # destroyed: it leaked
            raise TokenError(TokenFault.KEY)
        if now >= claims.expires_at:
            raise TokenError(TokenFault.EXPIRED)
        return claims

    def _key_of(self, token: str) -> _Key:
        """Return the key that the token's header names, after checking all else of the header."""
        compact = _COMPACT.fullmatch(token)
        if compact is None or len(compact[1]) > MAXIMUM_HEADER_LENGTH:
            raise TokenError(TokenFault.MALFORMED)
        padding = "=" * (-len(compact[1]) % 4)
        try:
            header = _json_object(base64.urlsafe_b64decode(compact[1] + padding))
        except (ValueError, RecursionError):
            raise TokenError(TokenFault.MALFORMED) from None
        key_id = header.pop("kid", None)
        # nothing else may stand there: no crit, no jku, jwk, x5u, x5c, zip, b64
        if header != {"alg": ALGORITHM, "typ": TYPE} or not isinstance(key_id, str):
            raise TokenError(TokenFault.MALFORMED)
        if not _KEY_ID.fullmatch(key_id):
            raise TokenError(TokenFault.KEY)
        key = self._ring.keys(KEYS_LIVE_SECONDS).get(key_id) or self._ring.keys(
            UNKNOWN_KEY_RELOAD_SECONDS
        ).get(key_id)
        if key is None or not key.stored.verifies(self._clock(), self._lifetime):
            raise TokenError(TokenFault.KEY)
        return key

    def _remember(self, digest: bytes, key_id: str, claims: Claims) -> None:
        with self._lock:
            while len(self._remembered) >= MAXIMUM_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]  # the longest remembered
            self._remembered[digest] = (key_id, claims)


class _KeyRing:
    """The keys by id, as the database had them a moment ago."""

    def __init__(
        self, load_keys: Callable[[], tuple[TokenKey, ...]], monotonic: Callable[[], float]
    ) -> None:
        self._load_keys = load_keys
        self._monotonic = monotonic
        self._loaded: tuple[float, dict[str, _Key]] | None = None

    def keys(self, at_most_seconds: float) -> dict[str, _Key]:
        """Return the keys, no older than `at_most_seconds` when this call began."""
        began = self._monotonic()
        loaded = self._loaded
        if loaded is not None and began - loaded[0] < at_most_seconds:
            return loaded[1]
        known = loaded[1] if loaded is not None else {}
        keys = {
            stored.key_id: _prepared(stored, known.get(stored.key_id))
            for stored in self._load_keys()
        }
        self._loaded = (began, keys)
        return keys


def _prepared(stored: TokenKey, known: _Key | None) -> _Key:
    if known is not None and known.stored.private_key == stored.private_key:
        return _Key(stored, known.private, known.public)
    private = load_der_private_key(stored.private_key, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise ServiceError(
            Kind.UNAVAILABLE, "token_key_unusable", "a token signing key is no P-256 key; rotate it"
        )
    return _Key(
        stored, jwk.construct(private, ALGORITHM), jwk.construct(private.public_key(), ALGORITHM)
    )


def _verified_payload(token: str, key: _Key) -> dict[str, Any]:
    try:
        return _json_object(jws.verify(token, key.public, algorithms=[ALGORITHM]))
    except (JOSEError, ValueError, RecursionError):
        raise TokenError(TokenFault.SIGNATURE) from None


def _json_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object `text`; ValueError where it is none or names a member twice."""
    # decoded here: given bytes, json would guess at UTF-16 and UTF-32 too
    parsed = json.loads(text.decode(), object_pairs_hook=_without_doubles)
    if not isinstance(parsed, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - the text is wrong, not our call
    return parsed


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands there twice")
    return members


RECEIPT_TYPE = "evtrust-receipt+jws"
MAXIMUM_RECEIPT_LENGTH = 16_384


def sign_receipt(statement: Mapping[str, object], key_id: str, private_key: bytes) -> str:
    """Return a statement as a compact JWS under a P-256 key (PKCS#8); no access token is one.

    Its `typ` tells the two apart, and the keys are others.
    """
    signed: str = jws.sign(
        json.dumps(dict(statement), separators=(",", ":"), sort_keys=True).encode(),
        jwk.construct(load_der_private_key(private_key, password=None), ALGORITHM),
        headers={"kid": key_id, "typ": RECEIPT_TYPE},
        algorithm=ALGORITHM,
    )
    return signed


def verify_receipt(receipt: str, public_keys: Mapping[str, bytes]) -> Mapping[str, object] | None:
    """Return what a receipt says that one of `public_keys` (key id -> SubjectPublicKeyInfo) signed.

    None for every other text.
    """
    compact = _COMPACT.fullmatch(receipt) if len(receipt) <= MAXIMUM_RECEIPT_LENGTH else None
    if compact is None or len(compact[1]) > MAXIMUM_HEADER_LENGTH:
        return None
    try:
        header = _json_object(base64.urlsafe_b64decode(compact[1] + "=" * (-len(compact[1]) % 4)))
        key_id = header.pop("kid", None)
        if header != {"alg": ALGORITHM, "typ": RECEIPT_TYPE} or not isinstance(key_id, str):
            return None
        public = public_keys.get(key_id)
        if public is None:
            return None
        key = jwk.construct(load_der_public_key(public), ALGORITHM)
        return _json_object(jws.verify(receipt, key, algorithms=[ALGORITHM]))
    except (JOSEError, ValueError, RecursionError):
        return None


def public_jwk(key_id: str, public_key: bytes) -> dict[str, str]:
    """Return a P-256 key (SubjectPublicKeyInfo) as a JWK (RFC 7517, RFC 7518 section 6.2.1)."""
    key = load_der_public_key(public_key)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("a receipt key is on P-256")
    point = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _base64url(point.x.to_bytes(32)),
        "y": _base64url(point.y.to_bytes(32)),
        "kid": key_id,
        "alg": ALGORITHM,
        "use": "sig",
    }


def key_of_jwk(published: Mapping[str, object]) -> tuple[str, bytes]:
    """Return id and SubjectPublicKeyInfo of what `public_jwk` made; ValueError for others."""
    if published.get("kty") != "EC" or published.get("crv") != "P-256":
        raise ValueError("no P-256 key")
    x, y = (int.from_bytes(_unpadded(str(published.get(name, "")))) for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return str(published.get("kid")), der


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
