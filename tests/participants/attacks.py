"""Attacks on access tokens as data: RFC 8725 (JSON Web Token Best Current Practices) section 2."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.jwk import ECKey

from participants.model.claims import TokenFault
from participants.tokens import MAXIMUM_TOKEN_LENGTH
from tests.conftest import NOW
from tests.participants.forge import (
    b64,
    dumps,
    good_claims,
    good_header,
    new_private_key,
    sign,
)

PRIVATE = new_private_key()
OTHER = new_private_key()
KEY_ID = "a" * 32
OTHER_KEY_ID = "b" * 32


def forged(**changes: Any) -> str:
    return sign(PRIVATE, dumps(good_header(KEY_ID)), dumps(good_claims(NOW, **changes)))


@dataclass(frozen=True)
class Attack:
    name: str
    token: str
    fault: TokenFault


def _hmac_with_the_public_key() -> str:
    """RFC 8725 section 2.1: the public key taken for an HMAC secret."""
    pem = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "JWT", "kid": KEY_ID}
    signed = f"{b64(dumps(header).encode())}.{b64(dumps(good_claims(NOW)).encode())}"
    mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{b64(mac + mac)}"


def _header_attack(name: str, header: object, private: Any = PRIVATE) -> Attack:
    text = header if isinstance(header, str) else dumps(header)
    return Attack(name, sign(private, text, dumps(good_claims(NOW))), TokenFault.MALFORMED)


def _jwe() -> str:
    key = ECKey.generate_key("P-256")
    protected = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": KEY_ID}
    return jwe.encrypt_compact(protected, dumps(good_claims(NOW)), key)


def attacks() -> list[Attack]:
    good = forged()
    head, body, signature = good.split(".")
    ours = good_header(KEY_ID)
    jwk = ECKey.import_key(OTHER).as_dict(private=False)
    malformed = TokenFault.MALFORMED
    none = {"alg": "none", "typ": "JWT", "kid": KEY_ID}
    return [
        Attack("alg none, no signature", f"{b64(dumps(none).encode())}.{body}.", malformed),
        _header_attack("alg none", none),
        _header_attack("alg None", {**ours, "alg": "None"}),
        _header_attack("alg ES384", {**ours, "alg": "ES384"}),
        _header_attack("alg a list", {**ours, "alg": ["ES256"]}),
        _header_attack("no alg", {"typ": "JWT", "kid": KEY_ID}),
        Attack("HS256 with the public key", _hmac_with_the_public_key(), malformed),
        Attack(
            "signed by another key",
            sign(OTHER, dumps(ours), dumps(good_claims(NOW))),
            TokenFault.SIGNATURE,
        ),
        Attack(
            "kid of nobody",
            sign(PRIVATE, dumps(good_header("c" * 32)), dumps(good_claims(NOW))),
            TokenFault.KEY,
        ),
        Attack(
            "kid of another key of ours",
            sign(PRIVATE, dumps(good_header(OTHER_KEY_ID)), dumps(good_claims(NOW))),
            TokenFault.SIGNATURE,
        ),
        Attack(
            "kid a path",
            sign(PRIVATE, dumps(good_header("../../dev/null")), dumps(good_claims(NOW))),
            TokenFault.KEY,
        ),
        _header_attack("kid a number", {**ours, "kid": 1}),
        _header_attack("kid a list", {**ours, "kid": [KEY_ID]}),
        _header_attack("kid null", {**ours, "kid": None}),
        _header_attack("no kid", {"alg": "ES256", "typ": "JWT"}),
        _header_attack("typ of something else", {**ours, "typ": "dpop+jwt"}),
        _header_attack("no typ", {"alg": "ES256", "kid": KEY_ID}),
        _header_attack("jku", {**ours, "jku": "https://evil.example/jwks"}, OTHER),
        _header_attack("jwk", {**ours, "jwk": jwk}, OTHER),
        _header_attack("x5u", {**ours, "x5u": "https://evil.example/c"}, OTHER),
        _header_attack("x5c", {**ours, "x5c": ["AA=="]}, OTHER),
        _header_attack("crit", {**ours, "crit": ["exp"], "exp": 1}),
        _header_attack("empty crit", {**ours, "crit": []}),
        _header_attack("b64 false", {**ours, "b64": False}),
        _header_attack("zip", {**ours, "zip": "DEF"}),
        _header_attack("a member twice", dumps(ours)[:-1] + f',"kid":"{OTHER_KEY_ID}"}}'),
        _header_attack("a list for a header", "[]"),
        _header_attack("a text for a header", '"ES256"'),
        _header_attack("no JSON", "{"),
        _header_attack("nothing", " "),
        _header_attack("nested", "[" * 180),
        _header_attack("a long header", dumps({**ours, "x": "y" * 300})),
        Attack("UTF-16", sign(PRIVATE, dumps(ours).encode("utf-16"), "{}"), malformed),
        Attack("no text", "", malformed),
        Attack("two parts", f"{head}.{body}", malformed),
        Attack("four parts", f"{good}.{signature}", malformed),
        Attack("an extra dot", f"{head}..{body}.{signature}", malformed),
        Attack("a dot at the end", f"{good}.", malformed),
        Attack("JWE", _jwe(), malformed),
        Attack("no signature", f"{head}.{body}.", malformed),
        Attack("a shortened signature", good[:-1], malformed),
        Attack("a signature of 32 bytes", f"{head}.{body}.{b64(bytes(32))}", malformed),
        Attack("a signature of zeros", f"{head}.{body}.{b64(bytes(64))}", TokenFault.SIGNATURE),
        Attack("a padded signature", f"{good}==", malformed),
        Attack("a line end", f"{good}\n", malformed),
        Attack("a blank before", f" {good}", malformed),
        Attack("a sign that base64 skips", f"{head}.{body}.!{signature}", malformed),
        Attack("full-width letters", good.replace("e", "\uff45", 1), malformed),
        Attack("a lone surrogate", "\ud800" + good, malformed),
        Attack("NUL", good + "\0", malformed),
        Attack("oversized", head + "." + "A" * MAXIMUM_TOKEN_LENGTH + "." + signature, malformed),
        Attack("changed claims", f"{head}.{b64(b'{}')}.{signature}", TokenFault.SIGNATURE),
        Attack("the JSON form", dumps({"payload": body, "signature": signature}), malformed),
    ]
