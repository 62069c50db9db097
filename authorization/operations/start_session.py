"""Record that charging began on an accepted decision."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from authorization.model.limits import Limit
from authorization.model.outcome import EvidenceKind
from authorization.model.session import Session, SessionPolicy
from authorization.operations.begin_session import BeginSession
from authorization.operations.own_session import CLOCK_SKEW, check_order, tell
from authorization.operations.ports import (
    DecisionLog,
    DecisionRecord,
    OpenUnitOfWork,
    StationReader,
)
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

NoteStart = Callable[[Session, str | None], None]
"""Learns of a session that an RFID card or an app began, and of its EVSE where that is known."""

_BY_HAND = frozenset({EvidenceKind.RFID, EvidenceKind.APP})


def nobody_is_told(_session: Session, _evse_id: str | None) -> None:
    """Do nothing with a session's start."""


@dataclass(frozen=True, slots=True)
class StartSession:
    """Record that charging began on an accepted decision."""

    decisions: DecisionLog
    stations: StationReader
    open_unit_of_work: OpenUnitOfWork
    policy: SessionPolicy
    clock: Clock
    note_start: NoteStart = nobody_is_told

    def __call__(
        self, principal: Principal, reference: str, started_at: datetime | None = None
    ) -> Session:
        """Return the decision's one session, started now or at `started_at`.

        Repeating it returns the session as it was first told. Raises NOT_FOUND
        (`decision_not_found`) also for another operator's, INVALID (`decision_not_accepted`,
        `time_out_of_order`), CONFLICT (`concurrent_session`, `credit_exhausted`) where the
        contract's limits were reached since the decision.
        """
        record = accepted_decision(principal, self.decisions, reference)
        decision = record.decision
        now = self.clock()
        began = started_at or now
        check_order(decision.decided_at - CLOCK_SKEW, began, now + CLOCK_SKEW, "started_at")
        station = self.stations.find(record.station_id)
        wanted = new_session(record, began, now, record.evse_id)
        with self.open_unit_of_work() as work:
            evses = 0 if station is None else len(station.evses)
            session = BeginSession(work, principal, evses, self.policy, now)(wanted)
            if isinstance(session, Limit):
                raise _refused(session)
            if session.session_id == wanted.session_id:
                tell(work, "session.started", session, decision.provider_id, principal, now)
                work.commit()
        if session.session_id == wanted.session_id:
            tell_of_start(self.note_start, session, record)
        return session


def accepted_decision(
    principal: Principal, decisions: DecisionLog, reference: str
) -> DecisionRecord:
    """Return the operator's own accepted decision.

    Raises NOT_FOUND (`decision_not_found`), INVALID (`decision_not_accepted`).
    """
    record = decisions.find(reference)
    if record is None or not principal.acts_for_operator(record.operator_id):
        raise ServiceError(
            Kind.NOT_FOUND, "decision_not_found", "no decision of yours has this reference"
        )
    if not record.decision.accepted:
        raise ServiceError(
            Kind.INVALID, "decision_not_accepted", "only an accepted decision lets one charge"
        )
    return record


def new_session(
    record: DecisionRecord, began: datetime, now: datetime, evse_id: str | None
) -> Session:
    """Return a session on an accepted decision, which is not stored yet."""
    return Session(
        session_id=str(uuid.uuid4()),
        reference=record.decision.reference or "",
        operator_id=record.operator_id,
        station_id=record.station_id,
        contract_id=record.decision.contract_id,
        started_at=began,
        ended_at=None,
        heard_at=now,
        evse_id=evse_id,
    )


def tell_of_start(note_start: NoteStart, session: Session, record: DecisionRecord) -> None:
    """Tell of a committed session that a card or an app began."""
    if record.decision.evidence in _BY_HAND:
        # a crash in between loses one chance to learn the driver's vehicle, and nothing else
        note_start(session, session.evse_id)


def _refused(limit: Limit) -> ServiceError:
    if limit is Limit.CONCURRENT:
        return ServiceError(
            Kind.CONFLICT,
            "concurrent_session",
            "the contract charges elsewhere since the decision; end that session first",
        )
    return ServiceError(
        Kind.CONFLICT, "credit_exhausted", "the contract's budget ran out since the decision"
    )
