"""What an Autocharge decision leaves behind beside itself."""

from dataclasses import dataclass
from datetime import datetime

from autocharge.model.enrolment import Identifier
from autocharge.model.features import Features
from autocharge.model.noted import NotedIdentifiers
from autocharge.model.risk import Assessment
from autocharge.model.step_up import StepUp, StepUpAnswer
from foundation.events import Event


@dataclass(frozen=True, slots=True)
class RecordedAssessment:
    """What the risk was measured as and judged by, kept so that other rules can be tried on it.

    `shadow` is what the candidate rules of the time would have said, None where there were none.
    """

    reference: str
    assessed_at: datetime
    features: Features
    assessment: Assessment
    shadow: Assessment | None = None


@dataclass(frozen=True, slots=True)
class AskedStepUp:
    """A question to a driver, and the identifier that it is about."""

    step_up: StepUp
    identifier: Identifier


@dataclass(frozen=True, slots=True)
class AnsweredStepUp:
    """An answer to an open question; one that was answered meanwhile keeps its first answer."""

    reference: str
    answer: StepUpAnswer
    answered_at: datetime
    answered_by: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What is kept in one transaction with a decision: all of it or nothing."""

    noted: NotedIdentifiers | None = None
    assessment: RecordedAssessment | None = None
    asked: AskedStepUp | None = None
    answered: tuple[AnsweredStepUp, ...] = ()
    events: tuple[Event, ...] = ()


NO_TRACE = Trace()
