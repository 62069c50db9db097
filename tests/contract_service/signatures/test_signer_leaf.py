"""A signer's leaf says the same of key and name as the reader that path validation uses."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.contract_data import key_fingerprint, recorded_key_fingerprint
from contract_service.model.signer_leaf import SignerLeaf, read_signer_leaf
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.verdict import Reason
from tests.pki.validation.authorities import certify, name


def _named(*attributes: x509.NameAttribute[str]) -> x509.Name:
    return x509.Name(attributes)


CN, ORGANIZATION = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME
SUBJECTS = [
    name("WBM00000000000000X"),
    name("DE-ABC-C00000012-X"),
    name("Müller"),
    name(" "),
    _named(x509.NameAttribute(ORGANIZATION, "nobody")),
    _named(x509.NameAttribute(CN, "first"), x509.NameAttribute(CN, "second")),
    x509.Name(
        [
            x509.RelativeDistinguishedName(
                [x509.NameAttribute(CN, "WAA0001"), x509.NameAttribute(ORGANIZATION, "x")]
            )
        ]
    ),
]
DER = certify(name("WBM00000000000000X")).der


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.rfc4514_string())
def test_it_reads_as_path_validation_does(subject: x509.Name) -> None:
    der = certify(subject).der
    leaf, whole = read_signer_leaf(der), read_certificate(der)
    assert isinstance(leaf, SignerLeaf)
    assert isinstance(whole, PathCertificate)
    assert (leaf.der, leaf.common_name, leaf.public_key) == (
        whole.der,
        whole.common_name,
        whole.public_key,
    )
    assert key_fingerprint(leaf) == key_fingerprint(whole) == recorded_key_fingerprint(der)


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_one_octet_changed_reads_alike_or_not_at_all(place: int, octet: int) -> None:
    der = DER[:place] + bytes((octet,)) + DER[place + 1 :]
    leaf, whole = read_signer_leaf(der), read_certificate(der)
    if isinstance(whole, Reason):
        # what stands beside the first common name is left to path validation
        if isinstance(leaf, Reason):
            assert leaf.code == whole.code
        return
    assert isinstance(leaf, SignerLeaf)
    assert leaf.common_name == whole.common_name
    assert (leaf.public_key is None) == (whole.public_key is None)
    if whole.public_key is not None:
        assert leaf.public_key == whole.public_key


@given(st.binary(max_size=200) | st.integers(0, len(DER)).map(lambda end: DER[:end]))
def test_rubbish_is_a_reason(der: bytes) -> None:
    leaf = read_signer_leaf(der)
    assert isinstance(leaf, Reason) or der == DER
