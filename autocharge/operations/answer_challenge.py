"""Answer an owner challenge: share the vehicle, release it, or refuse."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from autocharge.model.challenge import (
    Challenge,
    ChallengeEvent,
    ClaimPolicy,
    happens,
    next_holder,
)
from autocharge.model.enrolment import Enrolment, Identifier
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.model.precedence import in_order, moved
from autocharge.operations.claim import Claim, identifier_taken, pass_on, tell_answered
from autocharge.operations.claim_ports import ChallengeReader
from autocharge.operations.enrol import join_vehicle
from autocharge.operations.ports import OpenUnitOfWork, StandingContract, UnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import Principal


class Answer(StrEnum):
    """What a holder answers."""

    SHARE = "share"
    RELEASE = "release"
    REFUSE = "refuse"


class Place(StrEnum):
    """Where a contract that shares the vehicle goes: behind all others, or before the holder's."""

    BEHIND = "behind"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class _Answering:
    """What one answer is worked out on; the vehicle's enrolments and the challenge are locked."""

    work: UnitOfWork
    challenge: Challenge
    identifier: Identifier
    standing: Sequence[Enrolment]
    cause: Cause

    @property
    def holders(self) -> list[Enrolment]:
        """The enrolments of who is asked, the first by precedence first."""
        asked = self.challenge.holder_provider_id
        return [one for one in in_order(self.standing) if one.provider_id == asked]

    @property
    def claim(self) -> Claim:
        """The claim as it was made."""
        of = self.challenge
        return Claim(of.claimant, self.identifier, of.claimant_client_id, of.source, self.cause.at)


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    """The holder's answer and what it leads to are one transaction.

    Sharing lets both contracts stand. Releasing removes the holder's enrolments; where other
    providers share the vehicle, the next of them is asked, else the claimant has it.
    """

    open_unit_of_work: OpenUnitOfWork
    challenges: ChallengeReader
    standing_contract: StandingContract
    policy: ClaimPolicy
    clock: Clock

    def __call__(
        self, principal: Principal, challenge_id: str, answer: Answer, place: Place = Place.BEHIND
    ) -> Challenge:
        """Return the challenge as it is then; void where the claimant's contract has ended.

        Raises NOT_FOUND, FORBIDDEN for the claimant, CONFLICT for one that is over or too late,
        INVALID where `before` would overtake a third provider.
        """
        seen = self.challenges.find(challenge_id)
        if seen is None or not _concerns(principal, seen.challenge):
            raise challenge_unknown()
        cause = Cause(principal.client_id, self.clock(), Reason.OWNER_CHALLENGE, challenge_id)
        with self.open_unit_of_work() as work:
            # the vehicle first, as everybody does
            standing = work.enrolments.lock_all(seen.identifier)
            challenge = work.challenges.lock(challenge_id)
            if challenge is None:
                raise challenge_unknown()
            if not principal.acts_for_provider(challenge.holder_provider_id):
                raise ServiceError(
                    Kind.FORBIDDEN, "not_the_holder", "only who holds the vehicle answers"
                )
            answering = _Answering(work, challenge, seen.identifier, standing, cause)
            after = self._answered(answering, answer, place)
            work.commit()
        return after

    def _answered(self, of: _Answering, answer: Answer, place: Place) -> Challenge:
        # judged first, so that nothing is answered too late
        checked = _step(of, ChallengeEvent(answer.value))
        if answer is Answer.REFUSE:
            return self._end(of, checked, answer)
        there = any(one.emaid == of.challenge.claimant for one in of.standing)
        if there or self.standing_contract(of.challenge.claimant) is None:
            return self._end(of, _step(of, ChallengeEvent.VOID), ChallengeEvent.VOID)
        if answer is Answer.SHARE:
            enrolment = _joined(of, of.standing)
            if place is Place.BEFORE:
                _put_before(of, enrolment)
            return self._end(of, replace(checked, enrolment_id=enrolment.enrolment_id), answer)
        for one in of.holders:
            take_step(of.work, one, EnrolmentEvent.RELEASE, of.cause)
            of.work.enrolments.delete(one.enrolment_id)
        remaining = [one for one in of.standing if one not in of.holders]
        holder = next_holder(remaining, of.challenge.claimant_provider_id)
        if holder is not None:
            return pass_on(
                of.work,
                self.policy,
                of.challenge,
                holder,
                remaining,
                of.cause.client_id,
                of.cause.at,
            )
        enrolment = _joined(of, remaining)
        return self._end(of, replace(checked, enrolment_id=enrolment.enrolment_id), answer)

    def _end(self, of: _Answering, after: Challenge, answer: Answer | ChallengeEvent) -> Challenge:
        of.work.challenges.put(after)
        holder = of.holders[0] if of.holders else None
        tell_answered(of.work, after, answer.value, holder, of.cause.client_id, of.cause.at)
        return after


def _step(of: _Answering, event: ChallengeEvent) -> Challenge:
    after = happens(of.challenge, event, of.cause.at)
    if isinstance(after, Refused):
        raise ServiceError(Kind.CONFLICT, after.code, after.detail)
    return after


def _joined(of: _Answering, standing: Sequence[Enrolment]) -> Enrolment:
    # its history names the claimant: who answered is none of its provider's business
    cause = replace(of.cause, client_id=of.challenge.claimant_client_id)
    enrolment = join_vehicle(of.work, standing, of.claim, cause)
    if enrolment is None:
        raise identifier_taken("try again")
    return enrolment


def _put_before(of: _Answering, enrolment: Enrolment) -> None:
    """Let the claimant's contract go before all of the holder's, and before nobody else's."""
    asked, claimant = of.challenge.holder_provider_id, of.challenge.claimant_provider_id
    vehicle = in_order([*of.standing, enrolment])
    position = 1 + next(i for i, one in enumerate(vehicle) if one.provider_id == asked)
    order = moved(
        vehicle, enrolment.enrolment_id, position, lambda of_one: of_one in {asked, claimant}
    )
    if isinstance(order, Refused):
        raise ServiceError(
            Kind.INVALID,
            "would_overtake",
            "another provider shares this vehicle and would be overtaken; share it `behind`",
        )
    for one in vehicle:
        if order[one.enrolment_id] != one.precedence and one is not enrolment:
            shown = one.provider_id == asked
            take_step(of.work, one, EnrolmentEvent.REORDER, replace(of.cause, shown=shown))
    of.work.enrolments.set_precedences(order)


@dataclass(frozen=True, slots=True)
class WithdrawChallenge:
    """The claimant gives its claim up."""

    open_unit_of_work: OpenUnitOfWork
    challenges: ChallengeReader
    clock: Clock

    def __call__(self, principal: Principal, challenge_id: str) -> Challenge:
        """Return the withdrawn challenge; raises NOT_FOUND, FORBIDDEN, CONFLICT."""
        seen = self.challenges.find(challenge_id)
        if seen is None or not _concerns(principal, seen.challenge):
            raise challenge_unknown()
        if not principal.acts_for_provider(seen.challenge.claimant_provider_id):
            raise ServiceError(Kind.FORBIDDEN, "not_the_claimant", "only who claims withdraws")
        now = self.clock()
        with self.open_unit_of_work() as work:
            standing = work.enrolments.lock_all(seen.identifier)
            challenge = work.challenges.lock(challenge_id)
            if challenge is None:
                raise challenge_unknown()
            after = happens(challenge, ChallengeEvent.WITHDRAW, now)
            if isinstance(after, Refused):
                raise ServiceError(Kind.CONFLICT, after.code, after.detail)
            work.challenges.put(after)
            tell_answered(
                work,
                after,
                ChallengeEvent.WITHDRAW.value,
                holder_of(after, standing),
                principal.client_id,
                now,
            )
            work.commit()
        return after


def holder_of(challenge: Challenge, standing: Sequence[Enrolment]) -> Enrolment | None:
    """Return the enrolment that the holder is asked about: its first by precedence."""
    for one in in_order(standing):
        if one.provider_id == challenge.holder_provider_id:
            return one
    return None


def _concerns(principal: Principal, challenge: Challenge) -> bool:
    return principal.acts_for_provider(challenge.holder_provider_id) or principal.acts_for_provider(
        challenge.claimant_provider_id
    )


def challenge_unknown() -> ServiceError:
    """Return the NOT_FOUND for a challenge that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "challenge_unknown",
        "no challenge of yours has this id; list your challenges to find it",
    )
