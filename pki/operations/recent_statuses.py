"""Statuses that were read before and have not changed since, without reading them again."""

import threading
from collections.abc import Mapping

from foundation.short_cache import ShortCache
from pki.model.authority import serial_text
from pki.model.ocsp import StatusRecord
from pki.operations.status_ports import StatusReader

CAPACITY = 16_384
"""Own judgement: statuses kept in one process, some hundred octets each."""


class RecentStatuses:
    """Remembers a status for as long as no status below the same authority has changed.

    That count of changes is read at most half a second ago, so a change is seen within a second
    in every process. A serial that was never issued is not remembered: it may be, the next moment.
    """

    def __init__(self, statuses: StatusReader) -> None:
        self._statuses = statuses
        self._revisions: ShortCache[None, Mapping[str, int]] = ShortCache(
            lambda _: statuses.revisions()
        )
        self._kept: dict[tuple[str, int], tuple[int, StatusRecord]] = {}
        self._lock = threading.Lock()

    def revision(self, issuer: str) -> int:
        """Return how often a status below `issuer` has changed, as of half a second ago at most."""
        return self._revisions.get(None).get(issuer, 0)

    def __call__(self, issuer: str, serial: int) -> StatusRecord | None:
        """Return what is known of a serial below `issuer` (a name); None if it was never issued."""
        if not 0 < serial < 1 << 160:
            return None  # longer than 20 octets or not positive: none of ours (RFC 5280 4.1.2.2)
        # the count before the status: a change in between is then seen as one, never missed
        revision = self.revision(issuer)
        kept = self._kept.get((issuer, serial))
        if kept is not None and kept[0] == revision:
            return kept[1]
        record = self._statuses.status(issuer, serial_text(serial))
        if record is not None:
            with self._lock:
                if len(self._kept) >= CAPACITY:
                    del self._kept[next(iter(self._kept))]
                self._kept[issuer, serial] = (revision, record)
        return record
