"""What happened, as values that operations append to the outbox in their own transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `type` is a dotted past-tense name (`certificate.issued`). `client_id` did it; `owners` are
    the provider, operator or WMI ids that it concerns. `subject` names what it happened to, by
    references only. What is personal and whoever it concerns has to be told (`emaid`, `pcid`)
    stands in `personal`, which is sealed where it is stored and shown in no log.
    """

    type: str
    occurred_at: datetime
    client_id: str
    owners: tuple[str, ...] = ()
    subject: Mapping[str, str] | None = None
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)


class EventLog(Protocol):
    """Where an operation puts its events; a part of every unit of work that changes something."""

    def append(self, event: Event) -> None:
        """Write the event in the running transaction."""
