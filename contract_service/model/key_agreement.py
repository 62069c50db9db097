"""The session key that an ephemeral key and a certificate's key agree on.

ISO 15118-2 [V2G2-815] to [V2G2-818]: ECDH on P-256, 128 bits derived with SHA-256. ISO 15118-20
[V2G20-2535]: ECDH on P-521 or X448 (RFC 7748), 256 bits with SHA-512. One-pass Diffie-Hellman and
concatenation derivation of NIST SP 800-56A.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract_service.model.edwards448 import scalar_of_seed, x448_of_public
from contract_service.model.wrapped_key import TransportCurve, WrappedKey
from foundation.errors import Refused

PrivateKey = EllipticCurvePrivateKey | Ed448PrivateKey
PublicKey = EllipticCurvePublicKey | Ed448PublicKey

_OTHER_INFO = b"\x01UV"
"""AlgorithmID 01, party U (who provisions), party V (the vehicle)."""


def agree_as_sender(recipient: PublicKey) -> tuple[bytes, bytes] | Refused:
    """Return a fresh ephemeral public key as messages carry it, and the session key.

    The recipient's key is on P-256, P-521 or Ed448, which goes over to X448 by RFC 7748's map;
    `recipient_key_unsuitable` where its octets are no point of that curve.
    """
    if isinstance(recipient, EllipticCurvePublicKey):
        ephemeral = generate_private_key(recipient.curve)
        secret = ephemeral.exchange(ECDH(), recipient)
        sent = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return sent, _derive(secret, short=recipient.key_size == 256)
    peer = x448_of_public(recipient.public_bytes_raw())
    if peer is None:
        return Refused("recipient_key_unsuitable", "the recipient's key is no point of Ed448")
    own = X448PrivateKey.generate()
    secret = own.exchange(X448PublicKey.from_public_bytes(peer))
    return own.public_key().public_bytes_raw(), _derive(secret, short=False)


def agree_as_recipient(wrapped: WrappedKey, key: PrivateKey) -> bytes | Refused:
    """Return the session key of a wrapped key without `flaw`, on the curve of `key`."""
    if isinstance(key, EllipticCurvePrivateKey):
        secret = key.exchange(ECDH(), wrapped.point())
        return _derive(secret, short=wrapped.curve is TransportCurve.P256)
    own = X448PrivateKey.from_private_bytes(scalar_of_seed(key.private_bytes_raw()))
    try:
        secret = own.exchange(X448PublicKey.from_public_bytes(wrapped.dh_public_key))
    except ValueError:  # RFC 7748 section 6.2: the secret is all zeros
        return Refused("dh_public_key_invalid", "the DH public key agrees on no secret")
    return _derive(secret, short=False)


def _derive(secret: bytes, *, short: bool) -> bytes:
    digest, octets = (hashes.SHA256(), 16) if short else (hashes.SHA512(), 32)
    return ConcatKDFHash(digest, octets, _OTHER_INFO).derive(secret)
