"""Weigh a vehicle's identifier: gather what is known of it, measure that, judge it by the rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from authorization.model.claim import VehicleClaim
from authorization.model.vehicle_risk import VehicleRisk
from authorization.operations.find_limits import LimitedContract
from authorization.operations.vehicle_ports import CertificateState, ContractUse, UseReader
from autocharge.model.enrolment import Identifier, kind_of
from autocharge.model.measure import measure
from autocharge.model.noted import MAX_IDENTIFIERS
from autocharge.model.picture import (
    CERTIFICATE_EVIDENCE,
    MAX_SIGHTINGS,
    MAX_USES,
    ChargingUse,
    Picture,
)
from autocharge.model.resolution import Quarantined, Resolved
from autocharge.model.risk import RiskRules, judge
from autocharge.model.sighting import Place, Sighting
from autocharge.model.step_up import Asked, StepUp, StepUpPolicy, what_was_asked
from autocharge.model.vehicle_models import VehicleModel, compatibility_of, described
from autocharge.model.vendors import Vendors
from autocharge.operations.enrolled_ports import EnrolledIdentifier, EnrolledReader
from autocharge.operations.sighting_ports import NewestSightings
from autocharge.operations.step_up_ports import StepUpReader
from contract_service.model.contract import Contract
from foundation.lookup import FetchTogether

ENROLLED = 8
"""How much is looked at of what else the contract holds; one with more identifiers is a fleet's."""


@dataclass(frozen=True, slots=True)
class WeighVehicle:
    """Everything that the risk may look at comes from here: look-ups by key, asked together."""

    fetch: FetchTogether
    sightings: NewestSightings
    uses: UseReader
    enrolled: EnrolledReader
    has_certificate: CertificateState
    step_ups: StepUpReader
    rules: RiskRules
    vendors: Vendors
    policy: StepUpPolicy
    shadow: RiskRules | None = None
    models: Sequence[VehicleModel] = ()

    def __call__(
        self,
        claim: VehicleClaim,
        resolution: Resolved | Quarantined,
        limited: LimitedContract,
        here: Place,
        now: datetime,
    ) -> VehicleRisk:
        """Return the risk of accepting the identifier for the contract, here and now.

        Raises ValueError where `limited` has no contract.
        """
        contract = limited.contract
        if contract is None:
            raise ValueError("only a contract's vehicle is weighed")
        since = now - max(
            self.policy.declined,
            self.policy.confirmed,
            self.policy.suspected,
            self.policy.answer_within,
        )
        past = _Past(
            *self.fetch(
                self.sightings.newest_lookup(claim.identifier, MAX_SIGHTINGS, accepted=True),
                self.sightings.newest_lookup(claim.identifier, MAX_SIGHTINGS, accepted=False),
                self.uses.of_contract(contract.contract_id, MAX_USES),
                self.enrolled.of_contract(resolution.emaid, ENROLLED + 1),
                self.step_ups.of_identifier(claim.identifier, since),
            )
        )
        asked = what_was_asked(self.policy, past.step_ups, here.station_id, now)
        picture = self._picture(claim, resolution, contract, here, now, past, asked)
        spending = limited.spending()
        if spending is not None:  # few contracts have a cap
            picture = replace(picture, spending=spending)
        features = measure(picture, self.vendors)
        return VehicleRisk(
            features,
            judge(self.rules, features),
            asked,
            None if self.shadow is None else judge(self.shadow, features),
            asked.open_count < self.policy.open_per_enrolment,
            picture.sightings,
            picture.uses,
        )

    def _picture(
        self,
        claim: VehicleClaim,
        resolution: Resolved | Quarantined,
        contract: Contract,
        here: Place,
        now: datetime,
        past: "_Past",
        asked: Asked,
    ) -> Picture:
        enrolled = past.enrolled
        own = next((one for one in enrolled if one.enrolment_id == resolution.enrolment_id), None)
        uses = tuple(_use(use, resolution.enrolment_id, enrolled) for use in past.uses)
        certificate_uses = [use.started_at for use in uses if use.evidence == CERTIFICATE_EVIDENCE]
        same_vehicle = self._of_same_vehicle(claim.identifier, own, enrolled)
        known = described((*claim.identifiers, *same_vehicle), contract.pcid)
        return Picture(
            identifier=claim.identifier,
            now=now,
            here=here,
            others=claim.identifiers[1:MAX_IDENTIFIERS],
            enrolled_identifiers=same_vehicle,
            pcid=contract.pcid,
            sightings=(*past.accepted, *past.refused),
            uses=uses,
            # whoever never used one cannot have ceased to
            certificate_installed=bool(certificate_uses)
            and self.has_certificate(contract.emaid, now),
            last_certificate_use=max(certificate_uses, default=None),
            fingerprint_score=claim.fingerprint_score,
            compatibility=compatibility_of(self.models, known).compatibility,
            quarantined=isinstance(resolution, Quarantined),
            suspected=asked.unconfirmed
            or (isinstance(resolution, Resolved) and resolution.suspected),
            confirmed_until=asked.confirmed_until,
            enrolled_at=None if own is None else own.enrolled_at,
        )

    def _of_same_vehicle(
        self,
        identifier: Identifier,
        own: EnrolledIdentifier | None,
        enrolled: Sequence[EnrolledIdentifier],
    ) -> tuple[Identifier, ...]:
        """Return the contract's other identifiers where they are certainly this vehicle's.

        A contract with two MACs has two vehicles, and nobody says which VIN goes with which.
        """
        kinds = [one.kind for one in enrolled]
        if own is None or len(enrolled) > ENROLLED or len(set(kinds)) < len(kinds):
            return ()
        return tuple(
            self.enrolled.open(one)
            for one in enrolled
            if one is not own and one.kind is not kind_of(identifier)
        )


def _use(
    use: ContractUse, enrolment_id: str, enrolled: Sequence[EnrolledIdentifier]
) -> ChargingUse:
    same_vehicle = None
    if use.enrolment_id == enrolment_id:
        same_vehicle = True
    elif use.enrolment_id is not None:
        kinds = {one.enrolment_id: one.kind for one in enrolled}
        own, other = kinds.get(enrolment_id), kinds.get(use.enrolment_id)
        # two MACs are two vehicles; a MAC and a VIN may be one
        same_vehicle = False if own is not None and own is other else None
    return ChargingUse(use.started_at, use.ended_at, use.place, use.evidence, same_vehicle)


@dataclass(frozen=True, slots=True)
class _Past:
    """What is stored of the identifier and its contract."""

    accepted: Sequence[Sighting]
    refused: Sequence[Sighting]
    uses: Sequence[ContractUse]
    enrolled: Sequence[EnrolledIdentifier]
    step_ups: Sequence[StepUp]
