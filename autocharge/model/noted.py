"""What is kept of the identifiers that were read in one message."""

from dataclasses import dataclass

from autocharge.model.enrolment import Identifier
from autocharge.model.sighting import Sighting

MAX_IDENTIFIERS = 4
"""Identifiers of one message that are looked at: MAC, EVCCID, VIN and one to spare."""


@dataclass(frozen=True, slots=True)
class NotedIdentifiers:
    """The identifiers of one message, which share its sighting.

    `message_id` is the decision's reference, or a random id where no decision was asked for.
    `enrolment_id` is what the message resolved to, None where nobody enrolled any of them.
    """

    message_id: str
    identifiers: tuple[Identifier, ...]
    sighting: Sighting
    enrolment_id: str | None


@dataclass(frozen=True, slots=True)
class SeenIdentifier:
    """One stored sighting together with its identifier."""

    sighting_id: str
    identifier: Identifier
    sighting: Sighting
    enrolment_id: str | None

    @property
    def message_id(self) -> str:
        """What the identifiers that were read together have in common."""
        return self.sighting_id.partition(":")[0]
