"""List quarantines to those whom they concern, identifiers masked."""

from dataclasses import dataclass

from autocharge.model.enrolment import Identifier, masked
from autocharge.model.quarantine import Quarantine
from autocharge.operations.ports import EnrolmentReader
from autocharge.operations.quarantine_access import quarantine_unknown, shown_to
from autocharge.operations.quarantine_ports import QuarantineQuery, QuarantineReader
from foundation.principal import ClientRole, Principal

MAXIMUM_PAGE = 200


@dataclass(frozen=True, slots=True)
class ListedQuarantine:
    """A quarantine with the last four characters of its identifier."""

    quarantine: Quarantine
    masked_identifier: str


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """Some quarantines in order of their id, and what to ask for the next ones (None: no more)."""

    quarantines: tuple[ListedQuarantine, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ListQuarantines:
    """Show the quarantines of the caller's enrolments; administrators and auditors see all."""

    quarantines: QuarantineReader
    enrolments: EnrolmentReader

    def __call__(
        self,
        principal: Principal,
        *,
        standing_only: bool = True,
        after: str | None = None,
        limit: int = 50,
    ) -> QuarantinePage:
        """Return up to `limit` (at most 200) quarantines after the quarantine id `after`.

        `standing_only` leaves those out that were released. Raises FORBIDDEN for a role without
        any.
        """
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        providers = None if principal.reads_everything else principal.provider_ids
        limit = max(1, min(limit, MAXIMUM_PAGE))
        query = QuarantineQuery(providers, standing_only, after, limit + 1)
        found = self.quarantines.page(query)
        page = tuple(_listed(*entry) for entry in found[:limit])
        more = len(found) > limit
        return QuarantinePage(page, page[-1].quarantine.quarantine_id if more else None)

    def by_id(self, principal: Principal, quarantine_id: str) -> ListedQuarantine:
        """Return one quarantine; raises FORBIDDEN (`role_required`), NOT_FOUND."""
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        found = self.quarantines.by_id(quarantine_id)
        if found is None:
            raise quarantine_unknown()
        quarantine, identifier = found
        if not shown_to(principal, quarantine, self.enrolments.find(identifier)):
            raise quarantine_unknown()
        return _listed(quarantine, identifier)


def _listed(quarantine: Quarantine, identifier: Identifier) -> ListedQuarantine:
    return ListedQuarantine(quarantine, masked(identifier))
