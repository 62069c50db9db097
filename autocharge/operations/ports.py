"""What the operations of Autocharge need from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, Identifier
from foundation.events import EventLog
from foundation.identifiers import Emaid

StandingContract = Callable[[Emaid], Emaid | None]
"""The EMAID of the active contract that an EMAID names in any spelling, or None."""


class EnrolmentReader(Protocol):
    """Committed enrolments, read outside any unit of work."""

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier, under whichever pepper it was hashed."""

    def by_id(self, enrolment_id: str) -> tuple[Enrolment, Identifier] | None:
        """Return an enrolment and its identifier, or None."""

    def page(
        self,
        provider_ids: frozenset[str] | None,
        emaid: Emaid | None,
        after: str | None,
        limit: int,
    ) -> tuple[tuple[Enrolment, Identifier], ...]:
        """Return up to `limit` enrolments of these providers (None: all) in order of their id.

        `emaid` keeps those of one contract, `after` is the last id of the page before.
        """


class EnrolmentRepository(Protocol):
    """Enrolments inside a unit of work."""

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier."""

    def add(self, enrolment: Enrolment, identifier: Identifier) -> None:
        """Store a new enrolment; CONFLICT where the identifier has one already."""

    def lock(self, enrolment_id: str) -> Enrolment | None:
        """Return the enrolment and keep others from changing it until the unit of work ends."""

    def set_status(self, enrolment_id: str, status: EnrolmentStatus) -> None:
        """Store the enrolment's new status."""

    def delete(self, enrolment_id: str) -> None:
        """Delete the enrolment, hash and ciphertext included."""


class UnitOfWork(Protocol):
    """One transaction over enrolments and events; without `commit()` everything is undone."""

    @property
    def enrolments(self) -> EnrolmentRepository:
        """The enrolments as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenUnitOfWork = Callable[[], AbstractContextManager[UnitOfWork]]
