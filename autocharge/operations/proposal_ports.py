"""What first sessions and proposals need from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from autocharge.model.enrolment import Identifier
from autocharge.model.first_session import Reading, SessionStart
from autocharge.model.proposal import Proposal, ProposedSession
from foundation.identifiers import Emaid

UnmatchedReadings = Callable[[str, datetime, datetime, int], Sequence[Reading]]
"""Readings at a station of identifiers that nobody had enrolled, between two times, so many."""


class SessionStarts(Protocol):
    """Starts of sessions that wait to be paired with a vehicle."""

    def add(self, start: SessionStart) -> None:
        """Keep a start; a session that is known already changes nothing."""

    def due(self, before: datetime, limit: int) -> Sequence[SessionStart]:
        """Return up to `limit` starts from before that were not looked at yet, oldest first."""

    def at_station(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[SessionStart]:
        """Return up to `limit` starts at a station, looked at or not."""

    def looked_at(self, session_ids: Sequence[str], now: datetime) -> None:
        """Note that these were looked at."""

    def forget(self, before: datetime) -> None:
        """Delete what was looked at and began earlier."""


class ProposalRepository(Protocol):
    """Proposals inside a unit of work."""

    def add(self, proposal: Proposal, identifier: Identifier) -> bool:
        """Store a new proposal; False where the pair has an open one."""

    def lock(self, proposal_id: str) -> Proposal | None:
        """Return the proposal and keep others from changing it until the unit of work ends."""

    def of_identifier(self, identifier: Identifier) -> Sequence[Proposal]:
        """Return every proposal of the identifier that is kept, locked."""

    def count_open(self, emaid: Emaid) -> int:
        """Return how many proposals are open for the contract."""

    def put(self, proposal: Proposal) -> None:
        """Store what changed in a proposal that is locked."""

    def add_session(self, proposal_id: str, session: ProposedSession) -> bool:
        """Note a session for a proposal; False where it is noted already."""

    def sessions(self, proposal_id: str) -> Sequence[ProposedSession]:
        """Return the sessions that speak for a proposal."""

    def overdue(self, now: datetime, limit: int) -> Sequence[Proposal]:
        """Return open proposals past their time, locked, those that others hold passed over."""

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` proposals that ended before; return how many."""


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposal and its identifier."""

    proposal: Proposal
    identifier: Identifier


class ProposalReader(Protocol):
    """Committed proposals, read outside any unit of work."""

    def find(self, proposal_id: str) -> StoredProposal | None:
        """Return a proposal, or None."""

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> Sequence[StoredProposal]:
        """Return up to `limit` proposals of these providers (None: all) in order of their id."""


SETTLING = timedelta(seconds=30)
"""How long after the window a session is looked at: sightings are written by other processes."""
