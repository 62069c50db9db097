"""The verifier of `cryptography` beside ours, RFC 5280 alone; every disagreement is explained."""

import datetime as dt
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from pki.model.path_certificate import PathCertificate, read_certificate
from tests.pki.validation.assembly import anchor, validator
from tests.pki.validation.authorities import AT, Authority, certify, hierarchy, name
from tests.pki.validation.test_limbo import decide
from tests.pki.validation.vectors import (
    HUBJECT_TIME,
    LimboCase,
    foreign,
    hubject,
    limbo_cases,
)

SELF_ISSUED = "a self-issued certificate of another key is no issuer there"
LENIENT = "RFC 5280 forbids it and cryptography does not look"
DISAGREEMENTS = {
    # theirs cannot
    "pathlen::self-issued-certs-pathlen": SELF_ISSUED,
    "rfc5280::nc::permitted-dn-match": "directory names in constraints are not supported there",
    "cve::cve-2024-0567": "ten certificates are refused here",
    # theirs does not look
    "rfc5280::aki::leaf-missing-aki": LENIENT,
    "rfc5280::aki::intermediate-missing-aki": LENIENT,
    "rfc5280::aki::cross-signed-root-missing-aki": LENIENT,
    "rfc5280::eku::ee-eku-empty": LENIENT,
    "rfc5280::nc::permitted-dns-match-noncritical": LENIENT,
    "rfc5280::nc::not-allowed-in-ee-noncritical": LENIENT,
    "rfc5280::nc::not-allowed-in-ee-critical": LENIENT,
    "rfc5280::pc::ica-noncritical-pc": LENIENT,
    "rfc5280::san::noncritical-with-empty-subject": LENIENT,
    "rfc5280::san::underscore-dns": LENIENT,
    "rfc5280::san::ip-in-dns": LENIENT,
    "rfc5280::serial::zero": LENIENT,
    "rfc5280::ski::root-missing-ski": LENIENT,
    "rfc5280::ski::intermediate-missing-ski": LENIENT,
    "rfc5280::leaf-ku-keycertsign": LENIENT,
    "rfc5280::ee-critical-aia-invalid": LENIENT,
    "pathological::nc-dos-3": "over the bound on a certificate's size here",
}


def theirs(chain: Sequence[bytes], roots: Sequence[bytes], at: dt.datetime) -> bool:
    leaf, *others = map(x509.load_der_x509_certificate, chain)
    builder = (
        PolicyBuilder()
        .store(Store(list(map(x509.load_der_x509_certificate, roots))))
        .time(at.astimezone(dt.UTC).replace(tzinfo=None))
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
    )
    try:
        builder.build_client_verifier().verify(leaf, others)
    except VerificationError:
        return False
    return True


def comparable(case: LimboCase) -> bool:
    """It knows no CRLs, and parses no serial number that is not positive without a warning."""
    return not case.crls and all(
        isinstance(read_certificate(der), PathCertificate)
        for der in (case.leaf, *case.intermediates, *case.roots)
    )


@pytest.mark.parametrize("case", [c for c in limbo_cases() if comparable(c)], ids=str)
def test_limbo(case: LimboCase, now: dt.datetime) -> None:
    at = case.at or now
    agree = decide(case, at) is theirs([case.leaf, *case.intermediates], case.roots, at)
    assert agree is (case.id not in DISAGREEMENTS)


H = hierarchy()
IMPOSTOR = Authority(H.sub2.certificate, ec.generate_private_key(ec.SECP256R1()))
SHORT = certify(name("MO Sub1 short"), H.root, ca=True, path_length=0)
BELOW_SHORT = certify(name("MO Sub2 short"), SHORT, ca=True, path_length=0)
HUBJECT_ROOT = [hubject("v2g_root_qa_g1")]
REAL = {
    "ours": (H.chain, [H.root.der], AT),
    "ours, other root": (H.chain, [hierarchy("other").root.der], AT),
    "ours, incomplete": (H.chain[:2], [H.root.der], AT),
    "forged": (H.with_leaf(certify(name("x"), IMPOSTOR)), [H.root.der], AT),
    "path length": (
        [certify(name("x"), BELOW_SHORT).der, BELOW_SHORT.der, SHORT.der],
        [H.root.der],
        AT,
    ),
    "below a leaf": (
        [certify(name("x"), H.leaf).der, *H.chain],
        [H.root.der],
        AT,
    ),
    "late": (H.chain, [H.root.der], AT + dt.timedelta(days=2000)),
    "contract": (
        [hubject(n) for n in ("contract", "mo_sub2", "mo_sub1")],
        HUBJECT_ROOT,
        HUBJECT_TIME,
    ),
    "oem": (
        [hubject(n) for n in ("oem_provisioning", "oem_sub2", "oem_sub1")],
        HUBJECT_ROOT,
        HUBJECT_TIME,
    ),
    "oem today": (
        [hubject(n) for n in ("oem_provisioning", "oem_sub2", "oem_sub1")],
        HUBJECT_ROOT,
        AT,
    ),
    "foreign": (
        [foreign(n) for n in ("contractLeaf", "moSubCA2", "moSubCA1")],
        [foreign("moRootCA")],
        AT,
    ),
    "foreign secc": (
        [foreign(n) for n in ("seccLeaf", "cpoSubCA2", "cpoSubCA1")],
        [foreign("v2gRootCA")],
        AT,
    ),
}
THEY_DEMAND_A_PURPOSE = {"contract", "oem"}
"""Hubject's root has the extended key usage OCSPSigning; theirs wants clientAuth in it."""
ACCEPTED = {"ours", "contract", "oem", "foreign", "foreign secc"}


@pytest.mark.parametrize("case", REAL)
def test_real_chains(case: str) -> None:
    chain, roots, at = REAL[case]
    ours = validator(*(anchor(root, None) for root in roots))(chain, None, at).valid
    assert ours is (case in ACCEPTED)
    assert theirs(chain, roots, at) is (ours and case not in THEY_DEMAND_A_PURPOSE)
