"""What the operations on recorded decisions need from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authorization.model.decision_query import Cursor, DecisionFilter, Visibility
from authorization.operations.ports import DecisionRecord
from foundation.identifiers import Emaid

EmaidsOf = Callable[[Collection[str]], Mapping[str, Emaid]]
"""The EMAIDs of contracts, by their random ids; those that are gone are left out."""


@dataclass(frozen=True, slots=True)
class NamedContract:
    """The contract that an EMAID names; `contract_id` is None where it is not kept here."""

    emaid: Emaid
    contract_id: str | None = None
    provider_id: str | None = None


class DecisionReader(Protocol):
    """Committed decisions, read outside any unit of work."""

    def page(
        self,
        asked: DecisionFilter,
        named: NamedContract | None,
        enrolment_id: str | None,
        visible: Visibility,
        after: Cursor | None,
        limit: int,
    ) -> Sequence[DecisionRecord]:
        """Return up to `limit` records that are visible, newest first, of those after a page.

        `named` and `enrolment_id` are what the EMAID and the vehicle of the filter stand for.
        Whose contract a refused vehicle or card is, is not told by finding it under an EMAID.
        """

    def oldest(self) -> datetime | None:
        """Return when the oldest decision that is kept was made, None where none is."""


class VehicleNames(Protocol):
    """What an operator calls enrolled vehicles: each operator otherwise."""

    def name(self, operator_id: str, enrolment_id: str) -> str:
        """Return the enrolment's name for the operator, the same each time."""

    def enrolment(self, operator_id: str, name: str) -> str | None:
        """Return the enrolment that the operator calls so, None for anything else."""


ForgetAssessments = Callable[[datetime, int], int]
"""Deletes up to so many assessments of risk from before then; returns how many."""


class DecisionRemains(Protocol):
    """Decisions that have been kept long enough."""

    def delete(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` decisions from before then, in one transaction; return how many.

        A decision stays as long as an open session began with it, or an assessment of risk refers
        to it. A session that ended before then goes with its decision.
        """
