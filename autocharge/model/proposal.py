"""A proposal to let a vehicle stand for the contract that paid for its sessions so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from autocharge.model.enrolment import IdentifierKind
from foundation.errors import Refused
from foundation.identifiers import Emaid


class ProposalState(StrEnum):
    """Where a proposal stands; all but `open` are the end.

    `void`: the vehicle was enrolled meanwhile, or the contract ended.
    """

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    VOID = "void"


class ProposalEvent(StrEnum):
    """What happens to a proposal."""

    CONFIRM = "confirm"
    REJECT = "reject"
    LAPSE = "lapse"
    VOID = "void"


TRANSITIONS: Mapping[tuple[ProposalState, ProposalEvent], ProposalState] = MappingProxyType(
    {
        (ProposalState.OPEN, ProposalEvent.CONFIRM): ProposalState.CONFIRMED,
        (ProposalState.OPEN, ProposalEvent.REJECT): ProposalState.REJECTED,
        (ProposalState.OPEN, ProposalEvent.LAPSE): ProposalState.LAPSED,
        (ProposalState.OPEN, ProposalEvent.VOID): ProposalState.VOID,
    }
)
"""State and event -> state. What is not here is refused: nothing follows an end."""


class FirstSessionChoice(StrEnum):
    """What a provider wants done with its drivers' first sessions."""

    ASK = "ask"
    AUTO = "auto"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class FirstSessionPolicy:
    """When a session and a sighting belong together, and what that leads to.

    A provider that chose `auto` has a proposal confirmed by `confirm_sessions` sessions of the
    same pair, on so many days (UTC) and at so many stations. Without an answer it lapses
    `lapses_after` its last session. After a rejection the same pair is not proposed for
    `again_after`. Proposals are shown for `kept` after their end.
    """

    window: timedelta
    choice: FirstSessionChoice
    confirm_sessions: int
    confirm_days: int
    confirm_stations: int
    lapses_after: timedelta
    open_per_contract: int
    again_after: timedelta
    kept: timedelta


@dataclass(frozen=True, slots=True)
class ProposedSession:
    """One session that speaks for a proposal."""

    session_id: str
    station_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A vehicle and the contract that it may belong to, without the identifier."""

    proposal_id: str
    kind: IdentifierKind
    emaid: Emaid
    state: ProposalState
    opened_at: datetime
    lapses_at: datetime
    sessions: int
    closed_at: datetime | None = None
    enrolment_id: str | None = None

    @property
    def provider_id(self) -> str:
        """Whose contract it is."""
        return self.emaid.provider_id


def happens(proposal: Proposal, event: ProposalEvent, now: datetime) -> Proposal | Refused:
    """Return the proposal after `event`; Refused where that may not happen, or not now."""
    after = TRANSITIONS.get((proposal.state, event))
    if after is None:
        return Refused("proposal_closed", f"this proposal is over: {proposal.state}")
    overdue = now >= proposal.lapses_at
    if event is ProposalEvent.LAPSE and not overdue:
        return Refused("proposal_open", "the time to answer this proposal has not run out")
    if event in {ProposalEvent.CONFIRM, ProposalEvent.REJECT} and overdue:
        return Refused("proposal_lapsed", "the time to answer this proposal has run out")
    return replace(proposal, state=after, closed_at=now)


def confirms_itself(
    policy: FirstSessionPolicy,
    choice: FirstSessionChoice,
    sessions: Sequence[ProposedSession],
    *,
    rivals: bool,
) -> bool:
    """Whether the policy confirms a proposal without asking.

    `rivals`: the vehicle was proposed for another contract as well. A car in the next bay can be
    read once at the right moment; it is not there again on other days and at other stations.
    """
    return (
        choice is FirstSessionChoice.AUTO
        and not rivals
        and len({one.session_id for one in sessions}) >= policy.confirm_sessions
        and len({one.started_at.date() for one in sessions}) >= policy.confirm_days
        and len({one.station_id for one in sessions}) >= policy.confirm_stations
    )
