"""End a quarantine."""

from dataclasses import dataclass, replace

from autocharge.model.quarantine import MAX_DISBELIEVED, Quarantine, Release
from autocharge.operations.quarantine_access import (
    parse_reason,
    quarantine_events,
    quarantine_unknown,
    require_owner,
    shown_to,
)
from autocharge.operations.quarantine_ports import OpenQuarantines
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ReleaseQuarantine:
    """Have an identifier believed again, effective with the next resolution.

    A provider releases what was put in quarantine for its own enrolments: it pays for what follows.
    What holds for everybody an administrator releases.
    """

    open_unit_of_work: OpenQuarantines
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        quarantine_id: str,
        reason: str,
        disbelieve: frozenset[str] = frozenset(),
    ) -> Quarantine:
        """Release the quarantine and return it; one that is released already is returned as it is.

        `disbelieve` are operators among the suspected ones whose readings the caller knows to be
        wrong. Raises MALFORMED (`invalid_reason`), NOT_FOUND (`quarantine_unknown`), FORBIDDEN
        (`role_required`, `administrators_only`), INVALID (`operator_not_suspected`).
        """
        require_owner(principal)
        words = parse_reason(reason)
        now = self.clock()
        with self.open_unit_of_work() as work:
            found = work.quarantines.lock(quarantine_id)
            if found is None:
                raise quarantine_unknown()
            quarantine, identifier = found
            enrolments = work.enrolments.find(identifier)
            if not shown_to(principal, quarantine, enrolments):
                raise quarantine_unknown()
            if quarantine.provider_id is None and not principal.is_admin:
                raise ServiceError(
                    Kind.FORBIDDEN,
                    "administrators_only",
                    "this quarantine holds for everybody; ask an administrator to release it",
                )
            if quarantine.release is not None:
                return quarantine
            if len(disbelieve) > MAX_DISBELIEVED or not disbelieve <= quarantine.suspected:
                raise ServiceError(
                    Kind.INVALID,
                    "operator_not_suspected",
                    "only operators that this quarantine suspects can be disbelieved",
                    {"disbelieve": "not among `suspected`"},
                )
            release = Release(now, principal.client_id, words, disbelieve)
            work.quarantines.release(quarantine_id, release)
            for event in quarantine_events(
                "autocharge.released", quarantine, enrolments, principal.client_id, now
            ):
                work.events.append(event)
            work.commit()
        return replace(quarantine, release=release)
