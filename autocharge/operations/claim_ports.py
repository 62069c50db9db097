"""What claims on enrolled vehicles need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.challenge import Challenge
from autocharge.model.enrolment import Identifier


class ChallengeRepository(Protocol):
    """Challenges inside a unit of work."""

    def add(self, challenge: Challenge, identifier: Identifier) -> bool:
        """Store a new challenge; False where another is open for the identifier."""

    def lock(self, challenge_id: str) -> Challenge | None:
        """Return the challenge and keep others from changing it until the unit of work ends."""

    def open_for(self, identifier: Identifier) -> Challenge | None:
        """Return the identifier's open challenge, locked."""

    def last_in_vain(self, identifier: Identifier, claimant_provider_id: str) -> Challenge | None:
        """Return the claimant's latest challenge for the identifier that gained it nothing."""

    def count_open(self, claimant_provider_id: str) -> int:
        """Return how many challenges of the claimant are open."""

    def put(self, challenge: Challenge) -> None:
        """Store what changed in a challenge that is locked."""

    def overdue(self, now: datetime, limit: int) -> Sequence[tuple[Challenge, Identifier]]:
        """Return open challenges past their time, locked, those that others hold passed over."""

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` challenges that ended before; return how many."""


class ClaimCounter(Protocol):
    """How often claims of a provider met a holder, counted over all processes."""

    def since(self, provider_id: str, moment: datetime) -> int:
        """Return how often since `moment`."""

    def add(self, provider_id: str, now: datetime) -> None:
        """Note one more."""

    def forget(self, before: datetime) -> None:
        """Delete what is older."""


@dataclass(frozen=True, slots=True)
class StoredChallenge:
    """A challenge and the identifier that is claimed."""

    challenge: Challenge
    identifier: Identifier


class ChallengeReader(Protocol):
    """Committed challenges, read outside any unit of work."""

    def find(self, challenge_id: str) -> StoredChallenge | None:
        """Return a challenge, or None."""

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> Sequence[StoredChallenge]:
        """Return up to `limit` challenges in order of their id, after the id `after`.

        Of claimants and holders with these provider ids (None: all).
        """
