"""Confirm or reject a proposal, list them, and let them lapse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autocharge.model.enrolment import masked
from autocharge.model.proposal import FirstSessionPolicy, Proposal, ProposalEvent
from autocharge.operations.list_enrolments import MAXIMUM_PAGE
from autocharge.operations.ports import OpenUnitOfWork, StandingContract
from autocharge.operations.proposal_ports import ProposalReader, StoredProposal
from autocharge.operations.propose import confirm, end
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal

BATCH = 100


@dataclass(frozen=True, slots=True)
class DecideProposal:
    """A provider says whether the vehicle is its driver's."""

    open_unit_of_work: OpenUnitOfWork
    proposals: ProposalReader
    standing_contract: StandingContract
    clock: Clock

    def __call__(self, principal: Principal, proposal_id: str, *, accept: bool) -> Proposal:
        """Return the proposal as it is then.

        Confirmed, it has an enrolment; void, the vehicle was enrolled meanwhile or the contract
        is not active. Raises NOT_FOUND, CONFLICT for one that is over or too late.
        """
        seen = self.proposals.find(proposal_id)
        if seen is None or not principal.acts_for_provider(seen.proposal.provider_id):
            raise proposal_unknown()
        now, stands = self.clock(), self.standing_contract(seen.proposal.emaid) is not None
        with self.open_unit_of_work() as work:
            # the vehicle first, as everybody does
            work.enrolments.lock_all(seen.identifier)
            proposal = work.proposals.lock(proposal_id)
            if proposal is None:
                raise proposal_unknown()
            if accept and stands:
                after = confirm(work, proposal, seen.identifier, principal.client_id, now)
            else:
                event = ProposalEvent.VOID if accept else ProposalEvent.REJECT
                after = end(work, proposal, event, principal.client_id, now)
            if isinstance(after, Refused):
                raise ServiceError(Kind.CONFLICT, after.code, after.detail)
            work.commit()
        return after


@dataclass(frozen=True, slots=True)
class ListedProposal:
    """A proposal with the last four characters of its identifier."""

    proposal: Proposal
    masked_identifier: str


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """Some proposals in order of their id, and what to ask for the next ones (None: no more)."""

    proposals: tuple[ListedProposal, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ListProposals:
    """Shows the proposals of the caller's providers; administrators and auditors see all."""

    proposals: ProposalReader

    def __call__(
        self, principal: Principal, after: str | None = None, limit: int = 50
    ) -> ProposalPage:
        """Return up to `limit` (at most 200) proposals after the id `after`; raises FORBIDDEN."""
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        providers = None if principal.reads_everything else principal.provider_ids
        limit = max(1, min(limit, MAXIMUM_PAGE))
        found: Sequence[StoredProposal] = self.proposals.page(providers, after, limit + 1)
        page = tuple(ListedProposal(one.proposal, masked(one.identifier)) for one in found[:limit])
        more = len(found) > limit
        return ProposalPage(page, page[-1].proposal.proposal_id if more else None)

    def by_id(self, principal: Principal, proposal_id: str) -> ListedProposal:
        """Return one proposal; raises NOT_FOUND."""
        found = self.proposals.find(proposal_id)
        if found is None or not (
            principal.reads_everything or principal.acts_for_provider(found.proposal.provider_id)
        ):
            raise proposal_unknown()
        return ListedProposal(found.proposal, masked(found.identifier))


@dataclass(frozen=True, slots=True)
class LapseProposals:
    """Background work; safe to repeat and to run in several processes."""

    open_unit_of_work: OpenUnitOfWork
    policy: FirstSessionPolicy

    def __call__(self, now: datetime) -> int:
        """Close what is overdue, delete what was kept long enough; return how many lapsed."""
        lapsed = 0
        while True:
            with self.open_unit_of_work() as work:
                overdue = work.proposals.overdue(now, BATCH)
                for proposal in overdue:
                    end(work, proposal, ProposalEvent.LAPSE, LOCAL_ADMINISTRATOR.client_id, now)
                if not overdue:
                    work.proposals.forget(now - self.policy.kept, BATCH)
                work.commit()
            lapsed += len(overdue)
            if not overdue:
                return lapsed


def proposal_unknown() -> ServiceError:
    """Return the NOT_FOUND for a proposal that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "proposal_unknown",
        "no proposal of yours has this id; list your proposals to find it",
    )
