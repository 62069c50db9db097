"""The seam: which claims are asked outside, and what becomes of the answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.claim import (
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    VehicleClaim,
)
from authorization.model.decision import Decision
from authorization.model.limits import Limit, Limits
from authorization.model.outcome import AuthorizeCertificateStatus, EvidenceKind, Outcome
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerReference,
    Silence,
    SilenceReason,
)
from foundation.identifiers import Emaid, Mac
from pki.model.verdict import Fault
from tests.authorization.chains import chain
from tests.authorization.fakes import ADMIN, CPO, EMAID, MAC, NOW, VALID, World, invalid, token
from tests.authorization.operations.test_ask_partners import BRIDGE
from tests.authorization.partners import (
    ACCEPTED,
    APP,
    CARD,
    FOREIGN,
    Answers,
    Partners,
    partner,
)

CHAIN = CertificateClaim(FOREIGN, chain("DEGDFC12345678"))
HUB = partner("hub", is_default=True)
NOT_HERE = Limit.NOT_ALLOWED_HERE


def foreign_world() -> World:
    world = World()
    world.validate.verdict = replace(VALID, subject_cn="DEGDFC12345678")
    return world


def decided(
    claimed: Identification,
    answer: PartnerAnswer | Silence = ACCEPTED,
    world: World | None = None,
    partners: Partners | None = None,
) -> tuple[Decision, Partners, World]:
    world = world or foreign_world()
    partners = partners or Partners((HUB,), Answers(answer))
    authorize = replace(world.authorize, roaming=partners.ask)
    return authorize(CPO, Claim(claimed, "CS-1")), partners, world


def test_a_foreign_chain_that_is_good_by_itself_is_asked_about() -> None:
    decision, partners, world = decided(CHAIN)
    assert decision.accepted
    assert decision.certificate_status is AuthorizeCertificateStatus.ACCEPTED
    assert (decision.evcoid, decision.contract_id) == (FOREIGN.canonical, None)
    assert decision.valid_until == VALID.valid_until
    codes = [reason.code for reason in decision.reasons]
    assert codes == ["certificate_chain_valid", "partner_accepted"]
    record = world.log.records[decision.reference or ""]
    assert record.partner == PartnerReference("hub", ACCEPTED.reference)
    assert partners.answers.asked == ["hub"]
    assert world.remember.remembered == []


@pytest.mark.parametrize("fault", Fault)
def test_a_chain_that_is_not_good_is_asked_about_nowhere(fault: Fault) -> None:
    """A partner sees no certificate: it would accept the EMAID of a forged one."""
    world = foreign_world()
    world.validate.verdict = invalid(fault)
    decision, partners, _ = decided(CHAIN, world=world)
    assert not decision.accepted
    assert partners.answers.asked == []


def test_a_certificate_of_another_emaid_is_asked_about_nowhere() -> None:
    world = foreign_world()
    world.validate.verdict = VALID  # its common name is an EMAID of ours
    decision, partners, _ = decided(CHAIN, world=world)
    assert decision.outcome is Outcome.INVALID
    assert partners.answers.asked == []


@pytest.mark.parametrize("whole_station", [False, True])
@pytest.mark.parametrize("claimed", [CHAIN, CARD])
def test_nobody_is_asked_about_a_driver_whom_the_site_does_not_admit(
    claimed: Identification,
    whole_station: bool,
) -> None:
    """A partner learns nothing of who stands at a closed gate, and begins no session there."""
    closed = Limits((), frozenset({"DEABCE9"})) if whole_station else Limits((NOT_HERE,))
    partners = Partners((HUB,), Answers(ACCEPTED))
    authorize = replace(
        foreign_world().authorize, roaming=partners.ask, site_access=lambda _attempt: closed
    )
    decision = authorize(CPO, Claim(claimed, "CS-1", whole_station=whole_station))
    assert not decision.accepted
    assert partners.answers.asked == []
    if whole_station:  # an asker that may be told of single EVSEs is
        told = authorize(CPO, Claim(claimed, "CS-1"))
        assert partners.answers.asked == ["hub"]
        assert told.outcome is Outcome.ACCEPTED


def test_an_emaid_alone_is_asked_about_nowhere() -> None:
    decision, partners, _ = decided(EmaidClaim(FOREIGN))
    assert decision.certificate_status is AuthorizeCertificateStatus.NO_CERTIFICATE_AVAILABLE
    assert partners.answers.asked == []


def test_own_contracts_and_own_providers_are_asked_about_nowhere() -> None:
    own = CertificateClaim(EMAID, chain("DEABCC12345678"))
    decision, partners, _ = decided(own, world=World())
    assert decision.accepted
    world = World()
    world.contracts.contracts = []
    decision, partners, _ = decided(own, world=world)
    assert decision.outcome is Outcome.UNKNOWN
    assert partners.answers.asked == []
    assert partners.stepped_out == 0


def test_a_card_that_nobody_registered_here_is_asked_about() -> None:
    answer = replace(ACCEPTED, evcoid=FOREIGN)
    decision, _, _ = decided(CARD, answer)
    assert decision.accepted
    assert (decision.evidence, decision.evcoid) == (EvidenceKind.RFID, FOREIGN.canonical)
    decision, _, _ = decided(CARD, PartnerAnswer(Outcome.BLOCKED, evcoid=FOREIGN))
    assert (decision.outcome, decision.evcoid) == (Outcome.BLOCKED, None)


@pytest.mark.parametrize("claimed", [CARD, APP])
def test_a_card_or_account_of_ours_is_asked_about_nowhere(claimed: Identification) -> None:
    world = foreign_world()
    world.tokens.tokens = {(CARD.kind, CARD.uid.key): token(), (APP.kind, APP.uid.key): token()}
    decision, partners, _ = decided(claimed, world=world)
    assert decision.accepted
    assert partners.answers.asked == []


def test_an_unknown_vehicle_is_asked_about_nowhere() -> None:
    decision, partners, _ = decided(VehicleClaim(Mac.parse(MAC)))
    assert decision.outcome is Outcome.UNKNOWN
    assert partners.answers.asked == []


def test_a_rehearsal_asks_nobody() -> None:
    world, partners = foreign_world(), Partners((HUB,))
    authorize = replace(world.authorize, roaming=partners.ask)
    decision = authorize(ADMIN, Claim(CHAIN, "CS-1", at=NOW))
    assert decision.outcome is Outcome.UNKNOWN
    assert partners.answers.asked == []


CANCELLED, STANDS = (
    AuthorizeCertificateStatus.CONTRACT_CANCELLED,
    AuthorizeCertificateStatus.ACCEPTED,
)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        # OCPP 2.0.1 C07.FR.13: blocked, expired, invalid or unknown
        (Outcome.BLOCKED, CANCELLED),
        (Outcome.EXPIRED, CANCELLED),
        (Outcome.INVALID, CANCELLED),
        (Outcome.UNKNOWN, CANCELLED),
        (Outcome.STEP_UP, CANCELLED),
        # C07.FR.14
        (Outcome.CONCURRENT, STANDS),
        (Outcome.NO_CREDIT, STANDS),
        (Outcome.NOT_ALLOWED_HERE, STANDS),
        (Outcome.NOT_ALLOWED_EVSE_TYPE, STANDS),
        (Outcome.NOT_NOW, STANDS),
    ],
)
def test_a_partner_s_refusal_is_ours(outcome: Outcome, status: AuthorizeCertificateStatus) -> None:
    decision, _, _ = decided(CHAIN, PartnerAnswer(outcome))
    assert (decision.outcome, decision.certificate_status) == (outcome, status)
    assert decision.reasons[-1].code == "partner_refused"
    assert decision.valid_until is None


@pytest.mark.parametrize("reason", SilenceReason)
def test_silence_is_unknown_and_says_why(reason: SilenceReason) -> None:
    decision, _, world = decided(CHAIN, Silence(reason))
    assert (decision.outcome, decision.certificate_status) == (Outcome.UNKNOWN, CANCELLED)
    assert decision.reasons[-1].code == "partner_silent"
    assert reason.value in decision.reasons[-1].detail
    assert world.log.records[decision.reference or ""].partner == PartnerReference("hub", None)


def test_silence_that_is_bridged_accepts_within_the_policy_s_bounds() -> None:
    partners = Partners(
        (partner("hub", silence=BRIDGE),), Answers(Silence(SilenceReason.TIMED_OUT))
    )
    decision, _, _ = decided(CHAIN, partners=partners)
    assert decision.accepted
    assert decision.valid_until == NOW + timedelta(minutes=60)
    assert decision.reasons[-1].code == "partner_silence_bridged"
    assert "20000 Wh" in decision.reasons[-1].detail


@pytest.mark.parametrize(
    "answer",
    [
        replace(ACCEPTED, evcoid=Emaid.parse("DE-GDF-C87654321")),
        replace(ACCEPTED, provider_id="FRXYZ"),
        PartnerAnswer(Outcome.BLOCKED, evcoid=Emaid.parse("DE-GDF-C87654321")),
    ],
)
def test_an_answer_about_another_contract_is_worth_nothing(answer: PartnerAnswer) -> None:
    decision, _, _ = decided(CHAIN, answer)
    assert (decision.outcome, decision.certificate_status) == (Outcome.INVALID, CANCELLED)
    assert decision.reasons[-1].code == "partner_named_another"


def test_a_partner_s_earlier_end_shortens_the_answer() -> None:
    until = NOW + timedelta(hours=1)
    decision, _, _ = decided(CHAIN, replace(ACCEPTED, valid_until=until, evcoid=FOREIGN))
    assert decision.valid_until == until


def test_nothing_personal_stands_in_the_reasons() -> None:
    for answer in (ACCEPTED, replace(ACCEPTED, evcoid=Emaid.parse("DE-GDF-C87654321"))):
        decision, _, _ = decided(CHAIN, answer)
        assert not any("GDF" in reason.detail for reason in decision.reasons)
