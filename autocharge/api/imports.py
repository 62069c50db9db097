"""`/v1/autocharge/imports`: files of enrolments, how far they are read, and what came of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from autocharge.api.import_schemas import (
    CsvReportQuery,
    ImportBody,
    ImportPageQuery,
    ImportPath,
    ImportsBody,
    ReportBody,
    ReportQuery,
)
from autocharge.model.enrolment_import import REPORT_COLUMNS, report_rows
from autocharge.operations.read_imports import ReadImports
from autocharge.operations.receive_import import ReceiveImport
from autocharge.operations.undo_import import UndoImport
from foundation.bulk_route import described_file
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from foundation.spreadsheet import csv_text

CSV = "text/csv"
_TAG = Tag(name="Autocharge imports", description="Files of vehicle identifiers")
_DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class ImportOperations:
    """What the blueprint translates for."""

    receive: ReceiveImport
    read: ReadImports
    undo: UndoImport


def imports_blueprint(
    operations: ImportOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that every route may answer.

    Another client's import is answered 404, as one that does not exist.
    """
    blueprint = APIBlueprint("imports", __name__, abp_tags=[_TAG], abp_responses=problem_responses)
    _add_receipt(blueprint, operations, principal)
    _add_reading(blueprint, operations, principal)

    @blueprint.post(
        "/v1/autocharge/imports/<import_id>/undo",
        summary="Undo an import",
        responses={202: ImportBody},
    )
    def undo_import(path: ImportPath) -> Response:
        """Exactly what it added is removed, unless it was changed since; the report says which."""
        return _json(ImportBody.of(operations.undo(principal(), path.import_id)), 202)

    return blueprint


def _add_receipt(
    blueprint: APIBlueprint, operations: ImportOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/imports",
        summary="Import a file of vehicle identifiers",
        responses={202: ImportBody},
        openapi_extensions=described_file(
            _DRY_RUN, "A file of identifiers; docs/autocharge.md has its columns", CSV
        ),
    )
    def receive_import() -> Response:
        """It is read in the background; `Location` says where its progress shows."""
        asker = principal()
        asker.require_role(ClientRole.MO)  # before anything of the body is read
        if request.mimetype != CSV:
            raise ServiceError(
                Kind.UNSUPPORTED, "body_not_csv", f"send the file as `Content-Type: {CSV}`"
            )
        dry_run = request.args.get(_DRY_RUN, "false")
        if dry_run not in {"true", "false"} or set(request.args) - {_DRY_RUN}:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                f"the query has `{_DRY_RUN}`, true or false, and nothing else",
            )
        received = operations.receive(
            asker,
            request.environ["wsgi.input"],
            dry_run=dry_run == "true",
            declared=request.content_length,
        )
        answer = _json(ImportBody.of(received), 202)
        answer.headers["Location"] = f"/v1/autocharge/imports/{received.import_id}"
        return answer


def _add_reading(
    blueprint: APIBlueprint, operations: ImportOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.get("/v1/autocharge/imports", summary="List imports", responses={200: ImportsBody})
    def list_imports(query: ImportPageQuery) -> Response:
        """Imports that the client itself sent, the newest first."""
        return _json(ImportsBody.of(operations.read(principal(), query.after, query.limit)))

    @blueprint.get(
        "/v1/autocharge/imports/<import_id>",
        summary="Show how far an import has come",
        responses={200: ImportBody},
    )
    def show_import(path: ImportPath) -> Response:
        """It is over when `state` is finished, stopped or undone."""
        return _json(ImportBody.of(operations.read.by_id(principal(), path.import_id)))

    @blueprint.get(
        "/v1/autocharge/imports/<import_id>/report",
        summary="Read what became of each line",
        responses={200: ReportBody},
    )
    def read_report(path: ImportPath, query: ReportQuery) -> Response:
        """Lines appear as they are read."""
        page = operations.read.lines(
            principal(), path.import_id, query.outcome, query.after, query.limit
        )
        return _json(ReportBody.of(page))

    @blueprint.get(
        "/v1/autocharge/imports/<import_id>/report.csv",
        summary="Get the whole report for a spreadsheet",
        responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
    )
    def download_report(path: ImportPath, query: CsvReportQuery) -> Response:
        """What a spreadsheet might run as a formula has an apostrophe in front."""
        pages = operations.read.all_lines(principal(), path.import_id, query.outcome)

        def text() -> Iterator[str]:
            yield csv_text([REPORT_COLUMNS])
            for page in pages:
                yield csv_text(report_rows(page))

        answer = Response(text(), content_type=f"{CSV}; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="report.csv"'
        return answer


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
