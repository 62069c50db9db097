"""Resolve a vehicle's identifier to the contract that it was enrolled for."""

from dataclasses import dataclass

from autocharge.model.enrolment import Identifier
from autocharge.model.resolution import Resolution, signals_of, weigh
from autocharge.operations.ports import EnrolmentReader


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look up a MAC, EVCCID or VIN; every call sees what is committed by then.

    Asks nobody's permission: its callers decide on the answer.
    """

    enrolments: EnrolmentReader

    def __call__(self, identifier: Identifier) -> Resolution:
        """Return what the identifier resolves to, with the signals it carries itself."""
        return weigh(self.enrolments.find(identifier), signals_of(identifier))
