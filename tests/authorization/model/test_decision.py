"""The decision: every row of OCPP's answer table, and what no evidence may ever bring about."""

from dataclasses import replace
from datetime import timedelta

import pytest

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
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    ReasonCode,
)
from autocharge.model.detection import QuarantineReason
from autocharge.model.resolution import Conflicting, Quarantined, Resolved, Suspended, Unknown
from contract_service.model.contract import Contract, ContractStatus
from foundation.identifiers import Emaid
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault
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
SUSPENDED = replace(CONTRACT, status=ContractStatus.SUSPENDED)
TERMINATED = replace(CONTRACT, status=ContractStatus.TERMINATED)
EXPIRED = replace(CONTRACT, valid_until=NOW)
NOT_BEGUN = replace(CONTRACT, valid_from=NOW + timedelta(seconds=1))
BARE_ALLOWED = replace(CONTRACT, allow_bare_emaid=True)
CHAIN = ChainEvidence(EMAID, VALID)
HASHES = HashEvidence(EMAID, VALID)
RESOLVED = AutochargeEvidence(Resolved("e1", EMAID, ("locally_administered",)))
SHARED = QuarantineReason("impossible_travel", "read at two stations 504 km apart within 60 min")
SAID = QuarantineReason("reported", "the driver told us so")
QUARANTINED = AutochargeEvidence(Quarantined("e1", EMAID, (), (SHARED, SAID, SHARED)))


def ask(evidence: Evidence, contract: Contract | None, *limits: Limit) -> Decision:
    return decide(evidence, contract, now=NOW, reference=REFERENCE, limits=Limits(limits))


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


TABLE = [
    # (case, evidence, contract, limits) -> outcome, certificate status
    ("accepted", CHAIN, CONTRACT, (), "accepted", "Accepted"),
    ("FR.13 blocked", CHAIN, SUSPENDED, (), "blocked", "ContractCancelled"),
    ("FR.13 expired", CHAIN, EXPIRED, (), "expired", "ContractCancelled"),
    ("FR.13 terminated", CHAIN, TERMINATED, (), "invalid", "ContractCancelled"),
    ("FR.13 not begun", CHAIN, NOT_BEGUN, (), "invalid", "ContractCancelled"),
    ("FR.13 unknown", CHAIN, None, (), "unknown", "ContractCancelled"),
    ("FR.14 concurrent", CHAIN, CONTRACT, (Limit.CONCURRENT,), "concurrent", "Accepted"),
    ("FR.14 here", CHAIN, CONTRACT, (Limit.NOT_ALLOWED_HERE,), "not_allowed_here", "Accepted"),
    ("FR.14 now", CHAIN, CONTRACT, (Limit.NOT_NOW,), "not_now", "Accepted"),
    (
        "FR.14 type",
        CHAIN,
        CONTRACT,
        (Limit.NOT_ALLOWED_EVSE_TYPE,),
        "not_allowed_evse_type",
        "Accepted",
    ),
    ("FR.14 credit", CHAIN, CONTRACT, (Limit.NO_CREDIT,), "no_credit", "Accepted"),
    ("step up", CHAIN, CONTRACT, (Limit.STEP_UP,), "step_up", "Accepted"),
    (
        "FR.15 expired",
        ChainEvidence(EMAID, invalid(Fault.EXPIRED)),
        CONTRACT,
        (),
        "expired",
        "CertificateExpired",
    ),
    (
        "FR.16 revoked",
        ChainEvidence(EMAID, invalid(Fault.REVOKED)),
        CONTRACT,
        (),
        "invalid",
        "CertificateRevoked",
    ),
    (
        "on hold",
        ChainEvidence(EMAID, invalid(Fault.ON_HOLD)),
        CONTRACT,
        (),
        "invalid",
        "CertificateRevoked",
    ),
    (
        "FR.17 chain",
        ChainEvidence(EMAID, invalid(Fault.CHAIN)),
        CONTRACT,
        (),
        "invalid",
        "CertChainError",
    ),
    (
        "FR.17 unreadable",
        ChainEvidence(EMAID, invalid(Fault.MALFORMED)),
        CONTRACT,
        (),
        "invalid",
        "CertChainError",
    ),
    (
        "FR.17 no revocation answer",
        ChainEvidence(EMAID, invalid(Fault.REVOCATION_UNKNOWN)),
        CONTRACT,
        (),
        "invalid",
        "CertChainError",
    ),
    (
        "not yet valid",
        ChainEvidence(EMAID, invalid(Fault.NOT_YET_VALID)),
        CONTRACT,
        (),
        "invalid",
        "CertChainError",
    ),
    (
        "signature",
        ChainEvidence(EMAID, invalid(Fault.SIGNATURE)),
        CONTRACT,
        (),
        "invalid",
        "SignatureError",
    ),
    ("FR.17 CN", ChainEvidence(OTHER_EMAID, VALID), CONTRACT, (), "invalid", "CertChainError"),
    ("hashes", HASHES, CONTRACT, (), "accepted", "Accepted"),
    ("hashes, blocked", HASHES, SUSPENDED, (), "blocked", "ContractCancelled"),
    (
        "hashes of a revoked certificate",
        HashEvidence(EMAID, invalid(Fault.REVOKED)),
        CONTRACT,
        (),
        "invalid",
        "CertificateRevoked",
    ),
    ("hashes of nothing", HashEvidence(EMAID, None), CONTRACT, (), "invalid", "CertChainError"),
    ("bare", EmaidClaim(EMAID), CONTRACT, (), "invalid", "NoCertificateAvailable"),
    ("bare, unknown", EmaidClaim(EMAID), None, (), "invalid", "NoCertificateAvailable"),
    ("bare, allowed", EmaidClaim(EMAID), BARE_ALLOWED, (), "accepted", None),
    (
        "bare, allowed, blocked",
        EmaidClaim(EMAID),
        replace(SUSPENDED, allow_bare_emaid=True),
        (),
        "blocked",
        None,
    ),
    ("autocharge", RESOLVED, CONTRACT, (), "accepted", None),
    ("autocharge, blocked", RESOLVED, SUSPENDED, (), "blocked", None),
    ("autocharge, gone", RESOLVED, None, (), "unknown", None),
    ("autocharge, unknown", AutochargeEvidence(Unknown(())), None, (), "unknown", None),
    (
        "autocharge, suspended",
        AutochargeEvidence(Suspended("e1", EMAID, ())),
        CONTRACT,
        (),
        "blocked",
        None,
    ),
    ("autocharge, quarantine", QUARANTINED, CONTRACT, (), "step_up", None),
    ("quarantine, suspended", QUARANTINED, SUSPENDED, (), "blocked", None),
    ("quarantine, no contract", QUARANTINED, None, (), "unknown", None),
    ("quarantine, elsewhere", QUARANTINED, CONTRACT, (Limit.CONCURRENT,), "concurrent", None),
    ("autocharge, conflict", AutochargeEvidence(Conflicting(())), None, (), "invalid", None),
    ("card", TokenEvidence(TokenKind.RFID, token()), CONTRACT, (), "accepted", None),
    ("card, unknown", TokenEvidence(TokenKind.RFID, None), None, (), "unknown", None),
    (
        "card, blocked",
        TokenEvidence(TokenKind.RFID, token(TokenStatus.BLOCKED)),
        CONTRACT,
        (),
        "blocked",
        None,
    ),
    ("app", TokenEvidence(TokenKind.APP, token()), CONTRACT, (), "accepted", None),
    ("ad hoc", AdHocEvidence(offered=False), None, (), "unknown", None),
    (
        "unreadable certificate",
        UnreadableClaim(
            EvidenceKind.CONTRACT_CERTIFICATE,
            AuthorizeCertificateStatus.CERT_CHAIN_ERROR,
            ReasonCode.CERTIFICATE_UNREADABLE,
        ),
        None,
        (),
        "invalid",
        "CertChainError",
    ),
]


@pytest.mark.parametrize(
    ("evidence", "contract", "limits", "outcome", "status"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_answer_table(
    evidence: Evidence,
    contract: Contract | None,
    limits: tuple[Limit, ...],
    outcome: str,
    status: str | None,
) -> None:
    """OCPP 2.0.1 C07.FR.13 to 17, and what stands beside them."""
    decision = ask(evidence, contract, *limits)
    assert (decision.outcome, decision.certificate_status) == (outcome, status)
    assert decision.reasons
    assert decision.reference == REFERENCE


def test_every_fault_has_a_row() -> None:
    for fault in Fault:
        decision = ask(ChainEvidence(EMAID, invalid(fault)), CONTRACT)
        assert not decision.accepted
        assert decision.certificate_status not in {None, "Accepted", "ContractCancelled"}


def test_evidence_and_assurance_are_told() -> None:
    told = {
        (ask(evidence, CONTRACT).evidence, ask(evidence, CONTRACT).assurance)
        for evidence in (CHAIN, HASHES, RESOLVED, EmaidClaim(EMAID), AdHocEvidence(offered=False))
    }
    assert told == {
        (EvidenceKind.CONTRACT_CERTIFICATE, Assurance.STATION_ATTESTED),
        (EvidenceKind.AUTOCHARGE, Assurance.IDENTIFIER),
        (EvidenceKind.EMAID, Assurance.IDENTIFIER),
        (EvidenceKind.AD_HOC, Assurance.IDENTIFIER),
    }
    assert ask(TokenEvidence(TokenKind.APP, token()), CONTRACT).evidence is EvidenceKind.APP


def test_every_reason_is_given_not_the_first_alone() -> None:
    revoked = invalid(Fault.REVOKED, "certificate_revoked", "certificate_expired")
    ended = replace(SUSPENDED, valid_until=NOW)
    assert codes(ask(ChainEvidence(EMAID, revoked), ended)) == [
        "certificate_revoked",
        "certificate_expired",
        "contract_expired",
        "contract_suspended",
    ]


@pytest.mark.parametrize(
    "evidence",
    [
        EmaidClaim(EMAID),
        HashEvidence(EMAID, None),
        ChainEvidence(EMAID, invalid(Fault.CHAIN)),
        ChainEvidence(EMAID, invalid(Fault.SIGNATURE)),
        ChainEvidence(EMAID, invalid(Fault.MALFORMED)),
        ChainEvidence(EMAID, replace(VALID, subject_cn="DEABCC87654321")),
    ],
)
def test_unproven_evidence_learns_nothing_about_the_contract(evidence: Evidence) -> None:
    """An EMAID is printed on invoices: it must not serve as a question about its contract."""
    answers = {
        (decision.outcome, decision.certificate_status, decision.reasons, decision.evcoid)
        for decision in (ask(evidence, one) for one in (CONTRACT, SUSPENDED, TERMINATED, None))
    }
    assert len(answers) == 1


@pytest.mark.parametrize(
    "common_name",
    [
        "DEABCC12345678",
        "DE-ABC-C12345678",
        "deabcc12345678",
        EMAID.with_check_digit(),
        "DE-ABC-C12345678-" + EMAID.with_check_digit()[-1],
    ],
)
def test_any_spelling_of_the_common_name_is_the_emaid(common_name: str) -> None:
    assert ask(ChainEvidence(EMAID, replace(VALID, subject_cn=common_name)), CONTRACT).accepted


@pytest.mark.parametrize(
    "common_name", ["", "DEABCC1234567", "DEABCC12345679", "DEABCC12345678\x00", "PCID", None]
)
def test_another_common_name_is_refused(common_name: str | None) -> None:
    decision = ask(ChainEvidence(EMAID, replace(VALID, subject_cn=common_name)), CONTRACT)
    assert (decision.outcome, decision.certificate_status) == ("invalid", "CertChainError")
    assert codes(decision) == ["certificate_of_another_emaid"]


def test_a_wrong_check_digit_is_another_contract() -> None:
    """`EMP99CQATEST001` and `…002` are two contracts; neither is `EMP99CQATEST00`."""
    one, two = Emaid.parse("EMP99CQATEST001"), Emaid.parse("EMP99CQATEST002")
    contract = replace(CONTRACT, emaid=one, provider_id="EMP99")
    verdict = replace(VALID, subject_cn=one.canonical)
    assert ask(ChainEvidence(one, verdict), contract).accepted
    assert not ask(ChainEvidence(two, replace(VALID, subject_cn=two.canonical)), contract).accepted
    assert not ask(
        ChainEvidence(one, replace(VALID, subject_cn="EMP99CQATEST00")), contract
    ).accepted


def test_a_certificate_of_another_role_is_refused() -> None:
    decision = ask(
        ChainEvidence(EMAID, replace(VALID, role=CertificateRole.OEM_PROVISIONING)), CONTRACT
    )
    assert (decision.outcome, decision.certificate_status) == ("invalid", "CertChainError")


def test_tolerances_and_signals_are_told() -> None:
    tolerant = ChainEvidence(EMAID, replace(VALID, tolerances=("missing_aki",)))
    assert codes(ask(tolerant, CONTRACT)) == [
        "certificate_chain_valid",
        "tolerance_used",
        "contract_stands",
    ]
    assert codes(ask(RESOLVED, CONTRACT))[0] == "identifier_signal"


def test_the_answer_holds_until_the_first_end() -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    chain = ChainEvidence(EMAID, replace(VALID, valid_until=later))
    assert ask(chain, replace(CONTRACT, valid_until=soon)).valid_until == soon
    assert ask(chain, CONTRACT).valid_until == later
    assert ask(chain, SUSPENDED).valid_until is None
    assert ask(RESOLVED, CONTRACT).valid_until is None


def test_a_refused_vehicle_or_card_does_not_tell_whose_it_is() -> None:
    assert ask(RESOLVED, CONTRACT).evcoid == "DEABCC12345678"
    assert ask(RESOLVED, SUSPENDED).evcoid is None
    assert ask(TokenEvidence(TokenKind.RFID, token()), SUSPENDED).evcoid is None
    assert ask(CHAIN, SUSPENDED).evcoid == "DEABCC12345678"
    assert ask(RESOLVED, CONTRACT).enrolment_id == "e1"


def test_a_quarantine_is_explained_without_what_is_not_the_stations() -> None:
    decision = ask(QUARANTINED, CONTRACT)
    assert codes(decision) == ["identifier_quarantined", "confirmation_needed"]
    assert "(impossible_travel, reported)" in decision.reasons[0].detail
    assert "504" not in decision.reasons[0].detail
    assert "told us" not in decision.reasons[0].detail
    assert decision.evcoid is None
    assert (decision.enrolment_id, decision.provider_id) == ("e1", "DEABC")
