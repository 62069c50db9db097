"""Who may see and end a quarantine, and what is told of it.

Its random id says nothing about whose it is, so a stranger is told NOT_FOUND, as for an id that
does not exist.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from autocharge.model.enrolment import Enrolment
from autocharge.model.quarantine import MAX_REASON_CHARACTERS, Quarantine
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal


def shown_to(principal: Principal, quarantine: Quarantine, enrolments: Sequence[Enrolment]) -> bool:
    """Whether the principal may read a quarantine of the identifier of these enrolments."""
    if principal.reads_everything:
        return True
    if quarantine.provider_id is not None:
        return principal.acts_for_provider(quarantine.provider_id)
    return any(principal.acts_for_provider(enrolment.provider_id) for enrolment in enrolments)


def quarantine_unknown() -> ServiceError:
    """Return the NOT_FOUND for a quarantine that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "quarantine_unknown",
        "your client has no such quarantine; list your quarantines to find it",
    )


def require_owner(principal: Principal) -> None:
    """Raise FORBIDDEN unless the client is a provider or an administrator."""
    principal.require_role(ClientRole.MO)


def parse_reason(text: str) -> str:
    """Return a person's reason: 1 to 200 characters that can be printed; raises MALFORMED."""
    reason = text.strip()
    if not 1 <= len(reason) <= MAX_REASON_CHARACTERS or not reason.isprintable():
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_reason",
            f"give the reason in 1 to {MAX_REASON_CHARACTERS} printable characters on one line",
            {"reason": "empty, too long or unprintable"},
        )
    return reason


def quarantine_events(
    event_type: str,
    quarantine: Quarantine,
    enrolments: Iterable[Enrolment],
    client_id: str,
    now: datetime,
) -> Iterator[Event]:
    """Yield one event for each enrolment that a quarantine is about, and one where there is none.

    They name quarantine and enrolment by their random ids; the EMAID stands in the sealed part.
    A person's reason is not told: it is free text.
    """
    subject = {"quarantine_id": quarantine.quarantine_id, "cause": quarantine.cause.value}
    if quarantine.operator_id is not None:
        subject["operator_id"] = quarantine.operator_id
    concerned = [
        enrolment
        for enrolment in enrolments
        if quarantine.provider_id in {None, enrolment.provider_id}
    ]
    for enrolment in concerned:
        yield Event(
            event_type,
            now,
            client_id,
            (enrolment.provider_id,),
            {**subject, "enrolment_id": enrolment.enrolment_id},
            {"emaid": enrolment.emaid.canonical},
        )
    if not concerned:
        owners = () if quarantine.provider_id is None else (quarantine.provider_id,)
        yield Event(event_type, now, client_id, owners, subject)
