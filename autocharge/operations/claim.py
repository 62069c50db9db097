"""What happens when a claim meets a holder: it is counted, and its holder is asked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autocharge.model.challenge import (
    Challenge,
    ChallengeEvent,
    ChallengeState,
    ClaimantRecord,
    ClaimPolicy,
    happens,
    may_challenge,
    next_holder,
)
from autocharge.model.enrolment import Enrolment, EnrolmentSource, Identifier, kind_of
from autocharge.model.precedence import in_order
from autocharge.operations.claim_ports import ClaimCounter
from autocharge.operations.ports import UnitOfWork
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims which vehicle for which contract, and when."""

    emaid: Emaid
    identifier: Identifier
    client_id: str
    source: EnrolmentSource
    at: datetime


class ClaimBudget:
    """How many more claims of each provider may meet another's enrolment, within a transaction.

    Whoever has none left is refused whether or not an identifier is enrolled, so that nobody
    learns from a file of made-up identifiers which of them are.
    """

    def __init__(self, claims_met: ClaimCounter, policy: ClaimPolicy, now: datetime) -> None:
        self._claims_met = claims_met
        self._policy = policy
        self._now = now
        self._left: dict[str, int] = {}

    def is_spent(self, provider_id: str) -> bool:
        """Whether the provider met as many holders as it may within a day."""
        if provider_id not in self._left:
            met = self._claims_met.since(provider_id, self._now - DAY)
            self._left[provider_id] = self._policy.owned_a_day - met
        return self._left[provider_id] <= 0

    def spend(self, provider_id: str) -> None:
        """Note a claim that met a holder."""
        self._claims_met.add(provider_id, self._now)
        self._left[provider_id] -= 1


def require_budget(work: UnitOfWork, policy: ClaimPolicy, claim: Claim) -> None:
    """Raise RATE_LIMITED `too_many_claims` where the provider met too many holders lately.

    Asked whether or not the identifier is enrolled, so that the answer says nothing about that.
    An administrator's claims are neither counted nor refused.
    """
    if claim.source is EnrolmentSource.ADMINISTRATOR:
        return
    if ClaimBudget(work.claims_met, policy, claim.at).is_spent(claim.emaid.provider_id):
        raise ServiceError(
            Kind.RATE_LIMITED,
            "too_many_claims",
            "too many of your claims within a day met another provider's enrolment; wait for a "
            "day, or ask an administrator",
            {"retry_after": str(int(DAY.total_seconds()))},
        )


def meet_holder(
    work: UnitOfWork, policy: ClaimPolicy, claim: Claim, standing: Sequence[Enrolment]
) -> ServiceError:
    """Return the CONFLICT that the claim meets, with the challenge that it started noted.

    The vehicle's enrolments are locked. The caller commits, then raises.
    """
    provider_id = claim.emaid.provider_id
    holder = next_holder(standing, provider_id)
    if holder is None:
        return identifier_taken("add your contract with `beside_own`, or remove the other first")
    current = work.challenges.open_for(claim.identifier)
    if current is not None and current.claimant == claim.emaid:
        return _asked(current)
    if claim.source is not EnrolmentSource.ADMINISTRATOR:
        work.claims_met.add(provider_id, claim.at)
    record = ClaimantRecord(
        work.challenges.count_open(provider_id),
        current,
        work.challenges.last_in_vain(claim.identifier, provider_id),
    )
    refused = may_challenge(policy, record, claim.at)
    if refused is not None:
        return identifier_taken(refused.detail)
    challenge = Challenge(
        str(uuid.uuid4()),
        kind_of(claim.identifier),
        claim.emaid,
        claim.client_id,
        claim.source,
        holder,
        ChallengeState.OPEN,
        claim.at,
        claim.at + policy.answer_within,
    )
    if not work.challenges.add(challenge, claim.identifier):
        return identifier_taken("its holder cannot be asked now; try again later")
    tell_challenged(work, challenge, standing, claim.client_id, claim.at, claimant=True)
    return _asked(challenge)


def settle_after_removal(
    work: UnitOfWork,
    policy: ClaimPolicy,
    identifier: Identifier,
    remaining: Sequence[Enrolment],
    client_id: str,
    now: datetime,
) -> None:
    """See to the open challenge of a vehicle after enrolments of it went.

    Where the provider that was asked still has one, nothing changes. Else the next provider that
    shares the vehicle is asked, or the challenge is void: whoever claims a free vehicle enrols it.
    """
    challenge = work.challenges.open_for(identifier)
    if challenge is None or challenge.holder_provider_id in {one.provider_id for one in remaining}:
        return
    holder = next_holder(remaining, challenge.claimant_provider_id)
    if holder is None:
        void = happens(challenge, ChallengeEvent.VOID, now)
        if not isinstance(void, Refused):
            work.challenges.put(void)
            tell_answered(work, void, "void", None, client_id, now)
        return
    pass_on(work, policy, challenge, holder, remaining, client_id, now)


def pass_on(
    work: UnitOfWork,
    policy: ClaimPolicy,
    challenge: Challenge,
    holder: str,
    remaining: Sequence[Enrolment],
    client_id: str,
    now: datetime,
) -> Challenge:
    """Put the challenge to the next holder, with the whole time to answer."""
    passed = Challenge(
        challenge.challenge_id,
        challenge.kind,
        challenge.claimant,
        challenge.claimant_client_id,
        challenge.source,
        holder,
        ChallengeState.OPEN,
        challenge.opened_at,
        now + policy.answer_within,
    )
    work.challenges.put(passed)
    tell_challenged(work, passed, remaining, client_id, now, claimant=False)
    return passed


def tell_challenged(
    work: UnitOfWork,
    challenge: Challenge,
    standing: Sequence[Enrolment],
    client_id: str,
    now: datetime,
    *,
    claimant: bool,
) -> None:
    """Tell the holder, each party with its own EMAID alone, and the claimant at the beginning."""
    asked = next(
        one for one in in_order(standing) if one.provider_id == challenge.holder_provider_id
    )
    subject = {
        "challenge_id": challenge.challenge_id,
        "answer_by": challenge.answer_by.isoformat(),
    }
    work.events.append(
        Event(
            "autocharge.challenged",
            now,
            client_id,
            (challenge.holder_provider_id,),
            {**subject, "role": "holder", "enrolment_id": asked.enrolment_id},
            {"emaid": asked.emaid.canonical},
        )
    )
    if claimant:
        work.events.append(
            Event(
                "autocharge.challenged",
                now,
                client_id,
                (challenge.claimant_provider_id,),
                {**subject, "role": "claimant"},
                {"emaid": challenge.claimant.canonical},
            )
        )


def tell_answered(
    work: UnitOfWork,
    challenge: Challenge,
    answer: str,
    holder: Enrolment | None,
    client_id: str,
    now: datetime,
) -> None:
    """Tell both parties how a challenge ended, each with its own EMAID alone.

    `holder` is the enrolment that the holder was asked about, None where it is gone.
    """
    subject = {"challenge_id": challenge.challenge_id, "answer": answer}
    gained = {} if challenge.enrolment_id is None else {"enrolment_id": challenge.enrolment_id}
    work.events.append(
        Event(
            "autocharge.challenge_answered",
            now,
            client_id,
            (challenge.claimant_provider_id,),
            {**subject, "role": "claimant", **gained},
            {"emaid": challenge.claimant.canonical},
        )
    )
    if holder is not None:
        work.events.append(
            Event(
                "autocharge.challenge_answered",
                now,
                client_id,
                (holder.provider_id,),
                {**subject, "role": "holder", "enrolment_id": holder.enrolment_id},
                {"emaid": holder.emaid.canonical},
            )
        )


def identifier_taken(
    what_to_do: str = "have that enrolment removed first",
    challenge: Challenge | None = None,
) -> ServiceError:
    """Return the CONFLICT that a second owner of one identifier meets."""
    fields = (
        {}
        if challenge is None
        else {
            "challenge_id": challenge.challenge_id,
            "answer_by": challenge.answer_by.isoformat(),
        }
    )
    return ServiceError(
        Kind.CONFLICT,
        "identifier_enrolled",
        f"this vehicle identifier is enrolled for another contract; {what_to_do}",
        fields,
    )


def _asked(challenge: Challenge) -> ServiceError:
    return identifier_taken("its provider is asked: see the challenge in `fields`", challenge)
