"""Decisions: the list, and one that explains itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context

from authorization.model.decision_query import Cursor, DecisionFilter
from authorization.model.outcome import Outcome, ReasonCode
from authorization.operations.explain_decision import ExplainDecision
from authorization.operations.list_decisions import ListDecisions, ShownDecision
from console.model.roles import Permission
from console.operations.reveal import Reveal
from console.pages.who import actor, person, reader
from console.pages.words import masked
from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvseId
from foundation.spreadsheet import csv_text

PAGE = 50
FIELDS = ("outcome", "reason", "operator_id", "station_id", "evse_id", "since", "until")
COLUMNS = (
    "reference",
    "decided_at",
    "outcome",
    "refused_for",
    "evidence",
    "assurance",
    "operator_id",
    "station_id",
    "evse_id",
    "provider_id",
    "evcoid_masked",
)


@dataclass(frozen=True, slots=True)
class DecisionPages:
    """What these pages translate for."""

    list: ListDecisions
    explain: ExplainDecision
    reveal: Reveal


def decisions_pages(operations: DecisionPages) -> Blueprint:
    """Return the list of decisions and the page of each."""
    pages = Blueprint("decisions", __name__, url_prefix="/decisions")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        principal, asked = reader(), _filter(request.args)
        after = request.args.get("after")
        cursor = Cursor.parse(after) if after else None
        shown, following = operations.list(principal, asked, cursor, PAGE)
        return render_template(
            "decisions.html",
            title="Decisions",
            shown=shown,
            following=following,
            asked={name: request.args.get(name, "") for name in FIELDS},
            outcomes=[outcome.value for outcome in Outcome],
            reasons=sorted(code.value for code in ReasonCode),
        )

    @pages.get("/export.csv")
    def export() -> Response:
        found = operations.list.all(reader(), _filter(request.args))
        response = Response(stream_with_context(_csv(found)), mimetype="text/csv")
        response.headers["Content-Disposition"] = 'attachment; filename="decisions.csv"'
        return response

    @pages.get("/<reference>")
    def show(reference: str) -> str:
        return _page(operations, reference, revealed=False)

    @pages.post("/<reference>/reveal")
    def reveal(reference: str) -> str:
        operations.reveal(actor(Permission.REVEAL), "decision", reference)
        return _page(operations, reference, revealed=True)

    return pages


def _page(operations: DecisionPages, reference: str, *, revealed: bool) -> str:
    explained = operations.explain(reader(), reference)
    return render_template(
        "decision.html",
        title="Decision",
        record=explained.record,
        decision=explained.record.decision,
        evcoid=explained.evcoid,
        steps=explained.steps,
        replay=explained.replay,
        basis=explained.basis,
        revealed=revealed,
        may_reveal=person().may(Permission.REVEAL),
    )


def _filter(arguments: Mapping[str, str]) -> DecisionFilter:
    given = {name: arguments.get(name, "").strip() for name in FIELDS}
    wanted: dict[str, Any] = {}
    if given["outcome"]:
        wanted["outcome"] = _outcome(given["outcome"])
    if given["evse_id"]:
        wanted["evse_id"] = EvseId.parse(given["evse_id"]).canonical
    for name in ("reason", "operator_id", "station_id"):
        if given[name]:
            wanted[name] = given[name]
    for name in ("since", "until"):
        if given[name]:
            wanted[name] = _moment(name, given[name])
    return DecisionFilter(**wanted)


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_outcome",
            f"an outcome is one of {', '.join(Outcome)}",
            {"outcome": "none of them"},
        ) from None


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ServiceError(
            Kind.MALFORMED, "invalid_time", "write a time such as 2026-11-27T09:30", {name: "none"}
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _csv(found: Iterator[Sequence[ShownDecision]]) -> Iterator[str]:
    yield csv_text([COLUMNS])
    for page in found:
        yield csv_text(_row(one) for one in page)


def _row(shown: ShownDecision) -> Sequence[str | None]:
    record, decision = shown.record, shown.record.decision
    return (
        decision.reference,
        decision.decided_at.isoformat(),
        decision.outcome.value,
        decision.refused_for,
        decision.evidence.value,
        decision.assurance.value,
        record.operator_id,
        record.station_id,
        record.evse_id,
        decision.provider_id,
        masked(shown.evcoid) if shown.evcoid else None,
    )
