"""A vehicle that asks with its identifier, and a clone of it far away."""

from dataclasses import replace
from datetime import timedelta

from authorization.model.claim import Claim, VehicleClaim
from authorization.model.decision import Decision
from autocharge.model.resolution import Resolved
from autocharge.model.sighting import Place as SeenPlace
from autocharge.model.sighting import Sighting, Source
from autocharge.model.step_up import StepUp, StepUpAnswer
from autocharge.model.trace import Trace
from foundation.identifiers import Mac
from tests.authorization.fakes import (
    CONTRACT_ID,
    CPO,
    EMAID,
    MAC,
    NOW,
    World,
)

BERLIN, HANOVER = (52.52, 13.405), (52.375, 9.732)
ENROLMENT = "e" * 36
FAR = SeenPlace("CS-9", "DEABC", *HANOVER)
CLAIM = VehicleClaim(Mac.parse(MAC), Source.OCPP16_ID_TAG)
RESOLVED = Resolved(ENROLMENT, EMAID, ())


def ask(world: World, claim: VehicleClaim = CLAIM) -> tuple[Decision, Trace]:
    decision = world.authorize(CPO, Claim(claim, "CS-1"))
    return decision, world.log.traces[decision.reference or ""]


def seen_far_away(world: World) -> None:
    world.sightings.seen = (
        Sighting(NOW - timedelta(minutes=20), FAR, Source.OCPP16_ID_TAG, accepted=True),
    )


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def step_up(**changed: object) -> StepUp:
    asked = StepUp(
        "r" * 36,
        ENROLMENT,
        CONTRACT_ID,
        "DEABC",
        "DEABC",
        "CS-1",
        NOW - timedelta(minutes=5),
        NOW + timedelta(minutes=5),
    )
    return replace(asked, **changed)  # type: ignore[arg-type] # fields of the dataclass


CONFIRMED = step_up(
    answer=StepUpAnswer.CONFIRM, answered_at=NOW - timedelta(minutes=1), answered_by="mo"
)


DECLINED = replace(CONFIRMED, answer=StepUpAnswer.DECLINE)
