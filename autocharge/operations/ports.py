"""What the operations of Autocharge need from outside."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, Identifier
from autocharge.model.enrolment_state import HistoryEntry
from autocharge.model.provider_choice import ProviderChoice
from autocharge.operations.claim_ports import ChallengeRepository, ClaimCounter
from autocharge.operations.proposal_ports import ProposalRepository
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

    def lock_all(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier and keep others from changing them."""

    def add(self, enrolment: Enrolment, identifier: Identifier) -> bool:
        """Store a new enrolment; False where another of the identifier has its precedence."""

    def lock(self, enrolment_id: str) -> Enrolment | None:
        """Return the enrolment and keep others from changing it until the unit of work ends."""

    def lock_vehicle(self, enrolment_id: str) -> tuple[Identifier, Sequence[Enrolment]] | None:
        """Return an enrolment's identifier with all its enrolments, locked; None: no such one."""

    def set_status(self, enrolment_id: str, status: EnrolmentStatus) -> None:
        """Store the enrolment's new status."""

    def set_precedences(self, precedences: Mapping[str, int]) -> None:
        """Store a new order of enrolments of one identifier that are locked."""

    def set_switch(self, enrolment_id: str, *, off: bool) -> None:
        """Store the provider's switch for the vehicle."""

    def delete(self, enrolment_id: str) -> None:
        """Delete the enrolment, hash and ciphertext included."""


class HistoryLog(Protocol):
    """Histories inside a unit of work."""

    def append(self, entry: HistoryEntry, provider_id: str) -> None:
        """Add a line to the history of an enrolment that this unit of work holds."""


class HistoryReader(Protocol):
    """Committed histories, those of enrolments that are gone included."""

    def owner(self, enrolment_id: str) -> str | None:
        """Return the provider id whose enrolment it is or was; None for an unknown id."""

    def page(self, enrolment_id: str, after: int, limit: int) -> Sequence[tuple[int, HistoryEntry]]:
        """Return up to `limit` lines after the position `after`, each with its position."""


class ChoiceRepository(Protocol):
    """What providers chose for all their contracts, inside a unit of work."""

    def find(self, provider_id: str) -> ProviderChoice | None:
        """Return the provider's choice as this transaction sees it."""

    def put(self, choice: ProviderChoice) -> None:
        """Store the choice in the place of the provider's last."""


class ChoiceReader(Protocol):
    """Committed choices."""

    def find(self, provider_id: str) -> ProviderChoice | None:
        """Return the provider's choice; None where it never made one."""


class UnitOfWork(Protocol):
    """One transaction over enrolments and events; without `commit()` everything is undone."""

    @property
    def enrolments(self) -> EnrolmentRepository:
        """The enrolments as this transaction sees them."""

    @property
    def history(self) -> HistoryLog:
        """Where each change of an enrolment leaves a line."""

    @property
    def challenges(self) -> ChallengeRepository:
        """Owner challenges as this transaction sees them."""

    @property
    def claims_met(self) -> ClaimCounter:
        """How often claims met a holder."""

    @property
    def proposals(self) -> ProposalRepository:
        """Proposals as this transaction sees them."""

    @property
    def choices(self) -> ChoiceRepository:
        """What providers chose for all their contracts."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenUnitOfWork = Callable[[], AbstractContextManager[UnitOfWork]]
