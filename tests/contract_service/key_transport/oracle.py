"""Unwrapping as the standards say it, written a second time and with other means.

The derivation is spelled out over hashlib, the curves' arithmetic is that of the textbook.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

P448 = 2**448 - 2**224 - 1


def derived(hash_name: str, secret: bytes, octets: int) -> bytes:
    counted = b"\x00\x00\x00\x01" + secret + b"\x01\x55\x56"
    return hashlib.new(hash_name, counted).digest()[:octets]


def unwrap_2(field: bytes, dh_public_key: bytes, key: EllipticCurvePrivateKey) -> int:
    """Return the scalar of ISO 15118-2's 48 octets."""
    session_key = derived("sha256", ecdh(dh_public_key, key), 16)
    decryptor = Cipher(AES(session_key), CBC(field[:16])).decryptor()
    return int.from_bytes(decryptor.update(field[16:]) + decryptor.finalize(), "big")


def unwrap_20(field: bytes, secret: bytes, associated_data: bytes) -> bytes:
    """Return the scalar of ISO 15118-20: IV 12, ciphertext, tag 16."""
    session_key = derived("sha512", secret, 32)
    iv, ciphertext, tag = field[:12], field[12:-16], field[-16:]
    decryptor = Cipher(AES(session_key), GCM(iv, tag)).decryptor()
    decryptor.authenticate_additional_data(associated_data)
    return decryptor.update(ciphertext) + decryptor.finalize()


def ecdh(dh_public_key: bytes, key: EllipticCurvePrivateKey) -> bytes:
    """Return the x-coordinate of private scalar times point, by affine double and add."""
    half = len(dh_public_key) // 2
    assert dh_public_key[0] == 4
    modulus, a = (2**256 - 2**224 + 2**192 + 2**96 - 1, -3) if half == 32 else (2**521 - 1, -3)
    point = (int.from_bytes(dh_public_key[1 : 1 + half]), int.from_bytes(dh_public_key[1 + half :]))
    scalar = key.private_numbers().private_value
    result: tuple[int, int] | None = None
    for bit in f"{scalar:b}":
        result = _sum(result, result, modulus, a)
        if bit == "1":
            result = _sum(result, point, modulus, a)
    assert result is not None
    return result[0].to_bytes(half)


def _sum(
    one: tuple[int, int] | None, two: tuple[int, int] | None, modulus: int, a: int
) -> tuple[int, int] | None:
    if one is None or two is None:
        return one or two
    if one == two:
        slope = (3 * one[0] ** 2 + a) * pow(2 * one[1], -1, modulus)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, modulus)
    x = (slope**2 - one[0] - two[0]) % modulus
    return x, (slope * (one[0] - x) - one[1]) % modulus


def x448_secret(dh_public_key: bytes, key: Ed448PrivateKey) -> bytes:
    """Return X448 of the Ed448 key's scalar and the u-coordinate: the ladder of RFC 7748."""
    scalar = bytearray(hashlib.shake_256(key.private_bytes_raw()).digest(114)[:56])
    scalar[0] &= 252
    scalar[55] |= 128
    k, u = int.from_bytes(scalar, "little"), int.from_bytes(dh_public_key, "little")
    x2, z2, x3, z3 = 1, 0, u, 1
    for place in range(447, -1, -1):
        swap = k >> place & 1
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb = a * a % P448, b * b % P448
        e = aa - bb
        x3, z3 = (d * a + c * b) ** 2 % P448, u * (d * a - c * b) ** 2 % P448
        x2, z2 = aa * bb % P448, e * (aa + 39081 * e) % P448
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, P448) % P448).to_bytes(56, "little")
