"""Building: the linted bytes are the signed bytes, sizes and identifiers are exact."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from pki.keys.sealed import generate_key
from pki.model.build import (
    SERIAL_BITS,
    Plan,
    Publication,
    build_draft,
    certify,
    key_identifier,
    largest_size,
)
from pki.model.lint import lint
from pki.model.profile import Profile
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.certifying import new_serial
from tests.pki.issuing.test_lint import CONTRACT, PROFILES, SUB2, plan

THROWAWAY = {algorithm: generate_key(algorithm) for algorithm in KeyAlgorithm}
KEYS = {algorithm: generate_key(algorithm) for algorithm in KeyAlgorithm}


def verify(certificate: x509.Certificate, algorithm: KeyAlgorithm) -> None:
    key = KEYS[algorithm].public_key()
    tbs, signature = certificate.tbs_certificate_bytes, certificate.signature
    if isinstance(key, ed448.Ed448PublicKey):
        key.verify(signature, tbs)
    else:
        strength = certificate.signature_hash_algorithm
        assert strength is not None
        key.verify(signature, tbs, ec.ECDSA(strength))


@pytest.mark.parametrize(
    ("profile", "algorithm"),
    [(p, a) for p in PROFILES.values() for a in sorted(p.algorithms.value)],
    ids=lambda v: str(getattr(v, "role", v)),
)
def test_what_is_signed_is_what_was_linted(profile: Profile, algorithm: KeyAlgorithm) -> None:
    planned = plan(profile, algorithm)
    certificate = certify(planned, KEYS[algorithm], THROWAWAY[algorithm])
    draft = build_draft(planned, THROWAWAY[algorithm])
    assert certificate.tbs_certificate_bytes == draft.tbs_certificate_bytes
    verify(certificate, algorithm)
    assert lint(certificate, profile) == ()
    size = len(certificate.public_bytes(Encoding.DER))
    assert size <= largest_size(draft, algorithm) <= profile.maximum_der_bytes.value


class Witness:
    """An issuer's key that must never sign."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._key.public_key()

    def sign(self, *_: object) -> bytes:
        raise AssertionError("signed what the linter refuses")


def witness() -> ec.EllipticCurvePrivateKey:
    return Witness(ec.generate_private_key(ec.SECP256R1()))  # type: ignore[return-value] # a stand-in


def refusal(planned: Plan) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        certify(planned, witness(), THROWAWAY[KeyAlgorithm.P256])
    return refused.value


def test_nothing_is_signed_that_the_linter_refuses() -> None:
    planned = plan(CONTRACT)
    later = replace(planned, not_after=planned.not_after.replace(year=2099))
    failure = refusal(later)
    assert (failure.kind, failure.code) == (Kind.INVALID, "profile_violated")
    assert set(failure.fields) == {"lifetime_too_long"}


def test_the_size_limit_is_checked_before_signing() -> None:
    """800 octets in ISO 15118-2, whatever the signature turns out to be."""
    planned = plan(SUB2)
    room = 800 - largest_size(build_draft(planned, THROWAWAY[KeyAlgorithm.P256]), KeyAlgorithm.P256)

    def with_url_of(extra: int) -> Plan:
        # beyond 127 and 255 octets lengths take further octets, so the exact limit is searched
        url = "http://" + "x" * (11 + extra)
        return replace(planned, publication=Publication(url))

    sizes = {
        extra: largest_size(
            build_draft(with_url_of(extra), THROWAWAY[KeyAlgorithm.P256]), KeyAlgorithm.P256
        )
        for extra in range(room - 20, room + 20)
    }
    fits = max(extra for extra, size in sizes.items() if size <= 800)
    certify(with_url_of(fits), KEYS[KeyAlgorithm.P256], THROWAWAY[KeyAlgorithm.P256])
    assert set(refusal(with_url_of(fits + 1)).fields) == {"der_too_large"}


def test_optional_extensions_fit_and_name_the_issuer() -> None:
    publication = Publication(
        "http://pki.example", ca_issuers=True, crl_distribution_points=True, policy="1.3.6.1.4.1.1"
    )
    planned = replace(plan(SUB2), publication=publication)
    certificate = certify(planned, KEYS[KeyAlgorithm.P256], THROWAWAY[KeyAlgorithm.P256])
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [a.access_location.value for a in access] == [
        "http://pki.example/ocsp",
        "http://pki.example/ca/issuer-g1.cer",
    ]
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (name,) = points[0].full_name or []
    assert name.value == "http://pki.example/crl/issuer-g1.crl"
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policies[0].policy_identifier.dotted_string == "1.3.6.1.4.1.1"
    leaf = replace(plan(CONTRACT), publication=publication)
    leaf_certificate = certify(leaf, KEYS[KeyAlgorithm.P256], THROWAWAY[KeyAlgorithm.P256])
    with pytest.raises(x509.ExtensionNotFound):
        leaf_certificate.extensions.get_extension_for_class(x509.CertificatePolicies)


def test_a_key_of_another_type_is_refused_before_signing() -> None:
    with pytest.raises(ServiceError) as refused:
        certify(
            replace(plan(CONTRACT), public_key=KEYS[KeyAlgorithm.P521].public_key()),
            witness(),
            THROWAWAY[KeyAlgorithm.P256],
        )
    assert refused.value.code == "key_algorithm_not_allowed"
    with pytest.raises(TypeError):
        certify(plan(CONTRACT), KEYS[KeyAlgorithm.P521], THROWAWAY[KeyAlgorithm.P256])


def test_key_identifiers_are_those_of_rfc_5280_section_4_2_1_2() -> None:
    key = KEYS[KeyAlgorithm.P256].public_key()
    method_1 = x509.SubjectKeyIdentifier.from_public_key(key).digest
    assert key_identifier(key, 20) == method_1
    method_2 = key_identifier(key, 8)
    assert method_2[0] >> 4 == 0b0100
    assert method_2[0] & 0x0F == method_1[-8] & 0x0F
    assert method_2[1:] == method_1[-7:]


def test_contracts_of_the_20_edition_carry_8_octets() -> None:
    profile = PROFILES[Edition.ISO15118_20, CertificateRole.CONTRACT]
    planned = plan(profile, KeyAlgorithm.P521)
    certificate = certify(planned, KEYS[KeyAlgorithm.P521], THROWAWAY[KeyAlgorithm.P521])
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert len(identifier.digest) == 8


@settings(max_examples=50)
@given(st.integers(0, (1 << (SERIAL_BITS - 1)) - 1))
def test_serials_have_one_length_and_all_their_randomness(bits: int) -> None:
    serial = new_serial(lambda count: bits if count == SERIAL_BITS - 1 else -1)
    assert serial.bit_length() == SERIAL_BITS
    assert serial - (1 << (SERIAL_BITS - 1)) == bits
    assert len(serial.to_bytes(SERIAL_BITS // 8 + 1, "big", signed=True)) == 17


@pytest.mark.parametrize(
    ("url", "policy"),
    [
        ("ftp://pki.example", None),
        ("pki.example", None),
        ("http://", None),
        ("http://pki.example/", None),
        ("http://pki example", None),
        ("http://pki.exämple", None),
        ("http://pki.example\n", None),
        ("http://pki.example", "1"),
        ("http://pki.example", "1.02"),
        ("http://pki.example", "policy"),
    ],
)
def test_a_publication_that_no_certificate_can_carry_is_refused(
    url: str, policy: str | None
) -> None:
    with pytest.raises(ServiceError) as refused:
        Publication(url, policy=policy)
    assert refused.value.kind is Kind.INVALID
