"""Authorise a vehicle's identifier: its risk, and what is noted of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.budget import Budget, Cap, CapKind, Period, Used
from authorization.model.claim import Claim, VehicleClaim
from authorization.model.evidence import AutochargeEvidence
from authorization.model.standing import Standing
from authorization.operations.vehicle_ports import ContractUse
from autocharge.model.detection import QuarantineReason
from autocharge.model.enrolment import IdentifierKind
from autocharge.model.resolution import Conflicting, Quarantined, Suspended
from autocharge.model.risk import Action, RiskRules
from autocharge.model.sighting import Place as SeenPlace
from autocharge.model.sighting import Sighting, Source
from autocharge.operations.enrolled_ports import EnrolledIdentifier
from contract_service.model.contract import ContractStatus
from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvccId20, EvseId, Mac, Vin
from tests.authorization.fakes import (
    ADMIN,
    CONTRACT,
    CPO,
    EMAID,
    MAC,
    NOW,
    VIN,
    World,
)
from tests.authorization.vehicles import (
    BERLIN,
    CLAIM,
    CONFIRMED,
    ENROLMENT,
    FAR,
    RESOLVED,
    ask,
    codes,
    seen_far_away,
    step_up,
)


def test_a_vehicle_that_is_nothing_but_known_is_accepted(world: World) -> None:
    decision, trace = ask(world)
    assert decision.accepted
    assert codes(decision) == ["identifier_enrolled", "contract_stands"]
    assert trace.noted is not None
    assert trace.noted.identifiers == (CLAIM.identifier,)
    assert trace.noted.enrolment_id == ENROLMENT
    assert trace.noted.sighting == Sighting(
        NOW,
        SeenPlace("CS-1", "DEABC", *BERLIN),
        Source.OCPP16_ID_TAG,
        accepted=True,
        reference=decision.reference,
    )
    assert trace.assessment is not None
    assert trace.assessment.reference == decision.reference
    assert trace.assessment.assessment.action is Action.ACCEPT
    assert (trace.asked, trace.events) == (None, ())


def test_what_the_contract_spent_is_weighed(world: World) -> None:
    caps = (Cap(CapKind.ENERGY_WH, Period.DAY, 50_000),)
    used = Used(today=True, currency=None, sessions=1, energy_wh=60_000, cost_minor=0)
    world.standing = Standing(Budget(5, caps), (used,))
    decision, trace = ask(world)
    assert "credit_exhausted" in codes(decision)
    assert trace.assessment is not None
    assert trace.assessment.features.spending_share == 1.2
    assert "spending_cap" in [one.code for one in trace.assessment.assessment.reasons]


def test_the_evse_that_was_named_is_noted(world: World) -> None:
    decision = world.authorize(CPO, Claim(CLAIM, evse_id=EvseId.parse("DE*ABC*E1")))
    noted = world.log.traces[decision.reference or ""].noted
    assert noted is not None
    assert noted.sighting.place.evse_id == "DEABCE1"


SHARED = (QuarantineReason("impossible_travel", "read at two stations 504 km apart"),)


def test_a_quarantined_identifier_is_never_accepted_alone(world: World) -> None:
    world.resolve.answers = {MAC: Quarantined(ENROLMENT, EMAID, (), SHARED)}
    decision, trace = ask(world)
    assert decision.outcome == "step_up"
    assert "identifier_quarantined" in codes(decision)
    assert trace.asked is not None
    world.step_ups.asked = [CONFIRMED]
    assert ask(world)[0].accepted


def test_rules_that_overlook_a_quarantine_do_not_lift_it(world: World) -> None:
    world.resolve.answers = {MAC: Quarantined(ENROLMENT, EMAID, (), SHARED)}
    lenient = replace(
        world.vehicles, weigh=replace(world.vehicles.weigh, rules=RiskRules("lenient", 50, 150, ()))
    )
    decision = replace(world.authorize, vehicles=lenient)(CPO, Claim(CLAIM, "CS-1"))
    assert decision.outcome == "step_up"


def test_a_contract_that_rests_is_told_before_any_risk(world: World) -> None:
    seen_far_away(world)
    world.contracts.contracts = [replace(CONTRACT, status=ContractStatus.SUSPENDED)]
    decision, trace = ask(world)
    assert decision.outcome == "blocked"
    assert (trace.asked, trace.assessment) == (None, None)
    assert trace.noted is not None


@pytest.mark.parametrize("resolution", [Suspended(ENROLMENT, EMAID, ()), Conflicting(())])
def test_what_resolves_to_no_contract_is_noted_without_risk(
    world: World, resolution: Suspended | Conflicting
) -> None:
    world.resolve.answers = {MAC: resolution}
    decision, trace = ask(world)
    assert not decision.accepted
    assert trace.noted is not None
    assert trace.assessment is None


def test_a_rehearsal_weighs_and_leaves_nothing(world: World) -> None:
    seen_far_away(world)
    world.unknown.wait = 60
    decision = world.authorize(ADMIN, Claim(CLAIM, "CS-1", at=NOW))
    assert decision.outcome == "step_up"
    assert not world.log.traces
    world.resolve.answers = {}
    assert world.authorize(ADMIN, Claim(CLAIM, "CS-1", at=NOW)).outcome == "unknown"


def test_unknown_identifiers_are_noted_up_to_the_limit(world: World) -> None:
    world.resolve.answers = {}
    decision, trace = ask(world)
    assert decision.outcome == "unknown"
    assert trace.noted is not None
    assert trace.noted.enrolment_id is None
    world.log.records.clear()
    world.unknown.wait = 60
    with pytest.raises(ServiceError) as caught:
        ask(world)
    assert caught.value.kind is Kind.RATE_LIMITED
    assert caught.value.code == "too_many_unknown_identifiers"
    assert caught.value.fields == {"retry_after": "60"}
    assert not world.log.records
    world.resolve.answers = {MAC: RESOLVED}
    assert ask(world)[0].accepted  # the limit is one of strangers


def test_what_stands_beside_an_unknown_identifier_authorises_nothing(world: World) -> None:
    vin = Vin.parse(VIN)
    world.resolve.answers = {VIN: RESOLVED}
    decision, trace = ask(world, replace(CLAIM, others=(vin, CLAIM.identifier)))
    assert decision.outcome == "unknown"
    assert trace.noted is not None
    assert trace.noted.identifiers == (CLAIM.identifier, vin)


def test_no_more_identifiers_are_looked_at_than_a_vehicle_has(world: World) -> None:
    others = tuple(Mac.parse(f"98ED5CB9BE4{number}") for number in range(8))
    world.resolve.answers = {others[-1].key: RESOLVED}
    decision, trace = ask(world, replace(CLAIM, others=others))
    assert decision.outcome == "unknown"
    assert trace.noted is not None
    assert len(trace.noted.identifiers) == 4


def enrolled(*kinds: IdentifierKind) -> tuple[EnrolledIdentifier, ...]:
    return tuple(
        EnrolledIdentifier(ENROLMENT if index == 0 else str(index) * 36, kind, NOW, b"")
        for index, kind in enumerate(kinds)
    )


def contradictions(world: World, claim: VehicleClaim = CLAIM) -> int:
    evidence = world.authorize._look_up(Claim(claim, "CS-1"), world.stations.places["CS-1"], NOW)
    assert isinstance(evidence.evidence, AutochargeEvidence)
    assert evidence.evidence.risk is not None
    return evidence.evidence.risk.features.contradictions


def test_a_vin_that_is_not_the_enrolled_one_is_a_contradiction(world: World) -> None:
    world.enrolled.enrolled = enrolled(IdentifierKind.MAC, IdentifierKind.VIN)
    world.enrolled.identifiers = {"1" * 36: Vin.parse(VIN)}
    assert contradictions(world, replace(CLAIM, others=(Vin.parse(VIN),))) == 0
    other = Vin.parse("WBA8E9C50GK646900")
    assert contradictions(world, replace(CLAIM, others=(other,))) > 0
    assert ask(world, replace(CLAIM, others=(other,)))[0].outcome == "step_up"


def test_of_a_contract_with_two_vehicles_nobody_knows_whose_the_vin_is(world: World) -> None:
    world.enrolled.enrolled = enrolled(IdentifierKind.MAC, IdentifierKind.VIN, IdentifierKind.MAC)
    world.enrolled.identifiers = {"1" * 36: Vin.parse(VIN)}
    other = Vin.parse("WBA8E9C50GK646900")
    assert contradictions(world, replace(CLAIM, others=(other,))) == 0


def test_a_fingerprint_of_a_stranger_makes_the_driver_be_asked(world: World) -> None:
    assert ask(world, replace(CLAIM, fingerprint_score=1.0))[0].accepted
    assert ask(world, replace(CLAIM, fingerprint_score=0.0))[0].outcome == "step_up"


def test_who_is_suspected_is_asked_where_he_never_charged(world: World) -> None:
    world.sightings.seen = (
        Sighting(NOW - timedelta(days=2), FAR, Source.OCPP16_ID_TAG, accepted=True),
    )
    assert ask(world)[0].accepted
    elsewhere = step_up(station_id="CS-7", lapses_at=NOW - timedelta(days=1))
    for suspicion in ("quarantined at another operator", "asked and not confirmed"):
        if suspicion == "asked and not confirmed":
            world.resolve.answers = {MAC: RESOLVED}
            world.step_ups.asked = [elsewhere]
        else:
            world.resolve.answers = {MAC: replace(RESOLVED, suspected=True)}
        decision, _ = ask(world)
        assert decision.outcome == "step_up", suspicion
        assert "risk_suspected_and_unfamiliar" in codes(decision)
    home = replace(FAR, station_id="CS-1", latitude=BERLIN[0], longitude=BERLIN[1])
    world.sightings.seen = (
        Sighting(NOW - timedelta(days=2), home, Source.OCPP16_ID_TAG, accepted=True),
    )
    assert ask(world)[0].accepted


def test_a_certificate_that_was_used_here_and_no_longer_is(world: World) -> None:
    here = SeenPlace("CS-1", "DEABC", *BERLIN)
    use = ContractUse(
        NOW - timedelta(days=3), NOW - timedelta(days=2), here, "contract_certificate", None
    )
    world.uses.uses = (use,)
    assert ask(world)[0].accepted
    world.has_certificate = True
    decision, _ = ask(world)
    assert decision.outcome == "step_up"
    assert "risk_downgrade_here" in codes(decision)


def test_another_vehicle_of_the_contract_may_charge_at_the_same_time(world: World) -> None:
    world.enrolled.enrolled = enrolled(IdentifierKind.MAC, IdentifierKind.MAC)
    world.uses.uses = (ContractUse(NOW, None, FAR, "autocharge", "1" * 36),)
    assert ask(world)[0].accepted
    world.uses.uses = (ContractUse(NOW, None, FAR, "autocharge", ENROLMENT),)
    decision, _ = ask(world)
    assert not decision.accepted
    assert "risk_charging_elsewhere" in codes(decision)


def test_candidate_rules_are_asked_beside_the_live_ones(world: World) -> None:
    seen_far_away(world)
    world.shadow = RiskRules("candidate", 50, 150, ())
    decision, trace = ask(world)
    assert decision.outcome == "step_up"
    assert trace.assessment is not None
    assert trace.assessment.shadow is not None
    assert trace.assessment.shadow.action is Action.ACCEPT
    assert trace.assessment.shadow.rules_version == "candidate"


def test_an_evccid_of_iso_15118_20_is_a_vehicle_too(world: World) -> None:
    evccid = EvccId20.parse("WDBVABCDEFGHIJKLMNO7")
    world.resolve.answers = {evccid.key: RESOLVED}
    assert ask(world, VehicleClaim(evccid, Source.OCPP21_ID_TOKEN))[0].accepted
