"""Pair sessions with vehicles that nobody has enrolled, and propose what fits."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from autocharge.model.claim_policy import MOST_SESSIONS
from autocharge.model.enrolment import EnrolmentSource, Identifier, kind_of
from autocharge.model.enrolment_state import Reason
from autocharge.model.first_session import SessionStart, candidate
from autocharge.model.proposal import (
    FirstSessionChoice,
    FirstSessionPolicy,
    Proposal,
    ProposalEvent,
    ProposalState,
    ProposedSession,
    confirms_itself,
    happens,
)
from autocharge.operations.claim import Claim
from autocharge.operations.enrol import join_vehicle
from autocharge.operations.ports import OpenUnitOfWork, StandingContract, UnitOfWork
from autocharge.operations.proposal_ports import SETTLING, SessionStarts, UnmatchedReadings
from autocharge.operations.record import Cause
from foundation.errors import Refused
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR

BATCH = 200
MOST_AT_ONCE = 50
"""Readings or sessions of one station within a window; where there are more, nothing is certain."""


@dataclass(frozen=True, slots=True)
class ProposeFirstSessions:
    """Background work: looks at each session once its window is over; safe to repeat."""

    starts: SessionStarts
    readings: UnmatchedReadings
    open_unit_of_work: OpenUnitOfWork
    standing_contract: StandingContract
    is_quarantined: Callable[[Identifier], bool]
    policy: FirstSessionPolicy

    def __call__(self, now: datetime) -> int:
        """Look at the sessions that are due; return how many proposals were made or grew."""
        window = self.policy.window
        due = self.starts.due(now - window - SETTLING, BATCH)
        grown = sum(self._look_at(start, now) for start in due)
        if due:
            self.starts.looked_at([start.session_id for start in due], now)
        # those of one station's next windows are weighed against them
        self.starts.forget(now - 4 * window - SETTLING)
        return grown

    def _look_at(self, start: SessionStart, now: datetime) -> bool:
        began, window = start.started_at, self.policy.window
        readings = self.readings(start.station_id, began - window, began + window, MOST_AT_ONCE)
        others = self.starts.at_station(
            start.station_id, began - 2 * window, began + 2 * window, MOST_AT_ONCE
        )
        if max(len(readings), len(others)) >= MOST_AT_ONCE:
            return False
        identifier = candidate(start, others, readings, window)
        return identifier is not None and self._propose(start, identifier, now)

    def _propose(self, start: SessionStart, identifier: Identifier, now: datetime) -> bool:
        # an identifier that is not one vehicle's own says nothing about whose vehicle it is
        if self.standing_contract(start.emaid) is None or self.is_quarantined(identifier):
            return False
        with self.open_unit_of_work() as work:
            standing = work.enrolments.lock_all(identifier)
            choice = self._choice(work, start.emaid.provider_id)
            if standing or choice is FirstSessionChoice.OFF:
                return False
            known = work.proposals.of_identifier(identifier)
            proposal = self._opened(work, start, identifier, known, now)
            if proposal is None:
                return False
            if proposal.sessions >= MOST_SESSIONS or not work.proposals.add_session(
                proposal.proposal_id,
                ProposedSession(start.session_id, start.station_id, start.started_at),
            ):
                return False
            sessions = work.proposals.sessions(proposal.proposal_id)
            proposal = replace(
                proposal, sessions=len(sessions), lapses_at=now + self.policy.lapses_after
            )
            work.proposals.put(proposal)
            rivals = any(one.emaid != proposal.emaid for one in known)
            if confirms_itself(self.policy, choice, sessions, rivals=rivals):
                confirm(work, proposal, identifier, LOCAL_ADMINISTRATOR.client_id, now)
            work.commit()
        return True

    def _choice(self, work: UnitOfWork, provider_id: str) -> FirstSessionChoice:
        choice = work.choices.find(provider_id)
        if choice is None:
            return self.policy.choice
        if not choice.autocharge:
            return FirstSessionChoice.OFF
        return choice.first_session or self.policy.choice

    def _opened(
        self,
        work: UnitOfWork,
        start: SessionStart,
        identifier: Identifier,
        known: Sequence[Proposal],
        now: datetime,
    ) -> Proposal | None:
        """Return the pair's open proposal, a new one where it may have one, else None."""
        own = [one for one in known if one.emaid == start.emaid]
        for one in own:
            if one.state is ProposalState.OPEN:
                return one if now < one.lapses_at else None
            rejected = one.state is ProposalState.REJECTED and one.closed_at is not None
            if rejected and now < (one.closed_at or now) + self.policy.again_after:
                return None
        if work.proposals.count_open(start.emaid) >= self.policy.open_per_contract:
            return None
        proposal = Proposal(
            str(uuid.uuid4()),
            kind_of(identifier),
            start.emaid,
            ProposalState.OPEN,
            now,
            now + self.policy.lapses_after,
            0,
        )
        if not work.proposals.add(proposal, identifier):
            return None
        tell(work, "autocharge.proposed", proposal, LOCAL_ADMINISTRATOR.client_id, now)
        return proposal


def confirm(
    work: UnitOfWork, proposal: Proposal, identifier: Identifier, client_id: str, now: datetime
) -> Proposal | Refused:
    """Make a locked proposal an enrolment, void where the vehicle is enrolled meanwhile.

    The vehicle's enrolments are locked; the caller knows that the contract stands, and commits.
    """
    confirmed = happens(proposal, ProposalEvent.CONFIRM, now)
    if isinstance(confirmed, Refused):
        return confirmed
    enrolment = None
    if not work.enrolments.lock_all(identifier):
        enrolment = join_vehicle(
            work,
            (),
            Claim(proposal.emaid, identifier, client_id, EnrolmentSource.FIRST_SESSION, now),
            Cause(client_id, now, Reason.FIRST_SESSION, proposal.proposal_id),
        )
    if enrolment is None:
        return end(work, proposal, ProposalEvent.VOID, client_id, now)
    confirmed = replace(confirmed, enrolment_id=enrolment.enrolment_id)
    work.proposals.put(confirmed)
    tell(work, EVENT_TYPES[ProposalEvent.CONFIRM], confirmed, client_id, now)
    return confirmed


def end(
    work: UnitOfWork, proposal: Proposal, event: ProposalEvent, client_id: str, now: datetime
) -> Proposal | Refused:
    """End a locked proposal without an enrolment, and tell its provider."""
    after = happens(proposal, event, now)
    if not isinstance(after, Refused):
        work.proposals.put(after)
        tell(work, EVENT_TYPES[event], after, client_id, now)
    return after


EVENT_TYPES = {
    ProposalEvent.CONFIRM: "autocharge.proposal_confirmed",
    ProposalEvent.REJECT: "autocharge.proposal_rejected",
    ProposalEvent.LAPSE: "autocharge.proposal_lapsed",
    ProposalEvent.VOID: "autocharge.proposal_lapsed",
}


def tell(
    work: UnitOfWork, event_type: str, proposal: Proposal, client_id: str, now: datetime
) -> None:
    """Tell the provider what became of a proposal."""
    gained = {} if proposal.enrolment_id is None else {"enrolment_id": proposal.enrolment_id}
    work.events.append(
        Event(
            event_type,
            now,
            client_id,
            (proposal.provider_id,),
            {"proposal_id": proposal.proposal_id, **gained},
            {"emaid": proposal.emaid.canonical},
        )
    )
