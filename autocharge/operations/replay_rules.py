"""Try a rule file on recorded decisions, and read what a candidate said beside the live one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.comparison import Difference, RecordedAnswer, replay
from autocharge.model.risk import Action, RiskRules
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class ShadowCount:
    """How often the live rules answered `action` and the candidate of the time `shadow`."""

    rules_version: str
    shadow_version: str
    action: Action
    shadow: Action
    count: int


class AssessmentReader(Protocol):
    """Recorded assessments of all providers and operators, without identifiers and places."""

    def since(self, since: datetime) -> Iterator[RecordedAnswer]:
        """Yield what was answered from then on, page by page."""

    def shadow_counts(self, since: datetime) -> Sequence[ShadowCount]:
        """Return how often live and candidate rules gave which answers from then on."""


@dataclass(frozen=True, slots=True)
class ReplayRules:
    """Judge recorded features by a candidate; changes and records nothing."""

    assessments: AssessmentReader

    def __call__(self, principal: Principal, candidate: RiskRules, since: datetime) -> Difference:
        """Return what the candidate would have changed; FORBIDDEN but for those who see all."""
        principal.require_role(ClientRole.AUDITOR)
        return replay(candidate, self.assessments.since(since))


@dataclass(frozen=True, slots=True)
class CountShadow:
    """Count what candidate rules said beside the live ones, as it was recorded."""

    assessments: AssessmentReader

    def __call__(self, principal: Principal, since: datetime) -> Sequence[ShadowCount]:
        """Return the counts; FORBIDDEN but for those who see all."""
        principal.require_role(ClientRole.AUDITOR)
        return self.assessments.shadow_counts(since)
