"""What the operations on sessions share: whose session it is, times in order, what to tell."""

from dataclasses import replace
from datetime import datetime, timedelta

from authorization.model.session import EndedBy, Session
from authorization.operations.ports import UnitOfWork
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal

CLOCK_SKEW = timedelta(minutes=5)  # our judgement: stations set their clocks from their CPMS


def own_session(principal: Principal, session: Session | None) -> Session:
    """Return the session; NOT_FOUND (`session_not_found`) where it is no operator's own."""
    if session is None or not principal.acts_for_operator(session.operator_id):
        raise ServiceError(Kind.NOT_FOUND, "session_not_found", "none of your sessions has this id")
    return session


def check_order(earliest: datetime, moment: datetime, latest: datetime, name: str) -> None:
    """Raise INVALID (`time_out_of_order`) naming the field, unless the moments are in order."""
    if not earliest <= moment <= latest:
        raise ServiceError(
            Kind.INVALID,
            "time_out_of_order",
            "a session begins after its decision and ends after its beginning, not in the future",
            {name: "out of order"},
        )


def tell(
    work: UnitOfWork,
    type_: str,
    session: Session,
    provider_id: str | None,
    principal: Principal,
    now: datetime,
) -> None:
    """Append the event `type_` about a session to the unit of work, by references only."""
    owners = (session.operator_id,) if provider_id is None else (session.operator_id, provider_id)
    work.events.append(
        Event(type_, now, principal.client_id, owners, {"session_id": session.session_id})
    )


def close_unheard(
    work: UnitOfWork, principal: Principal, session: Session, ended_by: EndedBy, now: datetime
) -> None:
    """Close an open session that must be over, at the time when it was last heard of."""
    ended_at = max(session.started_at, session.heard_at)
    ended = replace(session, ended_at=ended_at, ended_by=ended_by)
    work.sessions.put(ended)
    tell(work, "session.ended", ended, None, principal, now)
