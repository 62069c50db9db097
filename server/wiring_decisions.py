"""The decision log: who sees what of it, and how long it is kept."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property

from authorization.api.decision_log import DecisionLogOperations
from authorization.operations.explain_decision import ExplainDecision
from authorization.operations.forget_decisions import ForgetDecisions
from authorization.operations.list_decisions import ListDecisions
from authorization.operations.read_decision import ReadDecision
from authorization.store.decision_policy import load_decision_policy
from authorization.store.decision_queries import SqlDecisionReader
from authorization.store.decision_remains import SqlDecisionRemains
from authorization.store.decisions import (
    EvcoidDigest,
    PresentedDigest,
    SqlDecisionLog,
    evcoid_digest,
    presented_digest,
)
from authorization.store.vehicle_names import SealedVehicleNames
from autocharge.store.assessments import SqlAssessmentRemains
from autocharge.store.tables import assessments
from contract_service.operations.find import FindContract
from server.housekeeping import Chore
from server.wiring_vehicles import VehicleServices


class DecisionServices(VehicleServices):
    """Recorded decisions, to read and to forget."""

    @cached_property
    def evcoid_digest(self) -> EvcoidDigest:
        """EMAID of a contract that is not kept here -> what its decisions are found by."""
        return evcoid_digest(self.look_up_hash)

    @cached_property
    def presented_digest(self) -> PresentedDigest:
        """What partners were asked about, as it is looked up."""
        return presented_digest(self.look_up_hash)

    @cached_property
    def decision_reader(self) -> SqlDecisionReader:
        """Recorded decisions, to read."""
        return SqlDecisionReader(self.database, self.sealer, self.evcoid_digest)

    @cached_property
    def list_decisions(self) -> ListDecisions:
        """Lists recorded decisions."""
        return ListDecisions(
            self.decision_reader,
            FindContract(self.contract_reader),
            self.contract_reader.emaids_of,
            SealedVehicleNames(self.look_up_hash),
        )

    @cached_property
    def decision_log_operations(self) -> DecisionLogOperations:
        """What `/v1/decisions` translates for."""
        return DecisionLogOperations(self.list_decisions, self.explain_decision)

    @cached_property
    def decision_log(self) -> SqlDecisionLog:
        """The decisions on record; what is kept beside one is Autocharge's to say."""
        return SqlDecisionLog(
            self.database,
            self.sealer,
            self.trace_rows,
            self.evcoid_digest,
            self.presented_digest,
        )

    @cached_property
    def read_decision(self) -> ReadDecision:
        """Reads a decision back."""
        return ReadDecision(self.decision_log, FindContract(self.contract_reader))

    @cached_property
    def explain_decision(self) -> ExplainDecision:
        """Explains a decision."""
        return ExplainDecision(self.read_decision, self.evidence_store.kept)

    @cached_property
    def forget_decisions(self) -> ForgetDecisions:
        """Deletes old decisions."""
        return ForgetDecisions(
            SqlDecisionRemains(self.database, assessments),
            SqlAssessmentRemains(self.database).delete,
            load_decision_policy(self.settings.decision_policy),
        )

    def decision_chores(self) -> Iterator[Chore]:
        """Yield the background work of the decision log."""
        yield Chore("decisions", timedelta(hours=1), self.forget_decisions)
