"""OCPP hash data: computed independently of the code tested, matched only for what is recorded."""

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.certificate_hash import (
    CertificateHash,
    HashAlgorithm,
    hash_certificate,
    matching_certificates,
)
from foundation.errors import Kind, ServiceError
from tests.authorization.chains import Made, authorities, leaf, recorded

OWN = recorded("DEABCC12345678")
OTHER = recorded("DEABCC87654321")


def hash_data(made: Made, issuer: Made, algorithm: str = "SHA256") -> tuple[str, str, str, str]:
    """The four texts of OCPP's OCSPRequestData, as a station computes them."""
    digest = {"SHA256": hashlib.sha256, "SHA384": hashlib.sha384, "SHA512": hashlib.sha512}
    # the BIT STRING's value of a P-256 key is its uncompressed point (RFC 5480 section 2.2)
    point = issuer.certificate.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return (
        algorithm,
        digest[algorithm](issuer.certificate.subject.public_bytes()).hexdigest(),
        digest[algorithm](point).hexdigest(),
        f"{made.certificate.serial_number:x}",
    )


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_hashes_of_a_recorded_leaf_match(algorithm: str) -> None:
    claimed = CertificateHash.parse(*hash_data(leaf("DEABCC12345678"), authorities()[2], algorithm))
    assert matching_certificates([claimed], [OTHER, OWN]) == (OWN,)


@given(st.booleans(), st.integers(0, 30))
def test_case_and_leading_zeros_say_nothing(upper: bool, zeros: int) -> None:
    certificate = recorded("DEABCC12345678", 0xABC)
    algorithm, name, key, serial = hash_data(leaf("DEABCC12345678", 0xABC), authorities()[2])
    texts = [text.upper() if upper else text for text in (name, key, "0" * zeros + serial)]
    claimed = CertificateHash.parse(algorithm, *texts)
    assert claimed == hash_certificate(certificate, HashAlgorithm.SHA256)


def test_an_odd_serial_number_matches() -> None:
    certificate = recorded("DEABCC12345678", 0xABC)
    claimed = CertificateHash.parse(*hash_data(leaf("DEABCC12345678", 0xABC), authorities()[2]))
    assert certificate.serial == "ABC"
    assert matching_certificates([claimed], [certificate]) == (certificate,)


def test_a_list_without_the_leaf_matches_nothing() -> None:
    root, sub1, sub2 = authorities()
    claimed = [
        CertificateHash.parse(*hash_data(sub2, sub1)),
        CertificateHash.parse(*hash_data(sub1, root)),
    ]
    assert matching_certificates(claimed, [OWN]) == ()


def test_every_field_must_match() -> None:
    right = hash_certificate(OWN, HashAlgorithm.SHA256)
    wrong = [
        replace(right, issuer_name_hash=right.issuer_name_hash ^ 1),
        replace(right, issuer_key_hash=right.issuer_key_hash ^ 1),
        replace(right, serial_number=right.serial_number ^ 1),
        replace(right, algorithm=HashAlgorithm.SHA384),
    ]
    assert matching_certificates(wrong, [OWN]) == ()
    assert matching_certificates([*wrong, right], [OWN]) == (OWN,)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (("SHA1", "aa", "aa", "1"), "hashAlgorithm"),
        (("sha256", "aa", "aa", "1"), "hashAlgorithm"),
        (("SHA256", "", "aa", "1"), "issuerNameHash"),
        (("SHA256", "0xaa", "aa", "1"), "issuerNameHash"),
        (("SHA256", "aa", "٣", "1"), "issuerKeyHash"),
        (("SHA256", "aa", "a" * 129, "1"), "issuerKeyHash"),
        (("SHA256", "aa", "aa", "-1"), "serialNumber"),
        (("SHA256", "aa", "aa", "1" * 41), "serialNumber"),
    ],
)
def test_nonsense_is_refused_by_field(values: tuple[str, str, str, str], field: str) -> None:
    with pytest.raises(ServiceError) as caught:
        CertificateHash.parse(*values)
    assert caught.value.kind is Kind.MALFORMED
    assert list(caught.value.fields) == [field]


@given(st.text(max_size=10), st.text(max_size=140), st.text(max_size=140), st.text(max_size=50))
def test_any_texts_are_hashes_or_a_service_error(a: str, b: str, c: str, d: str) -> None:
    try:
        CertificateHash.parse(a, b, c, d)
    except ServiceError as refusal:
        assert refusal.fields
