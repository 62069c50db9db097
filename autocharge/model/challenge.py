"""An owner challenge: a second claim on a vehicle's identifier, put to who holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from autocharge.model.enrolment import Enrolment, EnrolmentSource, IdentifierKind
from autocharge.model.precedence import in_order
from foundation.errors import Refused
from foundation.identifiers import Emaid


class ChallengeState(StrEnum):
    """Where a challenge stands; all but `open` are the end.

    `void`: there was nothing left to answer, as the holder removed its enrolment or the
    claimant's contract ended.
    """

    OPEN = "open"
    SHARED = "shared"
    RELEASED = "released"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class ChallengeEvent(StrEnum):
    """What happens to a challenge.

    `pass_on`: a holder gave the vehicle up, and another provider that shares it is asked next.
    """

    SHARE = "share"
    RELEASE = "release"
    PASS_ON = "pass_on"  # noqa: S105 - no password
    REFUSE = "refuse"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"
    VOID = "void"


TRANSITIONS: Mapping[tuple[ChallengeState, ChallengeEvent], ChallengeState] = MappingProxyType(
    {
        (ChallengeState.OPEN, ChallengeEvent.SHARE): ChallengeState.SHARED,
        (ChallengeState.OPEN, ChallengeEvent.RELEASE): ChallengeState.RELEASED,
        (ChallengeState.OPEN, ChallengeEvent.PASS_ON): ChallengeState.OPEN,
        (ChallengeState.OPEN, ChallengeEvent.REFUSE): ChallengeState.REFUSED,
        (ChallengeState.OPEN, ChallengeEvent.LAPSE): ChallengeState.LAPSED,
        (ChallengeState.OPEN, ChallengeEvent.WITHDRAW): ChallengeState.WITHDRAWN,
        (ChallengeState.OPEN, ChallengeEvent.VOID): ChallengeState.VOID,
    }
)
"""State and event -> state. What is not here is refused: nothing follows an end."""

_IN_TIME = frozenset(
    {
        ChallengeEvent.SHARE,
        ChallengeEvent.RELEASE,
        ChallengeEvent.PASS_ON,
        ChallengeEvent.REFUSE,
    }
)
"""The holder's answers: after the time limit they are too late, whether or not it was noticed."""

GAINS = frozenset({ChallengeState.SHARED, ChallengeState.RELEASED})
"""The ends in which the claimant has an enrolment. Silence is none of them."""

ASKED_IN_VAIN = frozenset({ChallengeState.REFUSED, ChallengeState.LAPSED, ChallengeState.WITHDRAWN})
"""The ends after which the same claimant has to wait before it asks for the vehicle again."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One claim and the answer to it, without the identifier.

    `holder_provider_id` is who is asked; `enrolment_id` is the claimant's, where it has gained one.
    """

    challenge_id: str
    kind: IdentifierKind
    claimant: Emaid
    claimant_client_id: str
    source: EnrolmentSource
    holder_provider_id: str
    state: ChallengeState
    opened_at: datetime
    answer_by: datetime
    closed_at: datetime | None = None
    enrolment_id: str | None = None

    @property
    def claimant_provider_id(self) -> str:
        """The provider id whose claim it is."""
        return self.claimant.provider_id


def happens(challenge: Challenge, event: ChallengeEvent, now: datetime) -> Challenge | Refused:
    """Return the challenge after `event`; Refused where that may not happen, or not now.

    What silence means is here and nowhere else: past `answer_by` a challenge can lapse, and no
    answer counts any more. A clock that ran backwards keeps it open.
    """
    after = TRANSITIONS.get((challenge.state, event))
    if after is None:
        return Refused("challenge_closed", f"this challenge is over: {challenge.state}")
    overdue = now >= challenge.answer_by
    if event in _IN_TIME and overdue:
        return Refused("challenge_lapsed", "the time to answer this challenge has run out")
    if event is ChallengeEvent.LAPSE and not overdue:
        return Refused("challenge_open", "the time to answer this challenge has not run out")
    closed = None if after is ChallengeState.OPEN else now
    return replace(challenge, state=after, closed_at=closed)


@dataclass(frozen=True, slots=True)
class ClaimPolicy:
    """Bounds of claims on identifiers that are enrolled for somebody else.

    A holder has `answer_within` to answer. A claimant (provider id) has at most `open_challenges`
    at once; after one in vain it waits `again_after` before it asks for the same vehicle again.
    After `owned_a_day` claims within a day that met a holder, no claim of the provider is looked
    at until the day is over: else whoever tries identifiers learns which are enrolled. Challenges
    are shown for `kept` after their end.
    """

    answer_within: timedelta
    open_challenges: int
    owned_a_day: int
    again_after: timedelta
    kept: timedelta


@dataclass(frozen=True, slots=True)
class ClaimantRecord:
    """What is known of a claimant and the vehicle when it meets a holder."""

    open_challenges: int
    open_on_vehicle: Challenge | None
    last_in_vain: Challenge | None  # of this claimant, for this vehicle


def may_challenge(policy: ClaimPolicy, record: ClaimantRecord, now: datetime) -> Refused | None:
    """Return why no challenge may be started now, None where one may.

    Who else asks for the vehicle is not told: that and the wait after a refusal read the same.
    """
    if record.open_challenges >= policy.open_challenges:
        return Refused(
            "open_challenges",
            "you have as many open challenges as you may; wait for answers or withdraw some",
        )
    waits_until = now
    if record.last_in_vain is not None and record.last_in_vain.closed_at is not None:
        waits_until = record.last_in_vain.closed_at + policy.again_after
    if record.open_on_vehicle is not None or now < waits_until:
        return Refused("not_now", "its holder cannot be asked now; try again later")
    return None


def next_holder(standing: Sequence[Enrolment], claimant_provider_id: str) -> str | None:
    """Return the provider to ask: the first by precedence that is not the claimant itself."""
    for enrolment in in_order(standing):
        if enrolment.provider_id != claimant_provider_id:
            return enrolment.provider_id
    return None
