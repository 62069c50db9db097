"""`evtrust autocharge challenges|answer|proposals|confirm|reject`: claims on vehicles."""

from typing import Protocol

import click

from autocharge.operations.answer_challenge import Answer, AnswerChallenge, Place
from autocharge.operations.decide_proposal import DecideProposal, ListProposals
from autocharge.operations.list_challenges import ListChallenges, ShownChallenge
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class ChallengeServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_challenges(self) -> ListChallenges:
        """Shows challenges."""

    @property
    def answer_challenge(self) -> AnswerChallenge:
        """Answers a challenge."""

    @property
    def list_proposals(self) -> ListProposals:
        """Shows proposals."""

    @property
    def decide_proposal(self) -> DecideProposal:
        """Confirms or rejects a proposal."""


@click.command("challenges")
@click.option("--after", help="The last id of the page before.")
@json_option
@click.pass_obj
def challenges_command(services: ChallengeServices, after: str | None, as_json: bool) -> None:
    """List owner challenges, up to 200 at once."""
    page = services.list_challenges(LOCAL_ADMINISTRATOR, after, 200)
    lines = [f"{one.challenge_id}  {one.state}  {one.masked_identifier}" for one in page.challenges]
    emit(
        {"challenges": [_shown(one) for one in page.challenges], "next": page.next_after},
        as_json=as_json,
        human="\n".join(lines) or "no challenges",
    )


@click.command("answer")
@click.argument("challenge_id")
@click.argument("answer", type=click.Choice([answer.value for answer in Answer]))
@click.option(
    "--precedence",
    type=click.Choice([place.value for place in Place]),
    default=Place.BEHIND.value,
    help="Where a contract that shares the vehicle goes.",
)
@json_option
@click.pass_obj
def answer_command(
    services: ChallengeServices, challenge_id: str, answer: str, precedence: str, as_json: bool
) -> None:
    """Answer an owner challenge for who holds the vehicle."""
    after = services.answer_challenge(
        LOCAL_ADMINISTRATOR, challenge_id, Answer(answer), Place(precedence)
    )
    emit(
        {"challenge_id": after.challenge_id, "state": after.state},
        as_json=as_json,
        human=f"challenge {after.challenge_id} is {after.state}",
    )


@click.command("proposals")
@click.option("--after", help="The last id of the page before.")
@json_option
@click.pass_obj
def proposals_command(services: ChallengeServices, after: str | None, as_json: bool) -> None:
    """List proposals from drivers' first sessions, up to 200 at once."""
    page = services.list_proposals(LOCAL_ADMINISTRATOR, after, 200)
    lines = [
        f"{one.proposal.proposal_id}  {one.proposal.state}  {one.proposal.emaid.canonical}  "
        f"{one.masked_identifier}  {one.proposal.sessions} session(s)"
        for one in page.proposals
    ]
    emit(
        {
            "proposals": [
                {
                    "proposal_id": one.proposal.proposal_id,
                    "type": one.proposal.kind,
                    "masked_identifier": one.masked_identifier,
                    "emaid": one.proposal.emaid.canonical,
                    "state": one.proposal.state,
                    "sessions": one.proposal.sessions,
                }
                for one in page.proposals
            ],
            "next": page.next_after,
        },
        as_json=as_json,
        human="\n".join(lines) or "no proposals",
    )


@click.command("confirm")
@click.argument("proposal_id")
@json_option
@click.pass_obj
def confirm_command(services: ChallengeServices, proposal_id: str, as_json: bool) -> None:
    """Let a proposed vehicle stand for its contract."""
    _decide(services, proposal_id, accept=True, as_json=as_json)


@click.command("reject")
@click.argument("proposal_id")
@json_option
@click.pass_obj
def reject_command(services: ChallengeServices, proposal_id: str, as_json: bool) -> None:
    """Refuse a proposal."""
    _decide(services, proposal_id, accept=False, as_json=as_json)


def _decide(services: ChallengeServices, proposal_id: str, *, accept: bool, as_json: bool) -> None:
    after = services.decide_proposal(LOCAL_ADMINISTRATOR, proposal_id, accept=accept)
    emit(
        {
            "proposal_id": after.proposal_id,
            "state": after.state,
            "enrolment_id": after.enrolment_id,
        },
        as_json=as_json,
        human=f"proposal {after.proposal_id} is {after.state}",
    )


def _shown(one: ShownChallenge) -> dict[str, str | None]:
    return {
        "challenge_id": one.challenge_id,
        "type": one.kind,
        "masked_identifier": one.masked_identifier,
        "state": one.state,
        "opened_at": one.opened_at.isoformat(),
        "answer_by": one.answer_by.isoformat(),
        "emaid": one.emaid,
        "enrolment_id": one.enrolment_id,
    }
