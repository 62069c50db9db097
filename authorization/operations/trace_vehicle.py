"""What a decision on a vehicle's identifier leaves behind, and what may confirm an earlier one."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.claim import Place, VehicleClaim
from authorization.model.decision import Decision
from authorization.model.outcome import EvidenceKind, Outcome
from authorization.model.vehicle_risk import VehicleRisk
from authorization.operations.ports import Resolve
from authorization.operations.vehicle_ports import CheckUniqueness
from authorization.operations.weigh_vehicle import WeighVehicle
from autocharge.model import sighting
from autocharge.model.noted import MAX_IDENTIFIERS, NotedIdentifiers
from autocharge.model.step_up import StepUp, StepUpAnswer
from autocharge.model.trace import (
    NO_TRACE,
    AnsweredStepUp,
    AskedStepUp,
    RecordedAssessment,
    Trace,
)
from autocharge.operations.answer_step_up import answered_events, requested_event
from autocharge.operations.sighting_ports import SightingLimit
from contract_service.model.contract import Contract
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class Vehicles:
    """What `Authorize` does for a vehicle's identifier beyond looking its contract up."""

    resolve: Resolve
    limit: SightingLimit
    weigh: WeighVehicle
    check_uniqueness: CheckUniqueness

    def require_room(self, place: Place, now: datetime) -> None:
        """Raise RATE_LIMITED (`too_many_unknown_identifiers`) past the limit of unknown ones.

        Nothing is stored of what is refused so: neither a sighting nor a decision.
        """
        wait = self.limit.wait_for_unknown(seen_place(place, None), now)
        if wait is not None:
            raise ServiceError(
                Kind.RATE_LIMITED,
                "too_many_unknown_identifiers",
                "this station or its operator presents unknown vehicle identifiers too fast; "
                "wait, and check what the station reads",
                {"retry_after": str(wait)},
            )

    def trace(
        self,
        principal: Principal,
        claim: VehicleClaim,
        risk: VehicleRisk | None,
        contract: Contract | None,
        decision: Decision,
        place: sighting.Place,
    ) -> Trace:
        """Return what is kept beside the decision on a vehicle's claim."""
        reference = decision.reference
        if reference is None:
            return NO_TRACE
        seen = sighting.Sighting(
            decision.decided_at, place, claim.source, decision.accepted, reference
        )
        noted = NotedIdentifiers(
            reference, claim.identifiers[:MAX_IDENTIFIERS], seen, decision.enrolment_id
        )
        if risk is None or contract is None:
            return Trace(noted)
        assessment = RecordedAssessment(
            reference, decision.decided_at, risk.features, risk.assessment, risk.shadow
        )
        asked = self._ask(risk, contract, decision, place)
        if asked is None:
            return Trace(noted, assessment)
        event = requested_event(asked, contract.emaid.canonical, principal.client_id)
        return Trace(noted, assessment, AskedStepUp(asked, claim.identifier), events=(event,))

    def notice(
        self,
        claim: VehicleClaim,
        risk: VehicleRisk | None,
        decision: Decision,
        place: sighting.Place,
    ) -> None:
        """Have a reading that was recorded compared with those before it.

        Of identifiers that resolved, as others' cannot be charged for anyway. What comes of it
        shows in the next decision.
        """
        if risk is None or decision.reference is None:
            return
        seen = sighting.Sighting(
            decision.decided_at, place, claim.source, decision.accepted, decision.reference
        )
        others = claim.identifiers[1:MAX_IDENTIFIERS]
        self.check_uniqueness(claim.identifier, (*risk.sightings, seen), risk.uses, others)

    def _ask(
        self, risk: VehicleRisk, contract: Contract, decision: Decision, place: sighting.Place
    ) -> StepUp | None:
        if (
            decision.outcome is not Outcome.STEP_UP
            or decision.reference is None
            or decision.enrolment_id is None
            or risk.asked.open_here is not None
            or not risk.may_ask
        ):
            return None
        return StepUp(
            reference=decision.reference,
            enrolment_id=decision.enrolment_id,
            contract_id=contract.contract_id,
            provider_id=contract.provider_id,
            operator_id=place.operator_id,
            station_id=place.station_id,
            asked_at=decision.decided_at,
            lapses_at=decision.decided_at + self.weigh.policy.answer_within,
        )

    def confirmations(self, principal: Principal, decision: Decision, place: Place) -> Trace:
        """Return what a driver's card or app account confirms: who holds it stands there.

        `decision` is any; only one that accepts a card or an app account confirms anything.
        """
        if (
            decision.reference is None
            or not decision.accepted
            or decision.contract_id is None
            or decision.evidence not in {EvidenceKind.RFID, EvidenceKind.APP}
        ):
            return NO_TRACE
        now = decision.decided_at
        waiting = self.weigh.step_ups.waiting(decision.contract_id, place.station_id, now)
        return Trace(
            answered=tuple(
                AnsweredStepUp(one.reference, StepUpAnswer.CONFIRM, now, decision.evidence.value)
                for one in waiting
            ),
            events=tuple(
                event
                for one in waiting
                for event in answered_events(one, StepUpAnswer.CONFIRM, principal.client_id, now)
            ),
        )


def seen_place(place: Place, evse_id: str | None) -> sighting.Place:
    """Return the place as sightings know it."""
    latitude, longitude = place.coordinates or (None, None)
    return sighting.Place(place.station_id, place.operator_id, latitude, longitude, evse_id)
