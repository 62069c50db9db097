"""A decision hands its reading on, so that a shared identifier is found."""

from dataclasses import replace

from authorization.model.claim import Claim
from autocharge.model.resolution import Suspended
from autocharge.model.sighting import Place as SeenPlace
from autocharge.model.sighting import Sighting, Source
from foundation.identifiers import Vin
from tests.authorization.fakes import ADMIN, CPO, EMAID, MAC, NOW, VIN, World
from tests.authorization.vehicles import BERLIN, CLAIM, ENROLMENT, ask, seen_far_away


def test_the_reading_is_compared_with_those_before_it(world: World) -> None:
    seen_far_away(world)
    claim = replace(CLAIM, others=(Vin.parse(VIN),))
    decision = world.authorize(CPO, Claim(claim, "CS-1"))
    [(identifier, sightings, uses, others)] = world.checked
    assert identifier == CLAIM.identifier
    present = Sighting(
        NOW,
        SeenPlace("CS-1", "DEABC", *BERLIN),
        Source.OCPP16_ID_TAG,
        accepted=decision.accepted,
        reference=decision.reference,
    )
    assert sightings == (*world.sightings.seen, present)
    assert (uses, others) == ((), (Vin.parse(VIN),))


def test_what_resolves_to_nothing_is_not(world: World) -> None:
    world.resolve.answers = {}
    ask(world)
    world.resolve.answers = {MAC: Suspended(ENROLMENT, EMAID, ())}
    ask(world)
    assert world.checked == []


def test_nor_is_a_rehearsal(world: World) -> None:
    world.authorize(ADMIN, Claim(CLAIM, "CS-1", at=NOW))
    assert world.checked == []
