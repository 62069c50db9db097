"""Certification requests: possession is proven, nothing else is believed."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from pki.keys.sealed import generate_key
from pki.model.csr import MAXIMUM_CSR_BYTES, MAXIMUM_SPKI_BYTES, build_csr, key_of_csr, key_of_spki
from pki.model.roles import KeyAlgorithm
from tests.pki.issuing.house import csr, spki

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
BUILDER = x509.CertificateSigningRequestBuilder().subject_name(NAME)


def refusal_of_csr(der: bytes) -> tuple[Kind, str]:
    with pytest.raises(ServiceError) as refused:
        key_of_csr(der)
    return refused.value.kind, refused.value.code


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_a_request_yields_its_key(algorithm: KeyAlgorithm) -> None:
    key = generate_key(algorithm)
    assert key_of_csr(build_csr(NAME, key, path_length=0)) == key.public_key()
    assert key_of_spki(spki(key)) == key.public_key()


def test_every_changed_octet_is_refused() -> None:
    der = csr()
    for position in range(len(der)):
        changed = bytearray(der)
        changed[position] ^= 0x01
        assert refusal_of_csr(bytes(changed))[1] in {
            "csr_malformed",
            "csr_signature_invalid",
            "key_algorithm_not_allowed",
        }


def test_a_signature_that_ends_in_a_zero_bit_has_no_unused_ones() -> None:
    """The parser lets that count be one, and nothing signs it."""
    even = next(der for der in iter(csr, None) if der[-1] & 1 == 0)
    unused_bits = len(even) - len(x509.load_der_x509_csr(even).signature) - 1
    changed = even[:unused_bits] + b"\x01" + even[unused_bits + 1 :]
    assert x509.load_der_x509_csr(changed).is_signature_valid
    assert refusal_of_csr(changed) == (Kind.INVALID, "csr_signature_invalid")


def test_a_request_signed_by_another_key_is_refused() -> None:
    """RFC 2986 section 3: the signature proves possession of the subject's key."""
    der = csr()
    other = x509.load_der_x509_csr(csr())
    first = x509.load_der_x509_csr(der)
    # the first request's body under the second's signature, when lengths agree
    forged = der[: -len(other.signature)] + other.signature
    assert first.signature != other.signature
    assert refusal_of_csr(forged)[1] in {"csr_signature_invalid", "csr_malformed"}


@pytest.mark.parametrize(
    "der",
    [
        BUILDER.sign(rsa.generate_private_key(65537, 2048), SHA256()),
        BUILDER.sign(ec.generate_private_key(ec.SECP256K1()), SHA256()),
        BUILDER.sign(ec.generate_private_key(ec.SECP384R1()), SHA256()),
        BUILDER.sign(ed25519.Ed25519PrivateKey.generate(), None),
    ],
    ids=["rsa", "secp256k1", "secp384r1", "ed25519"],
)
def test_other_keys_are_refused(der: x509.CertificateSigningRequest) -> None:
    refusal = refusal_of_csr(der.public_bytes(Encoding.DER))
    assert refusal == (Kind.INVALID, "key_algorithm_not_allowed")


def test_a_weak_hash_proves_nothing() -> None:
    der = BUILDER.sign(ec.generate_private_key(ec.SECP256R1()), SHA224()).public_bytes(Encoding.DER)
    assert refusal_of_csr(der) == (Kind.INVALID, "csr_signature_invalid")


def test_oversized_and_truncated_requests_are_refused() -> None:
    der = csr()
    assert refusal_of_csr(bytes(MAXIMUM_CSR_BYTES + 1)) == (Kind.TOO_LARGE, "csr_too_large")
    assert refusal_of_csr(bytes(10_000_000)) == (Kind.TOO_LARGE, "csr_too_large")
    assert refusal_of_csr(der + b"\x00") == (Kind.MALFORMED, "csr_malformed")
    for length in range(0, len(der), 7):
        assert refusal_of_csr(der[:length]) == (Kind.MALFORMED, "csr_malformed")


def test_a_point_off_the_curve_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    good = spki(key)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    off = good.replace(point, point[:-1] + bytes([point[-1] ^ 1]))
    with pytest.raises(ServiceError) as refused:
        key_of_spki(off)
    assert refused.value.code == "public_key_malformed"
    with pytest.raises(ServiceError) as too_large:
        key_of_spki(bytes(MAXIMUM_SPKI_BYTES + 1))
    assert too_large.value.kind is Kind.TOO_LARGE


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_bytes_raise_anything_else(noise: bytes, cut: int) -> None:
    for der in (noise, BASE[:cut] + noise, b"\x30" + noise):
        for parse in (key_of_csr, key_of_spki):
            with pytest.raises(ServiceError):
                parse(der)


BASE = csr()
