"""What no evidence may ever bring about, over arbitrary evidence, contracts and limits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.claim import EmaidClaim, UnreadableClaim
from authorization.model.decision import Decision, decide
from authorization.model.evidence import (
    AdHocEvidence,
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    TokenEvidence,
)
from authorization.model.limits import Limit, Limits
from authorization.model.outcome import (
    AuthorizeCertificateStatus,
    EvidenceKind,
    ReasonCode,
)
from autocharge.model.detection import QuarantineReason
from autocharge.model.resolution import Conflicting, Quarantined, Resolved, Suspended, Unknown
from contract_service.model.contract import Contract, ContractStatus
from foundation.identifiers import Emaid
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Reason, Verdict
from tests.authorization.fakes import (
    CONTRACT,
    EMAID,
    NOW,
    OTHER_EMAID,
    VALID,
    invalid,
    token,
)

REFERENCE = "0b9f4c53-0000-4000-8000-000000000000"


def ask(evidence: Evidence, contract: Contract | None, *limits: Limit) -> Decision:
    return decide(evidence, contract, now=NOW, reference=REFERENCE, limits=Limits(limits))


contracts = st.builds(
    lambda status, bare, began, ended: replace(
        CONTRACT,
        status=status,
        allow_bare_emaid=bare,
        valid_from=NOW + timedelta(seconds=began),
        valid_until=None if ended is None else NOW + timedelta(seconds=ended),
    ),
    st.sampled_from(ContractStatus),
    st.booleans(),
    st.integers(-2, 2),
    st.none() | st.integers(-2, 2),
)
names = st.none() | st.sampled_from(["DEABCC12345678", "DEABCC87654321", "nonsense", ""])
verdicts = st.builds(
    lambda fault, role, name, reasons: replace(
        VALID,
        valid=fault is None,
        fault=fault,
        role=role,
        subject_cn=name,
        reasons=() if fault is None else tuple(Reason(code, code) for code in reasons),
    ),
    st.none() | st.sampled_from(Fault),
    st.sampled_from([CertificateRole.CONTRACT, CertificateRole.CONTRACT, CertificateRole.MO_SUB2]),
    names,
    st.lists(st.sampled_from(["pki_one", "pki_two"]), max_size=2),
)
emaids = st.sampled_from([EMAID, EMAID, OTHER_EMAID])
TRAVELLED = (QuarantineReason("impossible_travel", "read at two stations 504 km apart"),)
signals = st.lists(st.sampled_from(["multicast", "left_padded"])).map(tuple)
evidences: st.SearchStrategy[Evidence] = st.one_of(
    st.builds(ChainEvidence, emaids, verdicts),
    st.builds(HashEvidence, emaids, st.none() | verdicts),
    st.builds(EmaidClaim, emaids),
    st.builds(
        AutochargeEvidence,
        st.one_of(
            st.builds(Resolved, st.just("e1"), emaids, signals),
            st.builds(Suspended, st.just("e1"), emaids, signals),
            st.builds(Unknown, signals),
            st.builds(Conflicting, signals),
            st.builds(Quarantined, st.just("e1"), emaids, signals, st.just(TRAVELLED)),
        ),
    ),
    st.builds(
        TokenEvidence,
        st.sampled_from(TokenKind),
        st.none() | st.sampled_from(TokenStatus).map(token),
    ),
    st.builds(AdHocEvidence, st.booleans()),
    st.builds(
        UnreadableClaim,
        st.sampled_from(EvidenceKind),
        st.none() | st.just(AuthorizeCertificateStatus.CERT_CHAIN_ERROR),
        st.just(ReasonCode.IDENTIFIER_UNREADABLE),
    ),
)
limit_lists = st.lists(st.sampled_from(Limit), max_size=2).map(tuple)
FAULTY_CONTRACTS: tuple[Callable[[Contract], Contract | None], ...] = (
    lambda contract: None,
    lambda contract: replace(contract, status=ContractStatus.SUSPENDED),
    lambda contract: replace(contract, status=ContractStatus.TERMINATED),
    lambda contract: replace(contract, valid_until=NOW),
    lambda contract: replace(contract, valid_from=NOW + timedelta(days=1)),
    lambda contract: replace(contract, allow_bare_emaid=False),
)


def _verdict(evidence: Evidence) -> Verdict | None:
    return evidence.verdict if isinstance(evidence, ChainEvidence | HashEvidence) else None


@settings(max_examples=300)
@given(evidences, st.none() | contracts, limit_lists)
def test_an_acceptance_rests_on_a_standing_contract_and_sound_evidence(
    evidence: Evidence, contract: Contract | None, limits: tuple[Limit, ...]
) -> None:
    decision = ask(evidence, contract, *limits)
    assert decision.reasons
    assert {reason.code for reason in decision.reasons} <= {*ReasonCode, "pki_one", "pki_two"}
    assert (decision.certificate_status == "Accepted") <= isinstance(
        evidence, ChainEvidence | HashEvidence
    )
    if not decision.accepted:
        assert decision.valid_until is None
        return
    if isinstance(evidence, AdHocEvidence):
        assert evidence.offered
        assert not limits
        assert (decision.evcoid, decision.contract_id) == (None, None)
        return
    assert contract is not None
    assert contract.status is ContractStatus.ACTIVE
    assert contract.valid_from <= NOW
    assert contract.valid_until is None or contract.valid_until > NOW
    assert not limits
    assert decision.evcoid == contract.emaid.canonical
    if isinstance(evidence, ChainEvidence | HashEvidence):
        assert evidence.verdict is not None
        assert evidence.verdict.valid
        assert evidence.verdict.role is CertificateRole.CONTRACT
        assert Emaid.parse(evidence.verdict.subject_cn or "") == contract.emaid
        assert decision.certificate_status == "Accepted"
    elif isinstance(evidence, EmaidClaim):
        assert contract.allow_bare_emaid
    elif isinstance(evidence, AutochargeEvidence):
        assert isinstance(evidence.resolution, Resolved)  # without a risk nobody confirmed it
    else:
        assert isinstance(evidence, TokenEvidence)
        assert evidence.token is not None
        assert evidence.token.status is TokenStatus.ACTIVE


@settings(max_examples=200)
@given(evidences, contracts, limit_lists, st.sampled_from(FAULTY_CONTRACTS), st.sampled_from(Limit))
def test_one_fault_more_never_turns_a_refusal_into_an_acceptance(
    evidence: Evidence,
    contract: Contract,
    limits: tuple[Limit, ...],
    spoil: Callable[[Contract], Contract | None],
    limit: Limit,
) -> None:
    before = ask(evidence, contract, *limits)
    worse: list[Decision] = [
        ask(evidence, spoil(contract), *limits),
        ask(evidence, contract, *limits, limit),
    ]
    if isinstance(evidence, AutochargeEvidence) and isinstance(
        found := evidence.resolution, Resolved
    ):
        withheld = Quarantined(found.enrolment_id, found.emaid, found.signals, TRAVELLED)
        worse.append(ask(AutochargeEvidence(withheld), contract, *limits))
    verdict = _verdict(evidence)
    if verdict is not None and isinstance(evidence, ChainEvidence | HashEvidence):
        worse += [
            ask(replace(evidence, verdict=changed), contract, *limits)
            for changed in (
                replace(verdict, valid=False, fault=Fault.REVOKED),
                replace(verdict, subject_cn="DEABCC87654321"),
                replace(verdict, role=CertificateRole.OEM_PROVISIONING),
            )
        ]
    for after in worse:
        assert not (after.accepted and not before.accepted)


@given(st.sampled_from(Fault), st.booleans())
def test_no_reason_holds_the_common_name(fault: Fault, hashed: bool) -> None:
    evidence = (
        HashEvidence(EMAID, invalid(fault)) if hashed else ChainEvidence(EMAID, invalid(fault))
    )
    decision = ask(evidence, CONTRACT)
    assert all("DEABCC12345678" not in reason.detail for reason in decision.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "DEABCC12345678",
        "de-abc-c12345678",
        "DE*ABC*012345",
        "NLTNMC00122045K",
        "huboemprovcqa0615",
        "WDB1110611A012345",
    ],
)
def test_no_reason_holds_an_identifier_of_whatever_certificate(text: str) -> None:
    """A chain may hold other leaves than the one that was checked."""
    detail = f"CN={text},O=Some Org is no CA; nameConstraints of CN=MO Sub2 ended 2026-12-01"
    verdict = replace(invalid(Fault.CHAIN), reasons=(Reason("not_a_ca", detail),))
    [reason] = ask(ChainEvidence(EMAID, verdict), CONTRACT).reasons
    assert reason.detail == detail.replace(text, "(an identifier)")
