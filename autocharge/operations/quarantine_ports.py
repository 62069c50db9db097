"""What quarantines need from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Enrolment, Identifier
from autocharge.model.quarantine import Quarantine, Release
from autocharge.model.sighting import Sighting
from foundation.events import EventLog

AcceptedBefore = Callable[[Identifier, datetime], Sequence[Sighting]]
"""The oldest readings of an identifier before a time that let its vehicle charge, some thousand.

The oldest: what somebody makes up later cannot push them out of sight.
"""

ReadTogether = Callable[[Identifier], Sequence[tuple[Identifier, Sighting]]]
"""What stood in one message with an identifier, in its newest messages."""

PartyOf = Callable[[str], str]
"""Who stands behind an operator id, as a name that two ids of one client share."""


@dataclass(frozen=True, slots=True)
class QuarantineQuery:
    """Which quarantines to list: those of these providers (None: all), in order of their id.

    `standing_only` leaves those out that were released; `after` is the last id of the page before.
    """

    provider_ids: frozenset[str] | None
    standing_only: bool
    after: str | None
    limit: int


class QuarantineReader(Protocol):
    """Committed quarantines, read outside any unit of work."""

    def standing(self, identifier: Identifier) -> Sequence[Quarantine]:
        """Return the identifier's quarantines that are not released."""

    def of(self, identifier: Identifier) -> Sequence[Quarantine]:
        """Return every quarantine of the identifier, released ones included."""

    def by_id(self, quarantine_id: str) -> tuple[Quarantine, Identifier] | None:
        """Return a quarantine and its identifier, or None."""

    def page(self, query: QuarantineQuery) -> tuple[tuple[Quarantine, Identifier], ...]:
        """Return the quarantines that are asked for.

        A provider is also shown those for everybody whose identifier it has enrolled.
        """


class QuarantineRepository(Protocol):
    """Quarantines inside a unit of work."""

    def of(self, identifier: Identifier) -> Sequence[Quarantine]:
        """Return every quarantine of the identifier, released ones included."""

    def add(self, quarantine: Quarantine, identifier: Identifier) -> bool:
        """Store a quarantine; False where one for the same provider and operator stands."""

    def lock(self, quarantine_id: str) -> tuple[Quarantine, Identifier] | None:
        """Return a quarantine and its identifier, and keep others from changing it."""

    def release(self, quarantine_id: str, release: Release) -> None:
        """Store the end of a quarantine."""

    def delete_released(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` quarantines that were released before a time; return how many."""


class LockedEnrolments(Protocol):
    """The enrolments of one identifier, inside the unit of work of its quarantines."""

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier."""

    def lock(self, enrolment_id: str) -> Enrolment | None:
        """Return the enrolment and keep others from changing it until the unit of work ends."""


class QuarantineUnitOfWork(Protocol):
    """One transaction over quarantines and events; without `commit()` everything is undone."""

    @property
    def enrolments(self) -> LockedEnrolments:
        """The enrolments as this transaction sees them."""

    @property
    def quarantines(self) -> QuarantineRepository:
        """The quarantines as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenQuarantines = Callable[[], AbstractContextManager[QuarantineUnitOfWork]]
