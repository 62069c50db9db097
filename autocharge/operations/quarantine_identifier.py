"""Put an identifier in quarantine because a person says so."""

import uuid
from dataclasses import dataclass

from autocharge.model.detection import Cause, QuarantineReason
from autocharge.model.enrolment import Identifier, kind_of
from autocharge.model.quarantine import Quarantine
from autocharge.operations.access import enrolment_unknown
from autocharge.operations.quarantine_access import (
    parse_reason,
    quarantine_events,
    require_owner,
)
from autocharge.operations.quarantine_ports import OpenQuarantines
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class QuarantineIdentifier:
    """Have an identifier answered with a step-up, everywhere.

    An administrator does so for everybody, enrolled or not; a provider for its own enrolments.
    """

    open_unit_of_work: OpenQuarantines
    clock: Clock

    def __call__(
        self, principal: Principal, identifier: Identifier, reason: str
    ) -> tuple[Quarantine, ...]:
        """Return the quarantines that stand now; done again, those of the first time.

        Raises MALFORMED (`invalid_reason`), FORBIDDEN (`role_required`), NOT_FOUND
        (`enrolment_unknown`) where a provider has not enrolled the identifier.
        """
        require_owner(principal)
        detail = parse_reason(reason)
        now = self.clock()
        with self.open_unit_of_work() as work:
            enrolments = work.enrolments.find(identifier)
            holders: list[str | None] = [None]
            if not principal.is_admin:
                own = {
                    enrolment.provider_id
                    for enrolment in enrolments
                    if principal.acts_for_provider(enrolment.provider_id)
                }
                holders = [*sorted(own)]
                if not holders:
                    raise enrolment_unknown()
            for provider_id in holders:
                quarantine = Quarantine(
                    quarantine_id=str(uuid.uuid4()),
                    kind=kind_of(identifier),
                    provider_id=provider_id,
                    operator_id=None,
                    cause=Cause.REPORTED,
                    reasons=(QuarantineReason("reported", detail),),
                    suspected=frozenset(),
                    rules_version=None,
                    created_at=now,
                    created_by=principal.client_id,
                )
                if work.quarantines.add(quarantine, identifier):
                    for event in quarantine_events(
                        "autocharge.quarantined", quarantine, enrolments, principal.client_id, now
                    ):
                        work.events.append(event)
            stored = work.quarantines.of(identifier)
            work.commit()
        return tuple(
            one
            for one in stored
            if one.release is None and one.provider_id in holders and one.operator_id is None
        )
