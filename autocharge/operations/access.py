"""Who may touch an enrolment.

Its random id says nothing about its owner, so a stranger is told NOT_FOUND, as for an id that
does not exist.
"""

from datetime import datetime

from autocharge.model.enrolment import Enrolment
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal


def owned(principal: Principal, enrolment: Enrolment | None) -> Enrolment:
    """Return the enrolment if the principal acts for its provider; raise NOT_FOUND otherwise."""
    if enrolment is None or not principal.acts_for_provider(enrolment.provider_id):
        raise enrolment_unknown()
    return enrolment


def enrolment_unknown() -> ServiceError:
    """Return the NOT_FOUND for an enrolment that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "enrolment_unknown",
        "your client has no such enrolment; list your enrolments to find it",
    )


def enrolment_event(
    event_type: str, enrolment: Enrolment, principal: Principal, now: datetime
) -> Event:
    """Return an event about an enrolment, which it names by its random id alone."""
    return Event(
        event_type,
        now,
        principal.client_id,
        (enrolment.provider_id,),
        {"enrolment_id": enrolment.enrolment_id},
    )
