"""What is kept of a decision makes it again, whatever it was made from, and names nobody."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.basis import basis_of
from authorization.model.claim import EmaidClaim, UnreadableClaim
from authorization.model.decision import RULES_VERSION, decide
from authorization.model.evidence import (
    AdHocEvidence,
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    RoamingEvidence,
    TokenEvidence,
)
from authorization.model.limits import NO_LIMITS, Limit, Limits
from authorization.model.outcome import (
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    ReasonCode,
)
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerWord,
    Silence,
    SilenceReason,
    SilentAcceptance,
)
from authorization.model.replay import replay
from authorization.model.vehicle_risk import VehicleRisk
from autocharge.model.detection import QuarantineReason
from autocharge.model.features import Features
from autocharge.model.resolution import (
    Conflicting,
    Quarantined,
    Resolved,
    Suspended,
    Unknown,
)
from autocharge.model.risk import Action, Assessment, RiskReason
from autocharge.model.step_up import Asked
from contract_service.model.contract import Contract, ContractStatus
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Reason, Verdict
from tests.authorization.fakes import CONTRACT, EMAID, NOW, OTHER_EMAID, VALID, token

OWN, OTHER = EMAID.canonical, OTHER_EMAID.canonical
MOMENTS = st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))

verdicts = st.builds(
    Verdict,
    valid=st.booleans(),
    fault=st.none() | st.sampled_from(Fault),
    role=st.none() | st.sampled_from([CertificateRole.CONTRACT, CertificateRole.SECC_LEAF]),
    subject_cn=st.sampled_from([None, OWN, "DE-ABC-C12345678-9", OTHER, "WP0ABCDEFGHJKLMN1", "é"]),
    leaf_fingerprint=st.sampled_from([None, "ab" * 32]),
    anchor=st.sampled_from([None, "cd" * 32]),
    path=st.just(VALID.path),
    reasons=st.lists(
        st.builds(Reason, st.just("chain_broken"), st.just(f"CN={OWN} and CN={OTHER}: broken")),
        max_size=2,
    ).map(tuple),
    tolerances=st.sampled_from([(), ("no_key_usage",)]),
    valid_until=MOMENTS,
    own_anchor=st.booleans(),
    evidence=st.sampled_from([(), ("ef" * 32,)]),
)
risks = st.builds(
    VehicleRisk,
    st.booleans().map(lambda confirmed: Features(confirmed=confirmed)),
    st.builds(
        Assessment,
        st.sampled_from(Action),
        st.integers(0, 200),
        st.sampled_from([(), (RiskReason("far_travel", "it drove 900 km/h", 60),)]),
        st.just("7"),
    ),
    st.builds(
        Asked,
        declined_here=st.booleans(),
        declined_elsewhere=st.booleans(),
        open_here=st.sampled_from([None, "r" * 36]),
    ),
    may_ask=st.booleans(),
)
SIGNALS = ("left_padded",)
resolutions = st.sampled_from(
    [
        Unknown(()),
        Conflicting(SIGNALS),
        Resolved("e" * 36, EMAID, SIGNALS, suspected=True),
        Suspended("e" * 36, EMAID, ()),
        Quarantined("e" * 36, EMAID, (), (QuarantineReason("travel", f"of {OWN}"),)),
    ]
)
tokens = st.sampled_from(
    [
        TokenEvidence(TokenKind.RFID, None),
        *(TokenEvidence(kind, token(status, kind)) for kind in TokenKind for status in TokenStatus),
    ]
)
chains = st.builds(ChainEvidence, st.just(EMAID), verdicts)
hashes = st.builds(HashEvidence, st.just(EMAID), st.none() | verdicts)
words = st.builds(
    PartnerWord,
    st.just("hub"),
    st.builds(
        PartnerAnswer,
        st.sampled_from(Outcome),
        st.sampled_from([None, "their-reference"]),
        st.sampled_from([None, EMAID, OTHER_EMAID]),
        MOMENTS,
        st.sampled_from([None, "DEABC", "DEXYZ"]),
    )
    | st.builds(Silence, st.sampled_from(SilenceReason)),
    st.none() | st.just(SilentAcceptance(NOW + timedelta(hours=1), 20_000)),
)
evidences: st.SearchStrategy[Evidence] = st.one_of(
    chains,
    hashes,
    st.builds(AutochargeEvidence, resolutions, st.none() | risks),
    tokens,
    st.builds(RoamingEvidence, chains | hashes | tokens, words),
    st.just(EmaidClaim(EMAID)),
    st.builds(AdHocEvidence, st.booleans()),
    st.builds(
        UnreadableClaim,
        st.sampled_from(EvidenceKind),
        st.none() | st.sampled_from(AuthorizeCertificateStatus),
        st.sampled_from([ReasonCode.CERTIFICATE_UNREADABLE, ReasonCode.IDENTIFIER_UNREADABLE]),
    ),
)
contracts = st.none() | st.builds(
    replace,
    st.just(CONTRACT),
    emaid=st.sampled_from([EMAID, OTHER_EMAID]),
    status=st.sampled_from(ContractStatus),
    allow_bare_emaid=st.booleans(),
    valid_until=MOMENTS,
)


@given(evidences, contracts, st.lists(st.sampled_from(Limit), max_size=2, unique=True))
def test_a_decision_is_made_again_from_what_was_kept(
    evidence: Evidence, contract: Contract | None, limits: list[Limit]
) -> None:
    limited = Limits(tuple(limits))
    decision = decide(evidence, contract, now=NOW, reference="r" * 36, limits=limited)
    kept = json.dumps(basis_of(evidence, contract, limited, (b"leaf", b"issuer")))
    for name in (OWN, OTHER, OWN[5:], OTHER[5:], "WP0ABCDEFGHJKLMN1"):
        assert name not in kept
    again = replay(decision, RULES_VERSION, json.loads(kept))
    assert (again.same_rules, again.same_outcome, again.outcome) == (True, True, decision.outcome)
    assert again.reasons == decision.reasons


def test_other_rules_are_named_as_such() -> None:
    evidence = ChainEvidence(EMAID, VALID)
    decision = decide(evidence, CONTRACT, now=NOW, reference="r" * 36)
    basis = basis_of(evidence, CONTRACT, NO_LIMITS)
    past = replay(decision, "1", basis)
    assert (past.same_rules, past.same_outcome, past.rules_version) == (False, True, RULES_VERSION)
    once = replace(decision, outcome=Outcome.BLOCKED)  # as rules that are gone decided
    assert not replay(once, "1", basis).same_outcome
