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
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
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
