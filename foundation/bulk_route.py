"""Requests whose body is a file of records; no JSON document, so no API description has them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import orjson
from flask import Response, request

from foundation.errors import Kind, ServiceError
from foundation.line_report import LineReport, bulk_report
from foundation.record_file import FileFormat, LineSource

_FORMATS = {
    "application/x-ndjson": FileFormat.JSON_LINES,
    "application/jsonl": FileFormat.JSON_LINES,
    "text/csv": FileFormat.CSV,
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
