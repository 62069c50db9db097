"""What can be wrong with a chain, each with its fault and its reason."""

import datetime as dt
import time
from collections.abc import Callable, Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from pki.model.chain_parser import MAX_CERTIFICATE_BYTES, MAX_CHAIN_CERTIFICATES
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_certificate import _is_bearable
from pki.model.roles import CertificateRole, CertificateStatus
from pki.model.verdict import FAULT_PRECEDENCE, Fault, Verdict
from pki.operations.validate import ValidateChain
from tests.pki.validation.assembly import Records, anchor, validator
from tests.pki.validation.authorities import (
    AT,
    CONTRACT_USAGE,
    EMAID,
    Authority,
    Hierarchy,
    certify,
    hierarchy,
    name,
)

ROLE = CertificateRole
H = hierarchy()
HARD = RevocationPolicy.HARD


def strict(hierarchy_: Hierarchy = H) -> ValidateChain:
    return validator(anchor(hierarchy_.root.der, ROLE.MO_ROOT, policy="strict"))


def judged(chain: Sequence[bytes], at: dt.datetime = AT) -> Verdict:
    return strict()(chain, ROLE.CONTRACT, at)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def test_a_proper_chain_is_valid_and_told_whole() -> None:
    verdict = judged(H.chain)
    assert verdict.valid
    assert verdict.tolerances == ()
    assert verdict.subject_cn == EMAID
    assert verdict.valid_until == H.leaf.certificate.not_valid_after_utc


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_a_chain_out_of_order_is_put_in_order(order: Sequence[int]) -> None:
    assert judged([H.chain[i] for i in order]) == judged(H.chain)


def test_dates_are_judged_at_the_instant_and_include_both_ends() -> None:
    leaf = H.leaf.certificate
    second = dt.timedelta(seconds=1)
    assert judged(H.chain, leaf.not_valid_before_utc).valid
    assert judged(H.chain, leaf.not_valid_after_utc).valid
    early = judged(H.chain, leaf.not_valid_before_utc - second)
    assert (early.fault, codes(early)) == (Fault.NOT_YET_VALID, {"not_yet_valid"})
    late = judged(H.chain, leaf.not_valid_after_utc + second)
    assert (late.fault, codes(late)) == (Fault.EXPIRED, {"expired"})


def leaf(**wrong: object) -> list[bytes]:
    return H.with_leaf(certify(name(EMAID), H.sub2, **wrong))  # type: ignore[arg-type] # passed through


def below(sub1: Authority, sub2: Authority) -> list[bytes]:
    return [certify(name(EMAID), sub2).der, sub2.der, sub1.der]


def other_path_length() -> list[bytes]:
    sub1 = certify(name("MO Sub1 b"), H.root, ca=True, path_length=0)
    return below(sub1, certify(name("MO Sub2 b"), sub1, ca=True, path_length=0))


def expired_sub2() -> list[bytes]:
    end = AT - dt.timedelta(days=1)
    return below(H.sub1, certify(name("MO Sub2 c"), H.sub1, ca=True, path_length=0, end=end))


def sub2_that_may_not_sign() -> list[bytes]:
    usage = frozenset({"crl_sign"})
    sub2 = certify(name("MO Sub2 d"), H.sub1, ca=True, path_length=0, key_usage=usage)
    return below(H.sub1, sub2)


def four_below_the_root() -> list[bytes]:
    a = certify(name("MO Sub1 e"), H.root, ca=True, path_length=2)
    b = certify(name("MO Sub1 f"), a, ca=True, path_length=1)
    c = certify(name("MO Sub2 g"), b, ca=True, path_length=0)
    return [certify(name(EMAID), c).der, c.der, b.der, a.der]


def issued_by_a_leaf() -> list[bytes]:
    middle = certify(name("DEABCC00000013"), H.sub2)
    return [certify(name(EMAID), middle).der, middle.der, *H.chain[1:]]


def signed_by_another_key() -> list[bytes]:
    impostor = Authority(H.sub2.certificate, ec.generate_private_key(ec.SECP256R1()))
    return H.with_leaf(certify(name(EMAID), impostor))


def root_of_the_same_name() -> list[bytes]:
    root = certify(H.root.certificate.subject, ca=True)
    sub1 = certify(name("MO Sub1 "), root, ca=True, path_length=1)
    return below(sub1, certify(name("MO Sub2 "), sub1, ca=True, path_length=0))


def unknown_extension() -> list[bytes]:
    oid = x509.ObjectIdentifier("1.3.6.1.4.1.55555.1")
    return leaf(extra=[(x509.UnrecognizedExtension(oid, b"\x05\x00"), True)])


@pytest.mark.parametrize(
    ("chain", "fault", "code"),
    [
        (list, Fault.MALFORMED, "chain_empty"),
        (lambda: H.chain * 4, Fault.MALFORMED, "chain_too_long"),
        (lambda: [b""], Fault.MALFORMED, "certificate_chain_malformed"),
        (lambda: [H.leaf.der[:-5], *H.chain[1:]], Fault.MALFORMED, "certificate_chain_malformed"),
        (
            lambda: [b"\x30\x82\x20\x00" + bytes(2 * MAX_CERTIFICATE_BYTES)],
            Fault.MALFORMED,
            "certificate_too_large",
        ),
        (lambda: [b"\x30\x03\x02\x01\x01"], Fault.MALFORMED, "certificate_unreadable"),
        (signed_by_another_key, Fault.SIGNATURE, "signature_invalid"),
        (root_of_the_same_name, Fault.CHAIN, "issuer_not_found"),
        (lambda: H.chain[:1], Fault.CHAIN, "issuer_not_found"),
        (lambda: H.chain[:2], Fault.CHAIN, "issuer_not_found"),
        (lambda: hierarchy("other").chain, Fault.CHAIN, "issuer_not_found"),
        (lambda: [H.root.der], Fault.CHAIN, "anchor_as_leaf"),
        (lambda: [H.sub2.der, H.sub1.der], Fault.CHAIN, "basic_constraints_wrong_ca"),
        (
            lambda: [certify(name(EMAID), H.root).der],
            Fault.CHAIN,
            "leaf_below_root",
        ),
        (
            lambda: [certify(name(EMAID), H.sub1).der, H.sub1.der],
            Fault.CHAIN,
            "sub_ca_missing",
        ),
        (other_path_length, Fault.CHAIN, "path_length_exceeded"),
        (four_below_the_root, Fault.CHAIN, "path_too_long"),
        (sub2_that_may_not_sign, Fault.CHAIN, "key_usage_lacks_bit"),
        (issued_by_a_leaf, Fault.CHAIN, "issuer_is_no_ca"),
        (expired_sub2, Fault.EXPIRED, "expired"),
        (lambda: leaf(curve=ec.SECP384R1()), Fault.CHAIN, "key_algorithm_not_allowed"),
        (lambda: leaf(curve=ec.SECP521R1()), Fault.CHAIN, "key_algorithm_not_allowed"),
        (lambda: leaf(key_usage=frozenset()), Fault.CHAIN, "key_usage_lacks_bit"),
        (
            lambda: leaf(key_usage=CONTRACT_USAGE | {"key_cert_sign"}),
            Fault.CHAIN,
            "key_cert_sign_without_ca",
        ),
        (
            lambda: leaf(without=frozenset({x509.AuthorityKeyIdentifier})),
            Fault.CHAIN,
            "authority_key_identifier_missing",
        ),
        (unknown_extension, Fault.CHAIN, "critical_extension_unknown"),
        (
            lambda: H.with_leaf(certify(name("WP0ZZZ99ZTS392124", "OEM"), H.sub2)),
            Fault.CHAIN,
            "common_name_form_wrong",
        ),
        (
            lambda: H.with_leaf(certify(name("DE*ABC*E1", "CPO"), H.sub2)),
            Fault.CHAIN,
            "subject_domain_component_wrong",
        ),
        (
            lambda: H.with_leaf(certify(name(EMAID), H.sub2, issuer_name=name("MO Sub2 x"))),
            Fault.CHAIN,
            "issuer_name_mismatch",
        ),
    ],
)
def test_each_fault_has_its_reason(
    chain: Callable[[], Sequence[bytes]], fault: Fault, code: str
) -> None:
    verdict = judged(chain())
    assert not verdict.valid
    assert verdict.fault is fault
    assert code in codes(verdict)


def test_several_problems_are_all_told_and_the_first_in_precedence_is_the_fault() -> None:
    late = H.leaf.certificate.not_valid_after_utc + dt.timedelta(days=1)
    records = Records({H.leaf.serial: CertificateStatus.REVOKED})
    validate = validator(
        anchor(H.root.der, ROLE.OEM_ROOT, policy="strict", revocation=HARD), evidence=[records]
    )
    verdict = validate(H.chain, ROLE.CONTRACT, late)
    assert {"expired", "revoked", "anchor_role_wrong"} <= codes(verdict)
    assert verdict.fault is Fault.CHAIN
    validate = validator(
        anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=HARD), evidence=[records]
    )
    verdict = validate(H.chain, ROLE.CONTRACT, late)
    assert codes(verdict) == {"expired", "revoked"}
    assert verdict.fault is Fault.REVOKED


def test_every_fault_has_a_rank() -> None:
    assert set(FAULT_PRECEDENCE) == set(Fault)
    assert len(FAULT_PRECEDENCE) == len(Fault)


@pytest.mark.parametrize("which", ["leaf", "sub2", "sub1"])
@pytest.mark.parametrize(
    ("status", "fault", "code"),
    [
        (CertificateStatus.REVOKED, Fault.REVOKED, "revoked"),
        (CertificateStatus.ON_HOLD, Fault.ON_HOLD, "on_hold"),
    ],
)
@pytest.mark.parametrize("policy", [RevocationPolicy.HARD, RevocationPolicy.SOFT])
def test_a_revocation_anywhere_below_the_anchor_counts_at_once(
    which: str, status: CertificateStatus, fault: Fault, code: str, policy: RevocationPolicy
) -> None:
    records = Records()
    validate = validator(
        anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=policy), evidence=[records]
    )
    for _ in range(2):  # the second time by the remembered way
        assert validate(H.chain, ROLE.CONTRACT, AT).valid
    records.statuses[getattr(H, which).serial] = status
    verdict = validate(H.chain, ROLE.CONTRACT, AT)
    assert (verdict.fault, codes(verdict)) == (fault, {code})
    records.statuses.clear()
    assert validate(H.chain, ROLE.CONTRACT, AT).valid


def test_missing_evidence_is_a_refusal_a_tolerance_or_nobodys_question() -> None:
    unknown = Records(default=None)

    def under(policy: RevocationPolicy) -> Verdict:
        root = anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=policy)
        return validator(root, evidence=[unknown])(H.chain, ROLE.CONTRACT, AT)

    hard, soft, none = map(under, (HARD, RevocationPolicy.SOFT, RevocationPolicy.NONE))
    assert hard.fault is Fault.REVOCATION_UNKNOWN
    assert soft.valid
    assert "contract:revocation_unknown" in soft.tolerances
    assert none.valid
    assert none.tolerances == ()


def test_what_was_issued_as_one_role_is_not_another_whatever_it_looks_like() -> None:
    records = Records(role=ROLE.CPO_SUB2)
    root = anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=HARD)
    verdict = validator(root, evidence=[records])(H.chain, ROLE.CONTRACT, AT)
    assert (verdict.fault, codes(verdict)) == (Fault.CHAIN, {"recorded_role_differs"})


def test_the_first_source_that_knows_speaks() -> None:
    root = anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=HARD)
    good, unknown = Records(), Records(default=None)
    revoked = Records(default=CertificateStatus.REVOKED)
    assert validator(root, evidence=[unknown, good])(H.chain, ROLE.CONTRACT, AT).valid
    verdict = validator(root, evidence=[revoked, good])(H.chain, ROLE.CONTRACT, AT)
    assert verdict.fault is Fault.REVOKED


def test_equal_names_of_roots_do_not_matter() -> None:
    twins = [certify(H.root.certificate.subject, ca=True) for _ in range(9)]
    anchors = [anchor(a.der, ROLE.MO_ROOT, policy="strict") for a in (*twins, H.root)]
    verdict = validator(*anchors)(H.chain, ROLE.CONTRACT, AT)
    assert verdict.valid
    assert verdict.anchor == anchors[-1].fingerprint


def test_reasons_name_no_person() -> None:
    late = H.leaf.certificate.not_valid_after_utc + dt.timedelta(days=1)
    for chain in (H.chain, signed_by_another_key(), H.chain[:1], leaf(key_usage=frozenset())):
        for reason in judged(chain, late).reasons:
            assert EMAID not in reason.detail


@pytest.mark.parametrize(
    ("key", "bearable"),
    [
        (rsa.RSAPublicNumbers(65537, 2**2047 + 1).public_key(), True),
        (rsa.RSAPublicNumbers(65537, 2**5119 + 1).public_key(), False),
        (rsa.RSAPublicNumbers(2**64 + 1, 2**2047 + 1).public_key(), False),
        (ec.generate_private_key(ec.SECP384R1()).public_key(), True),
        (ec.generate_private_key(ec.BrainpoolP512R1()).public_key(), False),
    ],
    ids=["RSA", "long RSA", "RSA of a long exponent", "P-384", "another curve"],
)
def test_keys_that_are_dear_to_verify_with_are_not_used(
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, bearable: bool
) -> None:
    assert _is_bearable(key) is bearable


def test_a_repeated_question_for_a_worst_case_chain_stays_cheap() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    twins = [
        certify(
            name("MO Sub"),
            Authority(H.sub1.certificate, key),
            ca=True,
            key=key,
            issuer_name=name("MO Sub"),
        )
        for _ in range(MAX_CHAIN_CERTIFICATES - 1)
    ]
    chain = [certify(name(EMAID), twins[0]).der, *(twin.der for twin in twins)]
    began = time.thread_time()
    assert not judged(chain).valid
    assert time.thread_time() - began < 0.1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.binary(max_size=80).map(lambda b: b"\x30" + b),
            st.sampled_from(H.chain),
            st.builds(
                lambda der, at, byte: der[: at % len(der)] + byte + der[at % len(der) + 1 :],
                st.sampled_from(H.chain),
                st.integers(min_value=0, max_value=2000),
                st.binary(min_size=1, max_size=1),
            ),
        ),
        max_size=8,
    ),
    st.sampled_from([None, *CertificateRole]),
)
def test_arbitrary_bytes_are_a_verdict(chain: list[bytes], role: CertificateRole | None) -> None:
    verdict = strict()(chain, role, AT)
    assert verdict.valid is (verdict.fault is None)
    assert verdict.valid is not bool(verdict.reasons)
    if verdict.valid:
        assert chain
        assert role in {None, ROLE.CONTRACT, ROLE.MO_SUB1, ROLE.MO_SUB2}
        assert set(verdict.path[1:]) <= {
            a.certificate.subject.rfc4514_string() for a in (H.root, H.sub1, H.sub2)
        }
