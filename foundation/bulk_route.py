"""Requests whose body is a file of records, and how the API description has them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

import orjson
from flask import Response, request
from pydantic import BaseModel, Field, create_model

from foundation.errors import Kind, ServiceError
from foundation.line_report import LineReport, bulk_report
from foundation.record_file import FileFormat, LineSource

_FORMATS = {
    "application/x-ndjson": FileFormat.JSON_LINES,
    "application/jsonl": FileFormat.JSON_LINES,
    "text/csv": FileFormat.CSV,
}


class ReportedLine(BaseModel):
    """What became of the record that begins in a line of a file."""

    line: int
    emaid: str | None = Field(None, description="The contract, where the file is of contracts")
    outcome: str
    code: str | None = Field(None, description="Why it was refused, for machines")
    detail: str | None = None
    fields: dict[str, str] = Field(default_factory=dict, description="Input -> what is wrong")


def described_file(
    dry_run: str, what: str, media_type: str = "application/x-ndjson"
) -> dict[str, Any]:
    """Return what OpenAPI says of a request with a file: the query's `dry_run`, and the body.

    Of one media type: of several, all of them octets, a generated client cannot choose.
    """
    schema = {"type": "string", "format": "binary", "description": what}
    return {
        "parameters": [
            {
                "name": dry_run,
                "in": "query",
                "required": False,
                "description": "Say what would become of each record, and change nothing",
                "schema": {"type": "boolean", "default": False},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {media_type: {"schema": schema}},
        },
    }


@dataclass(frozen=True, slots=True)
class BulkRoute:
    """Of what a request may have how much (`records` is a plural), and what may become of a line.

    `dry_run` is the name of the query's member; `command` does the same without these bounds.
    """

    records: str
    maximum_bytes: int
    maximum_lines: int
    dry_run: str
    command: str
    outcomes: type[StrEnum]

    @property
    def report_body(self) -> type[BaseModel]:
        """The schema of an answer: how many records met each outcome, and every line."""
        counts: dict[str, Any] = {outcome.value: (int, ...) for outcome in self.outcomes}
        return create_model(
            f"{self.records.capitalize()}Report",
            __doc__=f"What became of a file of {self.records}.",
            dry_run=(bool, ...),
            **counts,
            lines=(list[ReportedLine], ...),
        )

    def described(self) -> dict[str, Any]:
        """Return what OpenAPI says of the request."""
        return described_file(
            self.dry_run,
            f"A file of {self.records}, of {self.maximum_bytes} bytes and {self.maximum_lines} "
            "lines at most: JSON lines or, sent as `text/csv`, CSV with a header",
        )

    def answer(
        self, work: Callable[[LineSource, FileFormat, bool], Iterable[LineReport]]
    ) -> Response:
        """Read the request, have `work` do it (file, format, whether it is a dry run), report.

        Raises UNSUPPORTED, MALFORMED, TOO_LARGE, and what `work` raises.
        """
        file_format = _FORMATS.get(request.mimetype)
        if file_format is None:
            raise ServiceError(
                Kind.UNSUPPORTED,
                f"body_not_{self.records}",
                f"send the {self.records} as one of {', '.join(_FORMATS)}",
            )
        is_dry = self.is_dry()
        return self.report(work(BytesIO(self.body()), file_format, is_dry), is_dry)

    def is_dry(self) -> bool:
        """Return whether the query asks for a dry run; raises MALFORMED (`invalid_request`)."""
        dry_run = request.args.get(self.dry_run, "false")
        if dry_run not in {"true", "false"} or set(request.args) - {self.dry_run}:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                f"the query has `{self.dry_run}`, true or false, and nothing else",
            )
        return dry_run == "true"

    def report(self, reports: Iterable[LineReport], is_dry: bool) -> Response:
        """Return what became of the lines."""
        told = bulk_report(reports, self.outcomes, dry_run=is_dry)
        return Response(orjson.dumps(told), 200, content_type="application/json")

    def body(self) -> bytes:
        """Return the request's body; raises TOO_LARGE past the bounds."""
        body: bytes = request.environ["wsgi.input"].read(self.maximum_bytes + 1)
        if len(body) > self.maximum_bytes or body.count(b"\n") > self.maximum_lines:
            raise ServiceError(
                Kind.TOO_LARGE,
                f"too_many_{self.records}",
                f"a request may have {self.maximum_bytes} bytes and {self.maximum_lines} lines; "
                f"split the file, or have the operator run `{self.command}`",
            )
        return body
