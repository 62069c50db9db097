"""What the console's overview says needs somebody."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autocharge.model.proposal import ProposalState
from autocharge.operations.decide_proposal import ListProposals
from autocharge.operations.list_challenges import ListChallenges
from autocharge.operations.list_quarantines import ListQuarantines
from console.pages.overview import Concern
from console.pages.words import lasting
from foundation.clock import Clock
from foundation.principal import Principal
from pki.model.authority import Authority, AuthorityState
from pki.operations.list_authorities import ListAuthorities
from pki.operations.status_ports import StoredCrl

SOON = timedelta(days=90)
"""Own judgement: a new generation of an authority has to reach stations long before the end."""

MOST = 200


@dataclass(frozen=True, slots=True)
class AuthorityConcerns:
    """Authorities that end, lists and OCSP signers that ran out."""

    list: ListAuthorities
    newest_crl: Callable[[str], StoredCrl | None]
    newest_signer: Callable[[str, datetime], datetime | None]
    clock: Clock

    def __call__(self, principal: Principal) -> Sequence[Concern]:
        """Return the figures."""
        now = self.clock()
        authorities = [
            one for one in self.list(principal) if one.state is not AuthorityState.PENDING
        ]
        return [
            self._endings(authorities, now),
            self._stale("CRLs", [*self._stale_lists(authorities, now)], len(authorities)),
            self._stale(
                "OCSP signers", [*self._without_signer(authorities, now)], len(authorities)
            ),
        ]

    def _endings(self, authorities: Sequence[Authority], now: datetime) -> Concern:
        ends = [one.not_after for one in authorities if one.not_after is not None]
        soon = [end for end in ends if end - now < SOON]
        said = "No authority ends in the next 90 days."
        if soon:
            said = f"The first ends in {lasting(min(soon) - now)}: `evtrust ca rollover` renews it."
        if not authorities:
            said = "There is no authority yet: `evtrust ca create` makes them."
        tone = "danger" if any(end <= now for end in soon) else "warning" if soon else "success"
        return Concern("Authorities that end", str(len(soon)), said, tone, "/authorities")

    def _stale_lists(self, authorities: Sequence[Authority], now: datetime) -> Iterator[str]:
        for one in authorities:
            crl = self.newest_crl(one.name)
            if one.key_id is not None and (crl is None or crl.next_update <= now):
                yield one.name

    def _without_signer(self, authorities: Sequence[Authority], now: datetime) -> Iterator[str]:
        for one in authorities:
            if one.key_id is not None and self.newest_signer(one.name, now) is None:
                yield one.name

    def _stale(self, what: str, names: Sequence[str], of: int) -> Concern:
        said = f"All {of} authorities have one that stands."
        if names:
            said = f"None that stands: {', '.join(names[:3])}{' and more' if names[3:] else ''}."
        figure, tone = str(len(names)), "danger" if names else "success"
        return Concern(f"{what} that ran out", figure, said, tone, "/authorities")


@dataclass(frozen=True, slots=True)
class AutochargeConcerns:
    """What waits at the Autocharge desk."""

    proposals: ListProposals
    challenges: ListChallenges
    quarantines: ListQuarantines

    def __call__(self, principal: Principal) -> Sequence[Concern]:
        """Return the figures; each counts to 200."""
        proposals = self.proposals(principal, None, MOST)
        open_proposals = sum(
            one.proposal.state is ProposalState.OPEN for one in proposals.proposals
        )
        challenges = self.challenges(principal, None, MOST).challenges
        open_challenges = sum(one.state.value == "open" for one in challenges)
        quarantined = len(self.quarantines(principal, limit=MOST).quarantines)
        return [
            _waiting(
                "Vehicles proposed", open_proposals, "Seen with a contract; not yet enrolled."
            ),
            _waiting("Owner challenges", open_challenges, "Two providers claim one vehicle."),
            _waiting("Quarantines", quarantined, "Identifiers that several vehicles share."),
        ]


def _waiting(name: str, number: int, said: str) -> Concern:
    figure = f"{number}+" if number >= MOST else str(number)
    return Concern(name, figure, said, "warning" if number else "success", "/autocharge")
