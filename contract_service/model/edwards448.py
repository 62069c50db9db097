"""What key transport needs of Ed448 beyond signing: its scalar, and the way over to X448.

An Ed448 key is a seed of 57 octets; signing uses a scalar made of it. Curve448, on which X448
agrees on secrets, is 4-isogenous to Ed448's curve, so the same scalar serves there (RFC 7748
section 4.2). Arithmetic here takes a time that depends on its input: it serves checks in tests
and tools, and public keys; secrets of the running service pass through OpenSSL alone.
"""

import hashlib

SCALAR_OCTETS = 56
PUBLIC_OCTETS = 57

_P = 2**448 - 2**224 - 1
_D = -39081
_BASE = (  # RFC 8032 section 5.2: B
    0x4F1970C66BED0DED221D15A622BF36DA9E146570470F1767EA6DE324A3D3A46412AE1AF72AB66511433B80E18B00938E2626A82BC70CC05E,
    0x693F46716EB6BC248876203756C9C7624BEA73736CA3984087789C1E05A0C2D73AD3FF1CE67C39C4FDBD132C4ED7C8AD9808795BF230FA14,
)

_Point = tuple[int, int, int]
"""A point in projective coordinates X, Y, Z."""


def scalar_of_seed(seed: bytes) -> bytes:
    """Return the pruned scalar, 56 octets little-endian, of a seed of 57 (RFC 8032, 5.2.5).

    The octet left out is the 57th, which pruning sets to zero.
    """
    pruned = bytearray(hashlib.shake_256(seed).digest(114)[:SCALAR_OCTETS])
    pruned[0] &= 0xFC
    pruned[55] |= 0x80
    return bytes(pruned)


def public_of_scalar(scalar: bytes) -> bytes:
    """Return the Ed448 public key, 57 octets, that the little-endian scalar generates."""
    point: _Point = (0, 1, 1)
    for bit in f"{int.from_bytes(scalar, 'little'):b}":
        point = _double(point)
        if bit == "1":
            point = _add(point, (*_BASE, 1))
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 455).to_bytes(PUBLIC_OCTETS, "little")


def x448_of_public(public: bytes) -> bytes | None:
    """Return the X448 public key, 56 octets, that shares its scalar with an Ed448 public key.

    It is u = y² / x² (RFC 7748 section 4.2). None where the octets are no point of the curve, or
    one of the few whose multiples are no secret.
    """
    y = int.from_bytes(public, "little") & ~(1 << 455)
    if len(public) != PUBLIC_OCTETS or y >= _P:
        return None
    y_squared = y * y % _P
    x_squared = (1 - y_squared) * pow(1 - _D * y_squared, -1, _P) % _P
    if y == 0 or pow(x_squared, (_P - 1) // 2, _P) != 1:
        return None
    return (y_squared * pow(x_squared, -1, _P) % _P).to_bytes(SCALAR_OCTETS, "little")


def _add(first: _Point, second: _Point) -> _Point:
    """RFC 8032 section 5.2.4, point addition."""
    a = first[2] * second[2] % _P
    b = a * a
    c = first[0] * second[0] % _P
    d = first[1] * second[1] % _P
    e = _D * c * d
    f, g = (b - e) % _P, (b + e) % _P
    h = (first[0] + first[1]) * (second[0] + second[1])
    return a * f * (h - c - d) % _P, a * g * (d - c) % _P, f * g % _P


def _double(point: _Point) -> _Point:
    """RFC 8032 section 5.2.4, point doubling."""
    x, y, z = point
    c, d = x * x % _P, y * y % _P
    e = c + d
    j = e - 2 * z * z
    b = (x + y) * (x + y)
    return (b - e) * j % _P, e * (c - d) % _P, e * j % _P
