"""What is written beside an Autocharge decision, in its transaction; and read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from autocharge.model.features import Features
from autocharge.model.trace import RecordedAssessment, Trace
from autocharge.store.identifier_vault import IdentifierVault
from autocharge.store.sightings import sighting_rows
from autocharge.store.step_ups import answered_row, asked_row
from autocharge.store.tables import assessments
from foundation.database import Row
from foundation.outbox import Outbox

_insert = insert(assessments)
_UNKNOWN = Features().to_json()


@dataclass(frozen=True, slots=True)
class TraceRows:
    """Turns a trace into rows for `Database.append`, in an order that is always the same."""

    vault: IdentifierVault
    outbox: Outbox

    def __call__(self, trace: Trace) -> list[Row]:
        """Return the rows; an empty trace has none."""
        rows: list[Row] = []
        if trace.noted is not None:
            rows += sighting_rows(self.vault, trace.noted)
        if trace.assessment is not None:
            rows.append(_assessment_row(trace.assessment))
        if trace.asked is not None:
            rows.append(asked_row(self.vault, trace.asked))
        rows += [answered_row(answered) for answered in trace.answered]
        rows += [self.outbox.row(event) for event in trace.events]
        return rows


def _assessment_row(recorded: RecordedAssessment) -> Row:
    assessment, shadow = recorded.assessment, recorded.shadow
    return Row(
        _insert,
        {
            "reference": recorded.reference,
            "assessed_at": recorded.assessed_at,
            "features": known_features(recorded.features),
            "action": assessment.action.value,
            "score": assessment.score,
            "reasons": [(reason.code, reason.weight) for reason in assessment.reasons],
            "rules_version": assessment.rules_version,
            "shadow_action": None if shadow is None else shadow.action.value,
            "shadow_version": None if shadow is None else shadow.rules_version,
        },
    )


def known_features(features: Features) -> Mapping[str, Any]:
    """Return the features that say something; `Features.from_json` fills in the others."""
    return {name: value for name, value in features.to_json().items() if value != _UNKNOWN[name]}
