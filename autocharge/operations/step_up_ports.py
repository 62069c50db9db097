"""What step-ups need from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Identifier
from autocharge.model.step_up import StepUp, StepUpAnswer
from foundation.events import EventLog
from foundation.lookup import Lookup


class StepUpReader(Protocol):
    """Committed step-ups, read outside any unit of work."""

    def of_identifier(self, identifier: Identifier, since: datetime) -> Lookup[Sequence[StepUp]]:
        """Look for the newest step-ups about an identifier that were asked after `since`."""

    def waiting(self, contract_id: str, station_id: str, now: datetime) -> Sequence[StepUp]:
        """Return what waits for an answer of a contract's driver at a station."""

    def find(self, reference: str) -> StepUp | None:
        """Return the step-up."""


class StepUpRepository(Protocol):
    """Step-ups inside a unit of work."""

    def lock(self, reference: str) -> StepUp | None:
        """Return the step-up and keep others from changing it until the unit of work ends."""

    def answer(
        self, reference: str, answer: StepUpAnswer, answered_at: datetime, answered_by: str
    ) -> None:
        """Store the answer."""


class StepUpUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def step_ups(self) -> StepUpRepository:
        """The step-ups as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenStepUpUnitOfWork = Callable[[], AbstractContextManager[StepUpUnitOfWork]]
