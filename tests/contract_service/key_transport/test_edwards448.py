"""The arithmetic of Ed448 against OpenSSL's, and against the words of RFC 7748 and RFC 8032."""

from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_service.model.edwards448 import (
    public_of_scalar,
    scalar_of_seed,
    x448_of_public,
)
from tests.contract_service.key_transport.oracle import P448

ORDER = 2**446 - 0x8335DC163BB124B65129C96FDE933D8D723A70AADC873D6D54A7BB0D
SEEDS = st.binary(min_size=57, max_size=57)


def little(number: int) -> bytes:
    return number.to_bytes(56, "little")


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_scalar_generates_the_public_key(seed: bytes) -> None:
    scalar = scalar_of_seed(seed)
    public = Ed448PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert public_of_scalar(scalar) == public
    reduced = little(int.from_bytes(scalar, "little") % ORDER)
    assert public_of_scalar(reduced) == public


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_the_same_scalar_serves_x448(seed: bytes) -> None:
    public = Ed448PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    own = X448PrivateKey.from_private_bytes(scalar_of_seed(seed))
    assert x448_of_public(public) == own.public_key().public_bytes_raw()


def test_small_multiples() -> None:
    """0 and the order give the neutral point; the base point goes to 5 (RFC 7748 section 4.2)."""
    neutral = (1).to_bytes(57, "little")
    assert public_of_scalar(little(0)) == public_of_scalar(little(ORDER)) == neutral
    base = public_of_scalar(little(1))
    assert public_of_scalar(little(ORDER + 1)) == base
    assert x448_of_public(base) == little(5)
    # minus the point differs in the sign of x alone, and a key is not its negative
    negative = public_of_scalar(little(ORDER - 1))
    assert negative == base[:56] + bytes([base[56] ^ 0x80])
    assert x448_of_public(negative) == little(5)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60))
def test_octets_that_are_no_key(octets: bytes) -> None:
    """None, or a point: x² and y² then fit the curve's equation."""
    u = x448_of_public(octets)
    if u is None:
        return
    assert len(octets) == 57
    y = int.from_bytes(octets, "little") & ~(1 << 455)
    y_squared = y * y % P448
    x_squared = y_squared * pow(int.from_bytes(u, "little"), -1, P448) % P448
    assert (x_squared + y_squared - 1 + 39081 * x_squared * y_squared) % P448 == 0
    assert pow(x_squared, (P448 - 1) // 2, P448) == 1


def test_encodings_past_the_field() -> None:
    for y in (P448, P448 + 1, 2**448, 2**454):
        assert x448_of_public(y.to_bytes(57, "little")) is None
