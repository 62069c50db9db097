"""Who is asked to confirm, and what an answer is worth where."""

import json
from dataclasses import replace
from datetime import timedelta

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.claim import Claim, TokenClaim
from authorization.operations.vehicle_ports import ContractUse
from autocharge.model.risk import Action
from autocharge.model.step_up import StepUp, StepUpAnswer
from contract_service.model.contract import ContractStatus
from tests.authorization.fakes import (
    CONTRACT,
    CONTRACT_ID,
    CPO,
    EMAID,
    NOW,
    STEP_UP_POLICY,
    World,
    token,
)
from tests.authorization.vehicles import (
    CLAIM,
    CONFIRMED,
    DECLINED,
    ENROLMENT,
    FAR,
    ask,
    codes,
    seen_far_away,
    step_up,
)


def test_a_clone_far_away_makes_the_driver_be_asked(world: World) -> None:
    seen_far_away(world)
    decision, trace = ask(world)
    assert decision.outcome == "step_up"
    assert (decision.evcoid, decision.enrolment_id) == (None, ENROLMENT)
    found = {reason.code: reason.detail for reason in decision.reasons}
    assert "weight 100" in found["risk_impossible_travel"]
    assert "add up to" in found["risk_score"]
    assert list(found)[-1] == "confirmation_needed"
    assert trace.noted is not None
    assert not trace.noted.sighting.accepted
    assert trace.assessment is not None
    assert trace.assessment.assessment.action is Action.STEP_UP
    assert trace.asked is not None
    assert trace.asked.identifier == CLAIM.identifier
    assert trace.asked.step_up == StepUp(
        decision.reference or "",
        ENROLMENT,
        CONTRACT_ID,
        "DEABC",
        "DEABC",
        "CS-1",
        NOW,
        NOW + STEP_UP_POLICY.answer_within,
    )
    [event] = trace.events
    assert event.type == "autocharge.step_up_requested"
    assert event.owners == ("DEABC",)
    assert event.personal == {"emaid": EMAID.canonical}
    assert EMAID.canonical not in json.dumps(dict(event.subject or {}))


def test_who_has_been_asked_is_not_asked_again(world: World) -> None:
    seen_far_away(world)
    world.step_ups.asked = [step_up()]
    decision, trace = ask(world)
    assert decision.outcome == "step_up"
    assert "not answered yet" in decision.reasons[-1].detail
    assert (trace.asked, trace.events) == (None, ())


def test_a_question_that_lapsed_is_asked_anew(world: World) -> None:
    seen_far_away(world)
    world.step_ups.asked = [step_up(lapses_at=NOW)]
    assert ask(world)[1].asked is not None


def test_nobodys_phone_rings_at_every_station(world: World) -> None:
    seen_far_away(world)
    world.step_ups.asked = [
        step_up(reference=str(number) * 36, station_id=f"CS-{number + 2}")
        for number in range(STEP_UP_POLICY.open_per_enrolment)
    ]
    decision, trace = ask(world)
    assert decision.outcome == "step_up"
    assert "too many questions" in decision.reasons[-1].detail
    assert (trace.asked, trace.events) == (None, ())


def test_a_confirmed_vehicle_is_accepted_there_for_a_while(world: World) -> None:
    seen_far_away(world)
    world.step_ups.asked = [CONFIRMED]
    decision, _ = ask(world)
    assert decision.accepted
    assert "risk_impossible_travel" in codes(decision)
    assert "risk_confirmed" in codes(decision)
    world.now = NOW + STEP_UP_POLICY.confirmed
    assert ask(world)[0].outcome == "step_up"


def test_a_confirmation_counts_for_its_station_alone(world: World) -> None:
    seen_far_away(world)
    world.step_ups.asked = [replace(CONFIRMED, station_id="CS-2")]
    assert ask(world)[0].outcome == "step_up"


def test_a_declined_identifier_is_refused_there_and_asked_about_elsewhere(world: World) -> None:
    world.step_ups.asked = [DECLINED]
    decision, trace = ask(world)
    assert (decision.outcome, codes(decision)[-1]) == ("invalid", "step_up_declined")
    assert trace.asked is None
    world.step_ups.asked = [replace(DECLINED, station_id="CS-2")]
    decision, trace = ask(world)
    assert decision.outcome == "step_up"
    assert trace.asked is not None
    world.now = NOW + STEP_UP_POLICY.declined
    assert ask(world)[0].accepted


def test_too_much_risk_is_refused_without_a_question(world: World) -> None:
    seen_far_away(world)
    world.uses.uses = (
        ContractUse(NOW - timedelta(minutes=20), None, FAR, "autocharge", ENROLMENT),
    )
    strange = replace(CLAIM, fingerprint_score=0.0)
    decision, trace = ask(world, strange)
    assert (decision.outcome, codes(decision)[-1]) == ("invalid", "risk_too_high")
    assert trace.asked is None
    world.step_ups.asked = [CONFIRMED]
    assert ask(world, strange)[0].outcome == "invalid"


def test_a_card_at_the_station_confirms_what_waits_there(world: World) -> None:
    world.tokens.tokens = {(TokenKind.RFID, "04A2B3C4"): token()}
    world.step_ups.asked = [
        step_up(),
        step_up(reference="2" * 36, station_id="CS-2"),
        step_up(reference="3" * 36, contract_id="another"),
        step_up(reference="4" * 36, lapses_at=NOW),
    ]
    card = Claim(TokenClaim(TokenKind.RFID, TokenUid.parse("04A2B3C4")), "CS-1")
    decision = world.authorize(CPO, card)
    trace = world.log.traces[decision.reference or ""]
    assert [(one.reference, one.answer, one.answered_by) for one in trace.answered] == [
        ("r" * 36, StepUpAnswer.CONFIRM, "rfid")
    ]
    assert [event.type for event in trace.events] == ["autocharge.step_up_answered"] * 2
    assert [(event.subject or {})["party"] for event in trace.events] == ["provider", "operator"]


def test_a_card_that_is_refused_confirms_nothing(world: World) -> None:
    world.tokens.tokens = {(TokenKind.RFID, "04A2B3C4"): token()}
    world.step_ups.asked = [step_up()]
    world.contracts.contracts = [replace(CONTRACT, status=ContractStatus.SUSPENDED)]
    card = Claim(TokenClaim(TokenKind.RFID, TokenUid.parse("04A2B3C4")), "CS-1")
    decision = world.authorize(CPO, card)
    assert not decision.accepted
    assert world.log.traces[decision.reference or ""].answered == ()
