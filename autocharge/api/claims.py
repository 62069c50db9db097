"""`/v1/autocharge/{challenges,proposals}`: claims on vehicles, and the answers to them."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from autocharge.api.claim_schemas import (
    AnswerBody,
    ChallengeBody,
    ChallengePath,
    ChallengesBody,
    ClaimPageQuery,
    ClosedBody,
    ProposalBody,
    ProposalPath,
    ProposalsBody,
)
from autocharge.operations.answer_challenge import (
    Answer,
    AnswerChallenge,
    Place,
    WithdrawChallenge,
)
from autocharge.operations.decide_proposal import DecideProposal, ListProposals
from autocharge.operations.list_challenges import ListChallenges
from foundation.principal import Principal

_TAG = Tag(name="Autocharge claims", description="Whose vehicle it is, where two say so")


@dataclass(frozen=True, slots=True)
class ChallengeOperations:
    """What the blueprint translates for."""

    list: ListChallenges
    answer: AnswerChallenge
    withdraw: WithdrawChallenge


def challenges_blueprint(
    operations: ChallengeOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; a challenge of others is answered 404, as one that does not exist."""
    blueprint = APIBlueprint(
        "challenges", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )

    @blueprint.get(
        "/v1/autocharge/challenges",
        summary="List owner challenges",
        responses={200: ChallengesBody},
    )
    def list_challenges(query: ClaimPageQuery) -> Response:
        """Those that the client's providers started, and those that they are to answer."""
        page = operations.list(principal(), query.after, query.limit)
        return _json(ChallengesBody.of(page))

    @blueprint.get(
        "/v1/autocharge/challenges/<challenge_id>",
        summary="Show an owner challenge",
        responses={200: ChallengeBody},
    )
    def show_challenge(path: ChallengePath) -> Response:
        """Neither party learns the other's contract or provider."""
        return _json(ChallengeBody.of(operations.list.by_id(principal(), path.challenge_id)))

    @blueprint.post(
        "/v1/autocharge/challenges/<challenge_id>/answer",
        summary="Answer an owner challenge",
        responses={200: ClosedBody},
    )
    def answer_challenge(path: ChallengePath, body: AnswerBody) -> Response:
        """Share the vehicle, release it (it was sold: one's own enrolments go), or refuse."""
        place = Place(body.precedence)
        after = operations.answer(principal(), path.challenge_id, Answer(body.answer), place)
        return _json(ClosedBody(challenge_id=after.challenge_id, state=after.state))

    @blueprint.post(
        "/v1/autocharge/challenges/<challenge_id>/withdraw",
        summary="Withdraw a claim",
        responses={200: ClosedBody},
    )
    def withdraw_challenge(path: ChallengePath) -> Response:
        """For who started it; the vehicle stays as it is."""
        after = operations.withdraw(principal(), path.challenge_id)
        return _json(ClosedBody(challenge_id=after.challenge_id, state=after.state))

    return blueprint


@dataclass(frozen=True, slots=True)
class ProposalOperations:
    """What the blueprint of proposals translates for."""

    list: ListProposals
    decide: DecideProposal


def proposals_blueprint(
    operations: ProposalOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; another provider's proposal is answered 404."""
    blueprint = APIBlueprint(
        "proposals", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )

    @blueprint.get(
        "/v1/autocharge/proposals",
        summary="List proposals from first sessions",
        responses={200: ProposalsBody},
    )
    def list_proposals(query: ClaimPageQuery) -> Response:
        """Vehicles that were read where a driver's card or app began a session."""
        return _json(ProposalsBody.of(operations.list(principal(), query.after, query.limit)))

    @blueprint.get(
        "/v1/autocharge/proposals/<proposal_id>",
        summary="Show a proposal",
        responses={200: ProposalBody},
    )
    def show_proposal(path: ProposalPath) -> Response:
        """The identifier is masked."""
        return _json(ProposalBody.of(operations.list.by_id(principal(), path.proposal_id)))

    @blueprint.post(
        "/v1/autocharge/proposals/<proposal_id>/confirm",
        summary="Confirm a proposal",
        responses={200: ProposalBody},
    )
    def confirm_proposal(path: ProposalPath) -> Response:
        """The vehicle is enrolled; `void` where it was enrolled meanwhile."""
        return decided(path, accept=True)

    @blueprint.post(
        "/v1/autocharge/proposals/<proposal_id>/reject",
        summary="Reject a proposal",
        responses={200: ProposalBody},
    )
    def reject_proposal(path: ProposalPath) -> Response:
        """The same pair is not proposed again for a while."""
        return decided(path, accept=False)

    def decided(path: ProposalPath, *, accept: bool) -> Response:
        operations.decide(principal(), path.proposal_id, accept=accept)
        return _json(ProposalBody.of(operations.list.by_id(principal(), path.proposal_id)))

    return blueprint


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), 200, content_type="application/json")
