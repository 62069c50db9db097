"""What the decision does for a vehicle's identifier: weigh it, note it, ask the driver."""

from datetime import datetime, timedelta
from functools import cached_property

from authorization.operations.trace_vehicle import Vehicles
from authorization.operations.vehicle_ports import CertificateState
from authorization.operations.weigh_vehicle import WeighVehicle
from authorization.store.uses import SqlUses
from autocharge.model.enrolment import Identifier
from autocharge.model.risk import RiskRules
from autocharge.model.step_up import StepUpPolicy
from autocharge.operations.check_uniqueness import CheckUniqueness
from autocharge.operations.forget_step_ups import ForgetStepUps
from autocharge.operations.replay_rules import CountShadow, ReplayRules
from autocharge.operations.resolve import Resolve
from autocharge.profiles.compatibility import load_vehicle_models
from autocharge.profiles.rules import load_risk_rules, read_risk_rules
from autocharge.profiles.step_up_policy import load_step_up_policy
from autocharge.profiles.vendors import load_vendors
from autocharge.store.assessments import SqlAssessmentReader
from autocharge.store.enrolled import SqlEnrolledReader
from autocharge.store.step_ups import SqlStepUpReader, SqlStepUpRemains
from autocharge.store.traces import TraceRows
from contract_service.operations.find import FindContract
from foundation.identifiers import Emaid
from server.housekeeping import Chore
from server.wiring_autocharge import SightingServices


class VehicleServices(SightingServices):
    """Risk and step-ups of one process."""

    @cached_property
    def step_up_policy(self) -> StepUpPolicy:
        """How long drivers may take, and what their answers count for."""
        return load_step_up_policy()

    @cached_property
    def risk_rules(self) -> RiskRules:
        """The rules that decide: the shipped ones, or those of the file that a setting names."""
        path = self.settings.risk_rules
        return load_risk_rules() if path is None else read_risk_rules(path)

    @cached_property
    def risk_rules_candidate(self) -> RiskRules | None:
        """Rules that are judged beside them and decide nothing, where a setting names some."""
        path = self.settings.risk_rules_candidate
        return None if path is None else read_risk_rules(path)

    @cached_property
    def replay_rules(self) -> ReplayRules:
        """Tries rules on recorded decisions."""
        return ReplayRules(SqlAssessmentReader(self.database))

    @cached_property
    def count_shadow(self) -> CountShadow:
        """Counts what candidate rules said beside the live ones."""
        return CountShadow(SqlAssessmentReader(self.database))

    @cached_property
    def step_up_reader(self) -> SqlStepUpReader:
        """Step-ups, to read."""
        return SqlStepUpReader(self.database, self.vault)

    @cached_property
    def trace_rows(self) -> TraceRows:
        """What is written beside a decision."""
        return TraceRows(self.vault, self.outbox)

    def vehicle_chores(self) -> tuple[Chore, ...]:
        """Deletes sightings and step-ups by age."""
        step_ups = ForgetStepUps(SqlStepUpRemains(self.database), self.sighting_policy.keep_matched)
        return (
            *self.sighting_chores(),
            Chore("step_ups", timedelta(minutes=10), step_ups),
        )

    def pseudonym(self, identifier: Identifier, operator_id: str) -> str:
        """Return what stands for an identifier towards one operator, and no other."""
        return self.vault.pseudonym(f"operator:{operator_id}", identifier)

    def weigh_vehicles(
        self, resolve: Resolve, contracts: FindContract, check: CheckUniqueness
    ) -> Vehicles:
        """Return what the decision does for a vehicle's identifier."""
        return Vehicles(
            resolve,
            self.sighting_limit,
            WeighVehicle(
                self.database.fetch_together,
                self.sighting_reader,
                SqlUses(),
                SqlEnrolledReader(self.vault),
                _certificate_state(contracts),
                self.step_up_reader,
                self.risk_rules,
                load_vendors(),
                self.step_up_policy,
                shadow=self.risk_rules_candidate,
                models=load_vehicle_models(self.settings.autocharge_compatibility_file),
            ),
            check,
        )


def _certificate_state(contracts: FindContract) -> CertificateState:
    def has_certificate(emaid: Emaid, now: datetime) -> bool:
        return any(one.not_after > now for one in contracts.certificates(emaid))

    return has_certificate
