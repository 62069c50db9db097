"""The life of an enrolment as one table: states, what may happen in each, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from autocharge.model.enrolment import EnrolmentStatus
from foundation.errors import Refused


class EnrolmentEvent(StrEnum):
    """What happens to an enrolment.

    `end` is the end of its contract, `release` the holder's giving up in an owner challenge,
    `reorder` another place among the enrolments of its vehicle, `switch_off` and `switch_on` the
    provider's switch for the vehicle.
    """

    ENROL = "enrol"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPLACE = "replace"
    REORDER = "reorder"
    SWITCH_OFF = "switch_off"
    SWITCH_ON = "switch_on"
    REMOVE = "remove"
    RELEASE = "release"
    END = "end"
    ERASE = "erase"


class Reason(StrEnum):
    """Why it happened: one of few words, as a text of one's own could name a vehicle or driver."""

    REQUESTED = "requested"
    CUSTOMER_REQUEST = "customer_request"
    VEHICLE_SOLD = "vehicle_sold"
    CONTROLLER_CHANGED = "controller_changed"
    FRAUD_SUSPECTED = "fraud_suspected"
    FIRST_SESSION = "first_session"
    OWNER_CHALLENGE = "owner_challenge"
    CONTRACT_TERMINATED = "contract_terminated"
    IMPORT = "import"
    IMPORT_UNDONE = "import_undone"
    ERASURE_REQUEST = "erasure_request"


_ABSENT, _ACTIVE, _SUSPENDED = None, EnrolmentStatus.ACTIVE, EnrolmentStatus.SUSPENDED
_REMOVED = EnrolmentStatus.REMOVED

_ENDS = (EnrolmentEvent.REMOVE, EnrolmentEvent.RELEASE, EnrolmentEvent.END, EnrolmentEvent.ERASE)
_STAYS = (
    EnrolmentEvent.REPLACE,
    EnrolmentEvent.REORDER,
    EnrolmentEvent.SWITCH_OFF,
    EnrolmentEvent.SWITCH_ON,
)

TRANSITIONS: Mapping[tuple[EnrolmentStatus | None, EnrolmentEvent], EnrolmentStatus] = (
    MappingProxyType(
        {
            (_ABSENT, EnrolmentEvent.ENROL): _ACTIVE,
            (_ACTIVE, EnrolmentEvent.SUSPEND): _SUSPENDED,
            (_SUSPENDED, EnrolmentEvent.SUSPEND): _SUSPENDED,
            (_SUSPENDED, EnrolmentEvent.RESUME): _ACTIVE,
            (_ACTIVE, EnrolmentEvent.RESUME): _ACTIVE,
            **{(state, event): state for state in (_ACTIVE, _SUSPENDED) for event in _STAYS},
            **{(state, event): _REMOVED for state in (_ACTIVE, _SUSPENDED) for event in _ENDS},
        }
    )
)
"""State (None: there is no enrolment yet) and event -> state. What is not here is refused."""

_REPETITIONS = frozenset({(_SUSPENDED, EnrolmentEvent.SUSPEND), (_ACTIVE, EnrolmentEvent.RESUME)})
"""What asks for the state that there is: nothing happens and nothing is written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step. `happens` is False where it asks for what is so already."""

    before: EnrolmentStatus | None
    event: EnrolmentEvent
    after: EnrolmentStatus
    happens: bool


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of an enrolment's audit trail; it names no vehicle, driver or contract.

    `client_id` is who did it, None where that was another provider's business (a vehicle that
    several share). `reference` is the random id of the challenge, proposal or import behind it.
    """

    enrolment_id: str
    at: datetime
    client_id: str | None
    event: EnrolmentEvent
    before: EnrolmentStatus | None
    after: EnrolmentStatus
    reason: Reason
    reference: str | None = None


def step(state: EnrolmentStatus | None, event: EnrolmentEvent) -> Step | Refused:
    """Return what `event` makes of an enrolment in `state`; None: there is none yet."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        return Refused(
            "transition_not_allowed",
            f"an enrolment that is {state or 'not there'} cannot be changed by {event}",
        )
    return Step(state, event, after, (state, event) not in _REPETITIONS)
