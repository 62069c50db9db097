"""Quarantines: who is checked, by which thresholds, and what is looked up for it."""

from functools import cached_property

from autocharge.api.quarantines import QuarantineOperations
from autocharge.operations.check_uniqueness import CheckUniqueness
from autocharge.operations.forget_quarantines import ForgetQuarantines
from autocharge.operations.list_quarantines import ListQuarantines
from autocharge.operations.quarantine_identifier import QuarantineIdentifier
from autocharge.operations.release_quarantine import ReleaseQuarantine
from autocharge.profiles.detection import load_detection_rules
from autocharge.store.quarantine_evidence import SqlAcceptedBefore, SqlReadTogether
from autocharge.store.quarantines import SqlQuarantineUnits
from participants.store.clients import SqlClientReader
from server.parties import Parties
from server.wiring_enrolments import EnrolmentServices


class QuarantineServices(EnrolmentServices):
    """Identifiers, and which of them are not believed."""

    @cached_property
    def _quarantine_work(self) -> SqlQuarantineUnits:
        return SqlQuarantineUnits(self.enrolment_work, self.vault)

    @cached_property
    def check_uniqueness(self) -> CheckUniqueness:
        """Looks at an identifier's readings after one more was recorded."""
        return CheckUniqueness(
            load_detection_rules(),
            self.enrolment_reader,
            self.quarantine_reader,
            SqlAcceptedBefore(self.database, self.vault),
            SqlReadTogether(self.sighting_reader),
            Parties(SqlClientReader(self.database)),
            self._quarantine_work,
            self.clock,
        )

    @cached_property
    def quarantine_identifier(self) -> QuarantineIdentifier:
        """Puts an identifier in quarantine because a person says so."""
        return QuarantineIdentifier(self._quarantine_work, self.clock)

    @cached_property
    def list_quarantines(self) -> ListQuarantines:
        """Lists quarantines."""
        return ListQuarantines(self.quarantine_reader, self.enrolment_reader)

    @cached_property
    def release_quarantine(self) -> ReleaseQuarantine:
        """Ends a quarantine."""
        return ReleaseQuarantine(self._quarantine_work, self.clock)

    @cached_property
    def forget_quarantines(self) -> ForgetQuarantines:
        """Deletes old quarantines that were released."""
        return ForgetQuarantines(self._quarantine_work, self.clock)

    @cached_property
    def quarantine_operations(self) -> QuarantineOperations:
        """What `/v1/autocharge/quarantines` translates for."""
        return QuarantineOperations(
            self.quarantine_identifier, self.list_quarantines, self.release_quarantine
        )
