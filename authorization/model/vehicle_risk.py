"""What the risk of a vehicle's identifier says against accepting it."""

from dataclasses import dataclass, field

from authorization.model.outcome import Outcome, Reason, ReasonCode
from autocharge.model.features import Features
from autocharge.model.picture import ChargingUse
from autocharge.model.risk import Action, Assessment
from autocharge.model.sighting import Sighting
from autocharge.model.step_up import NEVER_ASKED, Asked


@dataclass(frozen=True, slots=True)
class VehicleRisk:
    """What an identifier that resolved was measured as and judged by, at one place and time.

    `shadow` is what candidate rules would have said. `may_ask`: the driver may be asked once more.
    `sightings` and `uses` are what it was measured on, for whoever looks at them next.
    """

    features: Features
    assessment: Assessment
    asked: Asked = NEVER_ASKED
    shadow: Assessment | None = None
    may_ask: bool = True
    sightings: tuple[Sighting, ...] = field(default=(), repr=False)
    uses: tuple[ChargingUse, ...] = field(default=(), repr=False)


def risk_reasons(risk: VehicleRisk) -> tuple[Reason, ...]:
    """Return every signal that holds, with its weight, and what they add up to."""
    assessment = risk.assessment
    if not assessment.reasons:
        return ()
    return (
        *(
            Reason(f"risk_{reason.code}", f"{reason.detail} (weight {reason.weight})")
            for reason in assessment.reasons
        ),
        Reason(
            ReasonCode.RISK_SCORE,
            f"the signals of risk add up to {assessment.score}, by version "
            f"{assessment.rules_version} of the rules",
        ),
    )


def risk_objection(risk: VehicleRisk, *, quarantined: bool) -> tuple[Outcome, Reason] | None:
    """Return the one outcome that the risk asks for, None where it asks for nothing.

    A quarantined identifier is never accepted alone, whatever the rules say, nor one of which a
    driver said elsewhere that it is not his.
    """
    if risk.asked.declined_here:
        return Outcome.INVALID, Reason(
            ReasonCode.STEP_UP_DECLINED,
            "the driver said that it is another vehicle that charges here; "
            "it can charge with a card, an app or a contract certificate",
        )
    action = risk.assessment.action
    if action is Action.DENY:
        return Outcome.INVALID, Reason(
            ReasonCode.RISK_TOO_HIGH,
            f"the signals of risk weigh {risk.assessment.score}, too much to ask the driver; "
            "the vehicle can charge with a card, an app or a contract certificate",
        )
    if not risk.features.confirmed and (
        action is Action.STEP_UP or quarantined or risk.asked.declined_elsewhere
    ):
        return Outcome.STEP_UP, Reason(ReasonCode.CONFIRMATION_NEEDED, _what_to_do(risk))
    return None


def _what_to_do(risk: VehicleRisk) -> str:
    if risk.asked.open_here is not None:
        return "the driver has been asked to confirm and has not answered yet"
    if not risk.may_ask:
        return "too many questions about this vehicle wait for its driver; use a card or an app"
    return "the driver has to confirm in another way first"
