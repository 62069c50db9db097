"""Read the audit trail of an enrolment."""

from collections.abc import Sequence
from dataclasses import dataclass

from autocharge.model.enrolment_state import HistoryEntry
from autocharge.operations.access import enrolment_unknown
from autocharge.operations.ports import HistoryReader
from foundation.principal import Principal

MAXIMUM_LINES = 200


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Lines of a history, oldest first, and the position after which there are more, if any."""

    entries: tuple[HistoryEntry, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Show what happened to an enrolment, also after it was removed."""

    history: HistoryReader

    def __call__(
        self, principal: Principal, enrolment_id: str, after: int = 0, limit: int = 50
    ) -> HistoryPage:
        """Return up to `limit` (at most 200) lines after the position `after`.

        Raises NOT_FOUND where the enrolment never was, or is another provider's.
        """
        provider_id = self.history.owner(enrolment_id)
        if provider_id is None or not (
            principal.reads_everything or principal.acts_for_provider(provider_id)
        ):
            raise enrolment_unknown()
        limit = max(1, min(limit, MAXIMUM_LINES))
        found: Sequence[tuple[int, HistoryEntry]] = self.history.page(
            enrolment_id, after, limit + 1
        )
        page = found[:limit]
        more = len(found) > limit
        return HistoryPage(tuple(entry for _, entry in page), page[-1][0] if more else None)
