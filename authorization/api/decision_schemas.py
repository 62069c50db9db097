"""What the routes of recorded decisions take and give."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from authorization.api.payloads import record_payload
from authorization.api.schemas import (
    EvseIdText,
    Instant,
    RecordedAuthorization,
    StationId,
    Strict,
)
from authorization.model.decision_query import DecisionFilter
from authorization.model.explanation import StepKind
from authorization.model.outcome import Outcome
from authorization.operations.explain_decision import Explanation
from authorization.operations.list_decisions import MAXIMUM_PAGE, ShownDecision
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvseId

EXPORT_COLUMNS = (
    "reference",
    "decided_at",
    "operator_id",
    "station_id",
    "evse_id",
    "evidence",
    "assurance",
    "outcome",
    "refused_for",
    "certificate_status",
    "evcoid",
    "vehicle",
    "valid_until",
    "reasons",
    "rules_version",
)


class ExportFormat(StrEnum):
    """How decisions are exported."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class FilterQuery(Strict):
    """Which decisions; several conditions all have to hold."""

    emaid: str | None = Field(None, min_length=1, max_length=64, description="In any spelling")
    vehicle: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="As `vehicle` of a decision names it"
    )
    operator_id: str | None = Field(
        None, pattern=r"^[A-Za-z]{2}[A-Za-z0-9]{3}$", description="As DEABC"
    )
    station_id: StationId | None = None
    evse_id: EvseIdText | None = Field(
        None, description="Of decisions that named their EVSE; OCPP's name their station only"
    )
    outcome: Outcome | None = None
    reason: str | None = Field(
        None, pattern=r"^[a-z0-9_]{1,64}$", description="Code of what a refusal was for"
    )
    since: Instant | None = None
    until: Instant | None = Field(None, description="The first moment that no longer counts")

    def to_filter(self) -> DecisionFilter:
        """Parse the identifiers; raises ServiceError MALFORMED that names the field."""
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                "until has to be later than since",
                {"until": "not later than since"},
            )
        return DecisionFilter(
            emaid=None if self.emaid is None else Emaid.parse(self.emaid),
            vehicle=self.vehicle,
            operator_id=None if self.operator_id is None else self.operator_id.upper(),
            station_id=self.station_id,
            evse_id=None if self.evse_id is None else EvseId.parse(self.evse_id).canonical,
            outcome=self.outcome,
            reason=self.reason,
            since=self.since,
            until=self.until,
        )


class DecisionsQuery(FilterQuery):
    """Which decisions, and which page of them."""

    after: str | None = Field(None, max_length=128, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class ExportQuery(FilterQuery):
    """Which decisions, and how to write them."""

    format: ExportFormat = ExportFormat.JSON_LINES


class DecisionBody(RecordedAuthorization):
    """A decision as it was recorded, as its reader may see it."""

    evcoid: str | None = Field(
        description="The contract; null towards an operator that was not told whose vehicle it is"
    )
    vehicle: str | None = Field(
        description="The enrolment's id towards its provider; towards an operator a name that "
        "nobody else has for it. null where no enrolment was found"
    )
    refused_for: str | None = Field(description="Code of the reason that names the outcome")


class DecisionsBody(BaseModel):
    """Some decisions, newest first."""

    decisions: list[DecisionBody]
    next: str | None = Field(description="null: there are no earlier ones")


class ReplayBody(BaseModel):
    """The decision, made again by the rules of now from what was kept."""

    rules_version: str
    same_rules: bool = Field(description="The rules are those of then; else nothing is proven")
    same_outcome: bool
    outcome: Outcome


class ExplanationStepBody(BaseModel):
    """One step, in the order in which it counted."""

    kind: StepKind
    sentences: list[str]


class ExplanationBody(BaseModel):
    """Why a decision came out as it did."""

    decision: RecordedAuthorization
    steps: list[ExplanationStepBody]
    basis: dict[str, Any] = Field(
        description="What it was made from, as far as the reader may see it; certificates and "
        "revocation evidence by SHA-256. Empty for decisions from before this was kept"
    )
    replay: ReplayBody | None = Field(description="null where nothing was kept")


def explanation_payload(explained: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON shows it (`ExplanationBody`), times as datetimes."""
    again = explained.replay
    return {
        "decision": record_payload(explained.record, explained.evcoid),
        "steps": [
            {"kind": step.kind.value, "sentences": list(step.sentences)} for step in explained.steps
        ],
        "basis": explained.basis,
        "replay": None
        if again is None
        else {
            "rules_version": again.rules_version,
            "same_rules": again.same_rules,
            "same_outcome": again.same_outcome,
            "outcome": again.outcome.value,
        },
    }


def shown_payload(shown: ShownDecision) -> dict[str, Any]:
    """Return the decision as JSON shows it (`DecisionBody`), times as datetimes."""
    return record_payload(shown.record, shown.evcoid) | {
        "vehicle": shown.vehicle,
        "refused_for": shown.record.decision.refused_for,
    }


def csv_row(payload: Mapping[str, Any]) -> Sequence[str | None]:
    """Return a decision as EXPORT_COLUMNS have it: reasons as codes, one space between."""
    codes = " ".join(reason["code"] for reason in payload["reasons"])
    cells = {**payload, "reasons": codes}
    return [None if cells[name] is None else _cell(cells[name]) for name in EXPORT_COLUMNS]


def _cell(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
