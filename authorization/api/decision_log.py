"""`/v1/decisions`: recorded decisions, by pages and as files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.decision_export import MEDIA_TYPES, exported
from authorization.api.decision_schemas import (
    DecisionsBody,
    DecisionsQuery,
    ExplanationBody,
    ExportFormat,
    ExportQuery,
    explanation_payload,
    shown_payload,
)
from authorization.model.decision_query import Cursor
from authorization.operations.explain_decision import ExplainDecision
from authorization.operations.list_decisions import ListDecisions
from foundation.principal import Principal

_TAG = Tag(name="Decision log", description="What was decided, for whom, and why")
_FILE = {"schema": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class DecisionLogOperations:
    """What the blueprint translates for."""

    list: ListDecisions
    explain: ExplainDecision


class ReferencePath(BaseModel):
    """Path of one decision."""

    reference: str = Field(max_length=36)


def decision_log_blueprint(
    operations: DecisionLogOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint(
        "decision_log", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )

    @blueprint.get(
        "/v1/decisions", summary="List recorded decisions", responses={200: DecisionsBody}
    )
    def list_decisions(query: DecisionsQuery) -> Response:
        """Newest first: for operators those at their stations, for providers those of their
        contracts, for administrators and auditors all.
        """
        after = None if query.after is None else Cursor.parse(query.after)
        shown, following = operations.list(principal(), query.to_filter(), after, query.limit)
        body = {
            "decisions": [shown_payload(one) for one in shown],
            "next": None if following is None else str(following),
        }
        return Response(
            orjson.dumps(body, option=orjson.OPT_UTC_Z), content_type="application/json"
        )

    @blueprint.get(
        "/v1/decisions/export",
        summary="Get recorded decisions as a file",
        responses={200: {"content": {"text/csv": _FILE, "application/jsonl": _FILE}}},
    )
    def export_decisions(query: ExportQuery) -> Response:
        """All that `GET /v1/decisions` would show page by page, newest first. In CSV, what a
        spreadsheet might run as a formula has an apostrophe in front.
        """
        pages = operations.list.all(principal(), query.to_filter())

        def content() -> Iterator[bytes]:
            for _, part in exported(pages, query.format):
                yield part

        answer = Response(content(), content_type=MEDIA_TYPES[query.format])
        name = "decisions.csv" if query.format is ExportFormat.CSV else "decisions.jsonl"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @blueprint.get(
        "/v1/authorizations/<reference>/explanation",
        summary="Explain a decision",
        responses={200: ExplanationBody},
    )
    def explain_decision(path: ReferencePath) -> Response:
        """In plain words and as JSON: what it was made from, why it came out so, and whether the
        rules of now make the same of it. For whoever may read the decision; how the contract
        stood is for its provider, administrators and auditors.
        """
        explained = operations.explain(principal(), path.reference)
        return Response(
            orjson.dumps(explanation_payload(explained), option=orjson.OPT_UTC_Z),
            content_type="application/json",
        )

    return blueprint
