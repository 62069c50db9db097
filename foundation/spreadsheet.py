"""CSV that people open in spreadsheets, which run what looks like a formula."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width ones count as well
"""What a cell begins with that a spreadsheet may run (OWASP, CSV Injection)."""


def begins_formula(text: str) -> bool:
    """Whether a spreadsheet may take the cell for a formula; blanks before it do not help."""
    return text.lstrip(" \u00a0").startswith(FORMULA_STARTS)


def as_text(cell: str) -> str:
    """Return the cell so that spreadsheets show it: a formula gets an apostrophe in front."""
    return "'" + cell if begins_formula(cell) else cell


def csv_text(rows: Iterable[Sequence[str | int | None]]) -> str:
    """Return rows as CSV (RFC 4180, CRLF); texts that could be formulas are neutralised."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([as_text(c) if isinstance(c, str) else c for c in row] for row in rows)
    return text.getvalue()
