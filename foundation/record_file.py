"""Files of records that participants send in bulk: JSON lines, or CSV with a header.

In CSV a quoted value may run over several lines, and an empty one is left out; values are separated
by what separates the header's: a comma, a semicolon or a tab. A byte order mark at the beginning is
passed over. Nothing of a file is held but one record.
"""

import csv
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import orjson

from foundation.errors import Kind, Refused, ServiceError


class FileFormat(StrEnum):
    """How a file is written."""

    JSON_LINES = "jsonl"
    CSV = "csv"


class LineSource(Protocol):
    """What a file is read through."""

    def readline(self, limit: int, /) -> bytes:
        """Return up to `limit` bytes, at most to the next line feed; nothing at the end."""


@dataclass(frozen=True, slots=True)
class RecordForm:
    """The members that a record must and may have, and how many bytes it has at most.

    Members are texts, but those in `lists`, whose values stand in CSV with blanks between them.
    """

    required: frozenset[str]
    optional: frozenset[str]
    maximum_bytes: int
    lists: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        """Every member that a record may have."""
        return self.required | self.optional


Members = Mapping[str, object]
_Line = tuple[int, bytes | None]

SEPARATORS = (",", ";", "\t")
"""What separates values; spreadsheets write a semicolon where the comma is a decimal sign."""


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns of a CSV file in their order, and what stands between values."""

    columns: list[str]
    separator: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record that begins in line `line` (from 1): its members, or why it cannot be read."""

    line: int
    members: Members | Refused


def read_records(file: LineSource, file_format: FileFormat, form: RecordForm) -> Iterator[Record]:
    """Yield the records of a file in their order; blank lines are none.

    A record that cannot be read does not keep the others from being read. Raises MALFORMED
    `invalid_header` for a CSV file whose header names unknown columns or lacks one.
    """
    lines = _lines(file, form.maximum_bytes)
    if file_format is FileFormat.JSON_LINES:
        for line, raw in lines:
            if raw is None or raw.strip():
                yield Record(line, _read(raw, _json_members, form))
        return
    header = _header(lines, form)
    for line, raw in _csv_records(lines, form.maximum_bytes):
        yield Record(line, _read(raw, lambda text: _csv_members(text, header, form), form))


def text_of(members: Members, name: str) -> str | None:
    """Return a member that is a text; None where it is left out."""
    value = members.get(name)
    return value if isinstance(value, str) else None


def _read(
    raw: bytes | None, parse: Callable[[bytes], Members], form: RecordForm
) -> Members | Refused:
    if raw is None:
        return Refused(
            "record_too_long", f"a record may have {form.maximum_bytes} bytes; split the file"
        )
    try:
        members = parse(raw)
        _require_members(members, form)
    except ServiceError as refusal:
        return Refused(refusal.code, refusal.detail, refusal.fields)
    return members


def _lines(file: LineSource, maximum: int) -> Iterator[_Line]:
    """Yield number and bytes of each line; None for one that is too long, which is skipped."""
    number = 0
    while chunk := file.readline(maximum + 1):
        number += 1
        if len(chunk) <= maximum or chunk.endswith(b"\n"):
            yield number, chunk.removeprefix(BOM_UTF8) if number == 1 else chunk
            continue
        while chunk and not chunk.endswith(b"\n"):
            chunk = file.readline(maximum)
        yield number, None


def _json_members(raw: bytes) -> Members:
    try:
        members = orjson.loads(raw)
    except orjson.JSONDecodeError:
        members = None
    if not isinstance(members, dict):
        raise ServiceError(Kind.MALFORMED, "invalid_record", "a line is one JSON object")
    return members


def _header(lines: Iterator[_Line], form: RecordForm) -> _Header:
    _, raw = next(lines, (0, b""))
    for separator in SEPARATORS:
        columns = next(iter(_rows(raw or b"", separator)), [])
        has_once = len(set(columns)) == len(columns)
        if set(columns) >= form.required and set(columns) <= form.known and has_once:
            return _Header(columns, separator)
    raise ServiceError(
        Kind.MALFORMED,
        "invalid_header",
        f"the first line names the columns: {', '.join(sorted(form.required))}, and of "
        f"{', '.join(sorted(form.optional))} those that are used",
    )


def _rows(raw: bytes, separator: str) -> list[list[str]]:
    """Return the rows of a record's text, which are one, or none where it cannot be read."""
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
        return list(csv.reader([text], delimiter=separator, strict=True))
    except (csv.Error, UnicodeDecodeError):
        return []


def _csv_records(lines: Iterator[_Line], maximum: int) -> Iterator[_Line]:
    """Yield first line and bytes of each record: lines until every quote is closed."""
    pending: deque[_Line] = deque()

    def following() -> _Line:
        return pending.popleft() if pending else next(lines, (0, None))

    while True:
        start, raw = following()
        if start == 0:
            return
        if raw is None:
            yield start, None
            continue
        if not raw.strip():
            continue
        parts, size = [raw], len(raw)
        taken: list[_Line] = []
        is_open = raw.count(b'"') % 2 == 1
        while is_open:
            number, more = following()
            size += len(more or b"")
            if number == 0 or more is None or size > maximum:
                # the quote is never closed: the fault is its line's, what follows is read anew
                pending.extendleft(reversed([*taken, *([(number, more)] if number else [])]))
                parts = [raw]
                break
            taken.append((number, more))
            parts.append(more)
            is_open ^= more.count(b'"') % 2 == 1
        yield start, b"".join(parts)


def _csv_members(raw: bytes, header: _Header, form: RecordForm) -> Members:
    rows = _rows(raw, header.separator)
    if len(rows) != 1 or len(rows[0]) != len(header.columns):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_record",
            f"a record has {len(header.columns)} values, as many as the header, in UTF-8",
        )
    return {
        name: value.split() if name in form.lists else value
        for name, value in zip(header.columns, rows[0], strict=True)
        if value
    }


def _require_members(members: Members, form: RecordForm) -> None:
    wrong = {name: "unknown" for name in list(members)[:20] if name not in form.known}
    wrong |= {name: "missing" for name in form.required if members.get(name) is None}
    wrong |= {
        name: "not a text"
        for name in form.known - form.lists
        if members.get(name) is not None and not isinstance(members[name], str)
    }
    if wrong:
        fields = {name[:40]: fault for name, fault in wrong.items()}
        raise ServiceError(
            Kind.MALFORMED, "invalid_record", "the record has not the documented members", fields
        )
