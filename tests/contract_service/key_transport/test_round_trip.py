"""Wrapped for one key, unwrapped by it, and by nothing else; any change is noticed."""

from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_service.model.edwards448 import public_of_scalar, scalar_of_seed
from contract_service.model.key_transport import (
    Ed448Scalar,
    unwrap_contract_key,
    wrap_contract_key,
)
from contract_service.model.wrapped_key import TransportCurve, WrappedKey
from foundation.errors import Refused
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.roles import KeyAlgorithm
from tests.contract_service.key_transport.oracle import (
    ecdh,
    unwrap_2,
    unwrap_20,
    x448_secret,
)
from tests.contract_service.signatures.holders import EMAID, PCID, Holder, flip, holder, kept

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P521_ORDER = 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7

WAYS = {
    KeyAlgorithm.P256: (TransportCurve.P256, 65, 48),
    KeyAlgorithm.P521: (TransportCurve.SECP521, 133, 94),
    KeyAlgorithm.ED448: (TransportCurve.X448, 56, 84),
}


def wrap(contract: Holder, vehicle: Holder) -> WrappedKey:
    wrapped = wrap_contract_key(
        contract.key, contract.certificate, vehicle.certificate, experimental=True
    )
    assert isinstance(wrapped, WrappedKey)
    return wrapped


def unwrap(
    wrapped: WrappedKey, contract: Holder, vehicle: Holder
) -> ec.EllipticCurvePrivateKey | Ed448Scalar | Refused:
    return unwrap_contract_key(wrapped, vehicle.key, vehicle.certificate, contract.certificate)


def is_key_of(unwrapped: object, contract: Holder) -> bool:
    if isinstance(contract.key, ed448.Ed448PrivateKey):
        scalar = scalar_of_seed(contract.key.private_bytes_raw())
        return isinstance(unwrapped, Ed448Scalar) and unwrapped.octets == scalar
    return (
        isinstance(unwrapped, ec.EllipticCurvePrivateKey)
        and unwrapped.private_numbers() == contract.key.private_numbers()
    )


@pytest.mark.parametrize("algorithm", WAYS)
def test_there_and_back(algorithm: KeyAlgorithm) -> None:
    contract, vehicle = kept(algorithm, EMAID), kept(algorithm)
    wrapped = wrap(contract, vehicle)
    sizes = (wrapped.curve, len(wrapped.dh_public_key), len(wrapped.encrypted_private_key))
    assert sizes == WAYS[algorithm]
    assert wrapped.flaw() is None
    assert is_key_of(unwrap(wrapped, contract, vehicle), contract)


@settings(max_examples=12, deadline=None)
@given(st.one_of(st.sampled_from([1, 2, 255, P256_ORDER - 1]), st.integers(1, P256_ORDER - 1)))
def test_any_scalar_of_p256(scalar: int) -> None:
    """Also those that begin with zeros."""
    contract = holder(EMAID, key=ec.derive_private_key(scalar, ec.SECP256R1()))
    vehicle = kept(KeyAlgorithm.P256)
    assert is_key_of(unwrap(wrap(contract, vehicle), contract, vehicle), contract)


@settings(max_examples=8, deadline=None)
@given(st.one_of(st.sampled_from([1, 2, P521_ORDER - 1]), st.integers(1, P521_ORDER - 1)))
def test_any_scalar_of_p521(scalar: int) -> None:
    contract = holder(EMAID, key=ec.derive_private_key(scalar, ec.SECP521R1()))
    vehicle = kept(KeyAlgorithm.P521)
    assert is_key_of(unwrap(wrap(contract, vehicle), contract, vehicle), contract)


@settings(max_examples=8, deadline=None)
@given(st.binary(min_size=57, max_size=57), st.binary(min_size=57, max_size=57))
def test_any_seed_of_ed448(contract_seed: bytes, vehicle_seed: bytes) -> None:
    contract = holder(EMAID, key=ed448.Ed448PrivateKey.from_private_bytes(contract_seed))
    vehicle = holder(key=ed448.Ed448PrivateKey.from_private_bytes(vehicle_seed))
    unwrapped = unwrap(wrap(contract, vehicle), contract, vehicle)
    assert isinstance(unwrapped, Ed448Scalar)
    assert isinstance(contract.key, ed448.Ed448PrivateKey)
    assert public_of_scalar(unwrapped.octets) == contract.key.public_key().public_bytes_raw()


@cache
def sample(algorithm: KeyAlgorithm) -> tuple[WrappedKey, Holder, Holder]:
    contract, vehicle = kept(algorithm, EMAID), kept(algorithm)
    return wrap(contract, vehicle), contract, vehicle


def test_every_bit_of_a_key_of_iso_15118_2() -> None:
    """No tag guards it: what notices is that the scalar no longer is the certificate's."""
    wrapped, contract, vehicle = sample(KeyAlgorithm.P256)
    for bit in range(8 * 48):
        changed = replace(wrapped, encrypted_private_key=flip(wrapped.encrypted_private_key, bit))
        refusal = unwrap(changed, contract, vehicle)
        assert isinstance(refusal, Refused)
        assert refusal.code == "wrapped_key_wrong"
    for bit in range(8 * 65):
        changed = replace(wrapped, dh_public_key=flip(wrapped.dh_public_key, bit))
        assert isinstance(unwrap(changed, contract, vehicle), Refused)


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P521, KeyAlgorithm.ED448])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bit_of_a_key_of_iso_15118_20(algorithm: KeyAlgorithm, data: st.DataObject) -> None:
    wrapped, contract, vehicle = sample(algorithm)
    field, public = wrapped.encrypted_private_key, wrapped.dh_public_key
    bit = data.draw(st.integers(0, 8 * len(field) - 1))
    refusal = unwrap(replace(wrapped, encrypted_private_key=flip(field, bit)), contract, vehicle)
    assert isinstance(refusal, Refused)
    assert refusal.code == "wrapped_key_wrong"
    bit = data.draw(st.integers(0, 8 * len(public) - 1))
    refusal = unwrap(replace(wrapped, dh_public_key=flip(public, bit)), contract, vehicle)
    assert isinstance(refusal, Refused)


@pytest.mark.parametrize("algorithm", WAYS)
def test_another_vehicle_or_contract(algorithm: KeyAlgorithm) -> None:
    wrapped, contract, vehicle = sample(algorithm)
    for other in (
        unwrap(wrapped, contract, holder(PCID, algorithm)),
        unwrap(wrapped, holder(EMAID, algorithm), vehicle),
    ):
        assert isinstance(other, Refused)
        assert other.code == "wrapped_key_wrong"


@pytest.mark.parametrize("algorithm", WAYS)
def test_nothing_is_used_twice(algorithm: KeyAlgorithm) -> None:
    """Fresh ephemeral key and IV each time; nowhere does the scalar show."""
    _, contract, vehicle = sample(algorithm)
    several = [wrap(contract, vehicle) for _ in range(20)]
    assert len({one.dh_public_key for one in several}) == 20
    assert len({one.encrypted_private_key[:12] for one in several}) == 20
    assert len({one.encrypted_private_key[16:] for one in several}) == 20


def test_two_ways_of_unwrapping_agree() -> None:
    """The derivation, the cipher and the associated data, from the words of the standards."""
    wrapped, contract, vehicle = sample(KeyAlgorithm.P256)
    assert isinstance(vehicle.key, ec.EllipticCurvePrivateKey)
    assert isinstance(contract.key, ec.EllipticCurvePrivateKey)
    scalar = unwrap_2(wrapped.encrypted_private_key, wrapped.dh_public_key, vehicle.key)
    assert scalar == contract.key.private_numbers().private_value

    wrapped, contract, vehicle = sample(KeyAlgorithm.P521)
    assert isinstance(vehicle.key, ec.EllipticCurvePrivateKey)
    assert isinstance(contract.key, ec.EllipticCurvePrivateKey)
    secret = ecdh(wrapped.dh_public_key, vehicle.key)
    octets = unwrap_20(wrapped.encrypted_private_key, secret, associated_data(contract))
    assert int.from_bytes(octets) == contract.key.private_numbers().private_value

    wrapped, contract, vehicle = sample(KeyAlgorithm.ED448)
    assert isinstance(vehicle.key, ed448.Ed448PrivateKey)
    assert isinstance(contract.key, ed448.Ed448PrivateKey)
    secret = x448_secret(wrapped.dh_public_key, vehicle.key)
    octets = unwrap_20(wrapped.encrypted_private_key, secret, associated_data(contract))
    assert octets == scalar_of_seed(contract.key.private_bytes_raw())


@pytest.mark.parametrize(("ski_octets", "length"), [(8, 34), (20, 58)])
def test_what_is_authenticated(ski_octets: int, length: int) -> None:
    """The standard's 18 and 16 characters, or with a longer SKI all of it."""
    contract, vehicle = (
        holder(EMAID, KeyAlgorithm.P521, ski_octets=ski_octets),
        kept(KeyAlgorithm.P521),
    )
    wrapped = wrap(contract, vehicle)
    assert isinstance(vehicle.key, ec.EllipticCurvePrivateKey)
    assert isinstance(contract.key, ec.EllipticCurvePrivateKey)
    assert len(associated_data(contract)) == length
    secret = ecdh(wrapped.dh_public_key, vehicle.key)
    octets = unwrap_20(wrapped.encrypted_private_key, secret, associated_data(contract))
    assert int.from_bytes(octets) == contract.key.private_numbers().private_value


def associated_data(contract: Holder) -> bytes:
    read = read_certificate(contract.certificate)
    assert isinstance(read, PathCertificate)
    assert read.subject_key_id is not None
    return f"{PCID}{read.subject_key_id.hex().upper()}".encode()
