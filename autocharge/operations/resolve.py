"""Resolve a vehicle's identifier to the contract that it was enrolled for."""

from dataclasses import dataclass

from autocharge.model.enrolment import Identifier
from autocharge.model.resolution import Resolution, Resolved, signals_of, weigh, withheld
from autocharge.operations.ports import EnrolmentReader
from autocharge.operations.quarantine_ports import QuarantineReader


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look up a MAC, EVCCID or VIN; every call sees what is committed by then.

    Asks nobody's permission: its callers decide on the answer.
    """

    enrolments: EnrolmentReader
    quarantines: QuarantineReader

    def __call__(self, identifier: Identifier, operator_id: str | None = None) -> Resolution:
        """Return what the identifier resolves to, with the signals it carries itself.

        `operator_id` (`DEABC`) is whose station read it; None: at a place that is not known,
        where a quarantine that holds at any counts.
        """
        found = weigh(self.enrolments.find(identifier), signals_of(identifier))
        if not isinstance(found, Resolved):
            return found
        return withheld(found, self.quarantines.standing(identifier), operator_id)
