"""Recorded decisions as CSV or JSON lines, a page in memory at a time."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from authorization.api.decision_schemas import (
    EXPORT_COLUMNS,
    ExportFormat,
    csv_row,
    shown_payload,
)
from authorization.operations.list_decisions import ShownDecision
from foundation.spreadsheet import csv_text

MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON_LINES: "application/jsonl",
}


def exported(
    pages: Iterable[Sequence[ShownDecision]], export_format: ExportFormat
) -> Iterator[tuple[int, bytes]]:
    """Yield for each page how many decisions it holds and its bytes; CSV has a header before.

    What a spreadsheet might run as a formula has an apostrophe in front of it in CSV.
    """
    if export_format is ExportFormat.CSV:
        yield 0, csv_text([EXPORT_COLUMNS]).encode()
    for page in pages:
        payloads = [shown_payload(shown) for shown in page]
        if export_format is ExportFormat.CSV:
            yield len(page), csv_text(csv_row(payload) for payload in payloads).encode()
        else:
            lines = [orjson.dumps(payload, option=orjson.OPT_UTC_Z) for payload in payloads]
            yield len(page), b"\n".join(lines) + b"\n"
