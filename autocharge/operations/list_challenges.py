"""Show owner challenges to their two parties, each what it may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from autocharge.model.challenge import ChallengeState
from autocharge.model.enrolment import IdentifierKind, masked
from autocharge.operations.answer_challenge import challenge_unknown, holder_of
from autocharge.operations.claim_ports import ChallengeReader, StoredChallenge
from autocharge.operations.list_enrolments import MAXIMUM_PAGE
from autocharge.operations.ports import EnrolmentReader
from foundation.principal import ClientRole, Principal


class Role(StrEnum):
    """Which side of a challenge one sees; `both` for administrators and auditors."""

    CLAIMANT = "claimant"
    HOLDER = "holder"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ShownChallenge:
    """A challenge as one party sees it.

    `emaid` and `enrolment_id` are the viewer's own: the contract that claims and what it gained,
    or the contract that holds. Neither party learns the other's contract, provider or client.
    """

    challenge_id: str
    role: Role
    kind: IdentifierKind
    masked_identifier: str
    state: ChallengeState
    opened_at: datetime
    answer_by: datetime
    closed_at: datetime | None
    emaid: str | None
    enrolment_id: str | None


@dataclass(frozen=True, slots=True)
class ChallengePage:
    """Some challenges in order of their id, and what to ask for the next ones."""

    challenges: tuple[ShownChallenge, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ListChallenges:
    """Shows the challenges of the caller's providers, as claimants and as holders."""

    challenges: ChallengeReader
    enrolments: EnrolmentReader

    def __call__(
        self, principal: Principal, after: str | None = None, limit: int = 50
    ) -> ChallengePage:
        """Return up to `limit` (at most 200) challenges after the id `after`; raises FORBIDDEN."""
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        providers = None if principal.reads_everything else principal.provider_ids
        limit = max(1, min(limit, MAXIMUM_PAGE))
        found: Sequence[StoredChallenge] = self.challenges.page(providers, after, limit + 1)
        page = tuple(self._shown(principal, one) for one in found[:limit])
        more = len(found) > limit
        return ChallengePage(page, page[-1].challenge_id if more else None)

    def by_id(self, principal: Principal, challenge_id: str) -> ShownChallenge:
        """Return one challenge; raises NOT_FOUND."""
        found = self.challenges.find(challenge_id)
        if found is None or self._role(principal, found) is None:
            raise challenge_unknown()
        return self._shown(principal, found)

    def _role(self, principal: Principal, stored: StoredChallenge) -> Role | None:
        if principal.reads_everything:
            return Role.BOTH
        if principal.acts_for_provider(stored.challenge.claimant_provider_id):
            return Role.CLAIMANT
        if principal.acts_for_provider(stored.challenge.holder_provider_id):
            return Role.HOLDER
        return None

    def _shown(self, principal: Principal, stored: StoredChallenge) -> ShownChallenge:
        of = stored.challenge
        role = self._role(principal, stored) or Role.HOLDER
        emaid: str | None = of.claimant.canonical
        enrolment_id = of.enrolment_id
        if role is Role.HOLDER:
            held = holder_of(of, self.enrolments.find(stored.identifier))
            emaid = None if held is None else held.emaid.canonical
            enrolment_id = None if held is None else held.enrolment_id
        return ShownChallenge(
            of.challenge_id,
            role,
            of.kind,
            masked(stored.identifier),
            of.state,
            of.opened_at,
            of.answer_by,
            of.closed_at,
            emaid,
            enrolment_id,
        )
