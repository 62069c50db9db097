"""The three signature algorithms of ISO 15118, by their XML Signature names, over bare octets."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from exi import Schema
from pki.model.lint import algorithm_of
from pki.model.roles import KeyAlgorithm

SigningKey = EllipticCurvePrivateKey | Ed448PrivateKey

CANONICAL_EXI = "http://www.w3.org/TR/canonical-exi/"
"""The one canonicalization and the one transform of both standards."""


@dataclass(frozen=True, slots=True)
class SignatureSuite:
    """A signature algorithm with its digest.

    `method` and `digest_method` are their URIs in XML Signature, `octets` the length of a
    signature: r and s side by side, each padded to the curve's field (not DER), or EdDSA's own.
    """

    method: str
    digest_method: str
    key_algorithm: KeyAlgorithm
    octets: int
    hash_name: str
    ecdsa_hash: Callable[[], hashes.HashAlgorithm] | None = None

    def digest(self, fragment: bytes) -> bytes:
        """Return the digest of a signed element's EXI fragment."""
        return hashlib.new(self.hash_name, fragment).digest()

    def sign(self, key: SigningKey, signed: bytes) -> bytes:
        """Return the signature over `signed`; the key must be of type `key_algorithm`."""
        if isinstance(key, Ed448PrivateKey):
            return key.sign(signed)
        assert self.ecdsa_hash is not None  # noqa: S101 - `suite_of_key` chose by the key's type
        half = self.octets // 2
        r, s = decode_dss_signature(key.sign(signed, ECDSA(self.ecdsa_hash())))
        return r.to_bytes(half) + s.to_bytes(half)

    def verifies(self, public_key: object, signature: bytes, signed: bytes) -> bool:
        """Whether the key, of any type, made the signature over `signed`; never raises."""
        if algorithm_of(public_key) is not self.key_algorithm or len(signature) != self.octets:
            return False
        try:
            if isinstance(public_key, Ed448PublicKey):
                public_key.verify(signature, signed)
            elif isinstance(public_key, EllipticCurvePublicKey) and self.ecdsa_hash is not None:
                half = self.octets // 2
                r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
                der = encode_dss_signature(r, s)
                public_key.verify(der, signed, ECDSA(self.ecdsa_hash()))
            else:
                return False
        except InvalidSignature:
            return False
        return True


P256_SHA256 = SignatureSuite(
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    KeyAlgorithm.P256,
    64,
    "sha256",
    hashes.SHA256,
)
P521_SHA512 = SignatureSuite(
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    KeyAlgorithm.P521,
    132,
    "sha512",
    hashes.SHA512,
)
ED448_SHA512 = SignatureSuite(
    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    KeyAlgorithm.ED448,
    114,
    "sha512",
)

SUITES: Mapping[Schema, frozenset[SignatureSuite]] = MappingProxyType(
    {
        Schema.ISO15118_2: frozenset({P256_SHA256}),
        Schema.ISO15118_20: frozenset({P521_SHA512, ED448_SHA512}),
    }
)
"""What each standard allows; a caller may allow less."""

_BY_KEY = {suite.key_algorithm: suite for suites in SUITES.values() for suite in suites}


def suite_of_key(key: Any) -> SignatureSuite | None:
    """Return the suite that a public key signs with, None for other than the three key types."""
    algorithm = algorithm_of(key)
    return None if algorithm is None else _BY_KEY[algorithm]
