"""What the API of claims takes and gives, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from autocharge.api.schemas import Strict
from autocharge.model.challenge import ChallengeState
from autocharge.model.enrolment import IdentifierKind
from autocharge.model.proposal import ProposalState
from autocharge.operations.decide_proposal import ListedProposal, ProposalPage
from autocharge.operations.list_challenges import ChallengePage, Role, ShownChallenge
from autocharge.operations.list_enrolments import MAXIMUM_PAGE

RandomId = Annotated[str, Field(pattern="^[0-9a-f-]{36}$", description="Random id")]


class ClaimPageQuery(Strict):
    """Which entries to list."""

    after: RandomId | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class ChallengePath(Strict):
    """Path of one challenge."""

    challenge_id: RandomId


class AnswerBody(Strict):
    """A holder's answer."""

    answer: Literal["share", "release", "refuse"]
    precedence: Literal["behind", "before"] = Field(
        "behind", description="Where a contract that shares the vehicle goes"
    )


class ChallengeBody(BaseModel):
    """A challenge as one party sees it."""

    challenge_id: RandomId
    role: Role = Field(description="Which party the client is")
    type: IdentifierKind
    masked_identifier: str = Field(description="The last four characters")
    state: ChallengeState
    opened_at: datetime
    answer_by: datetime
    closed_at: datetime | None
    emaid: str | None = Field(description="The client's own contract that claims or holds")
    enrolment_id: str | None = Field(description="The client's own: what it gained, or holds")

    @classmethod
    def of(cls, shown: ShownChallenge) -> "ChallengeBody":
        """Return the challenge as JSON shows it."""
        return cls(
            challenge_id=shown.challenge_id,
            role=shown.role,
            type=shown.kind,
            masked_identifier=shown.masked_identifier,
            state=shown.state,
            opened_at=shown.opened_at,
            answer_by=shown.answer_by,
            closed_at=shown.closed_at,
            emaid=shown.emaid,
            enrolment_id=shown.enrolment_id,
        )


class ClosedBody(BaseModel):
    """Where a challenge stands after an answer; `open`: another provider is asked as well."""

    challenge_id: RandomId
    state: ChallengeState


class ChallengesBody(BaseModel):
    """A page of challenges in order of their id."""

    challenges: list[ChallengeBody]
    next: RandomId | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: ChallengePage) -> "ChallengesBody":
        """Return the page as JSON shows it."""
        return cls(
            challenges=[ChallengeBody.of(one) for one in page.challenges], next=page.next_after
        )


class ProposalPath(Strict):
    """Path of one proposal."""

    proposal_id: RandomId


class ProposalBody(BaseModel):
    """A vehicle that may be a driver's, as his sessions say."""

    proposal_id: RandomId
    type: IdentifierKind
    masked_identifier: str = Field(description="The last four characters")
    emaid: str = Field(description="Canonical")
    state: ProposalState
    sessions: int = Field(description="How many sessions speak for it")
    opened_at: datetime
    lapses_at: datetime
    closed_at: datetime | None
    enrolment_id: str | None = Field(description="What it became, where it was confirmed")

    @classmethod
    def of(cls, listed: ListedProposal) -> "ProposalBody":
        """Return the proposal as JSON shows it."""
        proposal = listed.proposal
        return cls(
            proposal_id=proposal.proposal_id,
            type=proposal.kind,
            masked_identifier=listed.masked_identifier,
            emaid=proposal.emaid.canonical,
            state=proposal.state,
            sessions=proposal.sessions,
            opened_at=proposal.opened_at,
            lapses_at=proposal.lapses_at,
            closed_at=proposal.closed_at,
            enrolment_id=proposal.enrolment_id,
        )


class ProposalsBody(BaseModel):
    """A page of proposals in order of their id."""

    proposals: list[ProposalBody]
    next: RandomId | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: ProposalPage) -> "ProposalsBody":
        """Return the page as JSON shows it."""
        return cls(proposals=[ProposalBody.of(one) for one in page.proposals], next=page.next_after)
