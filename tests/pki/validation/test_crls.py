"""Supplied CRLs: believed only when they prove themselves."""

import datetime as dt
import hashlib
from collections.abc import Iterable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_crl import MAX_CRL_BYTES, SuppliedCrls, read_crl
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Verdict
from tests.pki.validation.assembly import anchor, validator
from tests.pki.validation.authorities import AT, Authority, certify, hierarchy, name

H = hierarchy()
DAY = dt.timedelta(days=1)


def crl(
    issuer: Authority,
    revoked: Iterable[Authority] = (),
    *,
    reason: x509.ReasonFlags | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    this_update: dt.datetime = AT - DAY,
    next_update: dt.datetime = AT + DAY,
    number: bool = True,
    extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(this_update)
        .next_update(next_update)
    )
    for certificate in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial)
            .revocation_date(AT - DAY)
        )
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if number:
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    for value, critical in extra:
        builder = builder.add_extension(value, critical)
    return builder.sign(key or issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def judged(*crls: bytes) -> Verdict:
    root = anchor(
        H.root.der, CertificateRole.MO_ROOT, policy="strict", revocation=RevocationPolicy.HARD
    )
    evidence = SuppliedCrls([read_crl(data) for data in crls])
    return validator(root, evidence=[evidence])(H.chain, CertificateRole.CONTRACT, AT)


def with_leaf_list(data: bytes) -> Verdict:
    return judged(crl(H.root), crl(H.sub1), data)


def test_a_list_of_each_issuer_is_enough() -> None:
    assert with_leaf_list(crl(H.sub2)).valid
    assert judged(crl(H.root), crl(H.sub1)).fault is Fault.REVOCATION_UNKNOWN


def test_a_verdict_names_the_lists_that_it_rests_on_in_the_order_of_the_path() -> None:
    lists = [crl(issuer) for issuer in (H.sub2, H.sub1, H.root)]
    digests = tuple(hashlib.sha256(der).hexdigest() for der in lists)
    assert judged(*reversed(lists)).evidence == digests
    revoking = crl(H.sub2, [H.leaf])
    verdict = judged(lists[2], lists[1], lists[0], revoking)
    assert verdict.evidence == (hashlib.sha256(revoking).hexdigest(), *digests[1:])
    assert judged().evidence == ()


@pytest.mark.parametrize("which", ["leaf", "sub2", "sub1"])
def test_a_listed_certificate_is_revoked(which: str) -> None:
    issuer = {"leaf": H.sub2, "sub2": H.sub1, "sub1": H.root}[which]
    lists = [crl(a, [getattr(H, which)] if a is issuer else []) for a in (H.root, H.sub1, H.sub2)]
    assert judged(*lists).fault is Fault.REVOKED


def test_a_hold_is_a_hold() -> None:
    held = crl(H.sub2, [H.leaf], reason=x509.ReasonFlags.certificate_hold)
    assert with_leaf_list(held).fault is Fault.ON_HOLD
    revoked = crl(H.sub2, [H.leaf], reason=x509.ReasonFlags.key_compromise)
    assert with_leaf_list(revoked).fault is Fault.REVOKED


def test_one_list_that_revokes_outweighs_others() -> None:
    verdict = judged(crl(H.root), crl(H.sub1), crl(H.sub2), crl(H.sub2, [H.leaf]))
    assert verdict.fault is Fault.REVOKED


def test_a_serial_of_another_issuer_does_not_count() -> None:
    assert judged(crl(H.root, [H.leaf]), crl(H.sub1, [H.leaf]), crl(H.sub2)).valid


OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
POINT = x509.IssuingDistributionPoint(
    full_name=[x509.UniformResourceIdentifier("http://crl.test/")],
    relative_name=None,
    only_contains_user_certs=False,
    only_contains_ca_certs=False,
    only_some_reasons=None,
    indirect_crl=False,
    only_contains_attribute_certs=False,
)


@pytest.mark.parametrize(
    "data",
    [
        crl(H.sub2, key=OTHER_KEY),
        crl(H.sub2, this_update=AT - 3 * DAY, next_update=AT - DAY),
        crl(H.sub2, this_update=AT + DAY, next_update=AT + 2 * DAY),
        crl(H.sub2, number=False),
        crl(H.sub2, extra=[(x509.DeltaCRLIndicator(1), True)]),
        crl(H.sub2, extra=[(POINT, True)]),
        crl(H.sub2, extra=[(POINT, False)]),
    ],
    ids=["signature", "stale", "future", "unnumbered", "delta", "point", "point, not critical"],
)
def test_what_proves_nothing_is_no_evidence(data: bytes) -> None:
    assert with_leaf_list(data).fault is Fault.REVOCATION_UNKNOWN


def test_an_issuer_that_may_not_sign_lists_is_not_believed() -> None:
    usage = frozenset({"key_cert_sign"})
    sub2 = certify(name("MO Sub2 x"), H.sub1, ca=True, path_length=0, key_usage=usage)
    leaf = certify(name("DEABCC00000012"), sub2)
    evidence = SuppliedCrls([read_crl(crl(a)) for a in (H.root, H.sub1, sub2)])
    root = anchor(H.root.der, None, revocation=RevocationPolicy.HARD)
    verdict = validator(root, evidence=[evidence])([leaf.der, sub2.der, H.sub1.der], None, AT)
    assert verdict.fault is Fault.REVOCATION_UNKNOWN


def test_pem_and_der_are_read_and_the_rest_refused() -> None:
    data = crl(H.sub2)
    pem = x509.load_der_x509_crl(data).public_bytes(Encoding.PEM)
    assert read_crl(pem) == read_crl(data)
    with pytest.raises(ServiceError) as refusal:
        read_crl(bytes(MAX_CRL_BYTES + 1))
    assert refusal.value.kind is Kind.TOO_LARGE


SOME_LIST = crl(H.sub2)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=100), st.integers(0, 200).map(lambda n: SOME_LIST[:n])))
def test_arbitrary_bytes_raise_nothing_but_service_errors(data: bytes) -> None:
    with pytest.raises(ServiceError) as refusal:
        read_crl(data)
    assert refusal.value.code == "crl_malformed"
