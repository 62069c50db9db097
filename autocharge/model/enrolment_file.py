"""Files of enrolments, as a provider has them in a spreadsheet: CSV with a header.

The columns, in any order: `type` (mac, evccid or vin), `value` (the identifier in any spelling),
`emaid` (in any spelling), and if wanted `precedence` (1 to 99, the lower goes first) and `note`,
which is the sender's own and is read over: it is neither stored nor repeated.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from autocharge.model.enrolment import Identifier, parse_identifier
from foundation.errors import Refused, ServiceError
from foundation.identifiers import Emaid
from foundation.record_file import (
    FileFormat,
    LineSource,
    Members,
    RecordForm,
    read_records,
    text_of,
)
from foundation.spreadsheet import begins_formula

TYPE, VALUE, EMAID, PRECEDENCE, NOTE = "type", "value", "emaid", "precedence", "note"

MAXIMUM_RECORD_BYTES = 2048
"""Own judgement: the longest of all five have some 800 characters, of which notes may be wide."""

LONGEST: dict[str, int] = {TYPE: 10, VALUE: 259, EMAID: 18, PRECEDENCE: 2, NOTE: 500}
"""Characters of a value: an EVCCID of ISO 15118-20 has 255 and may have `VID:` in front."""

_PRECEDENCE = re.compile("[1-9][0-9]?")
_FORM = RecordForm(
    required=frozenset({TYPE, VALUE, EMAID}),
    optional=frozenset({PRECEDENCE, NOTE}),
    maximum_bytes=MAXIMUM_RECORD_BYTES,
)


@dataclass(frozen=True, slots=True)
class EnrolmentToImport:
    """An identifier that shall stand for a contract; without `precedence` for no other one."""

    identifier: Identifier = field(repr=False)
    emaid: Emaid
    precedence: int | None


@dataclass(frozen=True, slots=True)
class EnrolmentRecord:
    """A record that begins in line `line` (from 1): the enrolment, or why it cannot be read."""

    line: int
    enrolment: EnrolmentToImport | Refused


def read_enrolments(file: LineSource, after_line: int = 0) -> Iterator[EnrolmentRecord]:
    """Yield the records that begin after line `after_line`, in their order; blank lines are none.

    A record that cannot be read does not keep the others from being read. Raises MALFORMED
    `invalid_header` where the header names unknown columns or lacks one.
    """
    for record in read_records(file, FileFormat.CSV, _FORM):
        if record.line <= after_line:
            continue
        if isinstance(record.members, Refused):
            yield EnrolmentRecord(record.line, record.members)
        else:
            yield EnrolmentRecord(record.line, _read(record.members))


def _read(members: Members) -> EnrolmentToImport | Refused:
    for name in members:
        value = text_of(members, name) or ""
        if len(value) > LONGEST[name]:
            detail = f"a value may have {LONGEST[name]} characters here"
            return Refused("field_too_long", detail, {name: "too long"})
        if begins_formula(value):
            detail = "a spreadsheet would run this: let it not begin with = + - @ or a tab"
            return Refused("formula_in_field", detail, {name: "like a formula"})
    precedence = text_of(members, PRECEDENCE)
    if precedence is not None and not _PRECEDENCE.fullmatch(precedence):
        detail = "write the precedence as a number from 1 to 99"
        return Refused("invalid_precedence", detail, {PRECEDENCE: "no such number"})
    try:
        return EnrolmentToImport(
            parse_identifier((text_of(members, TYPE) or "").lower(), text_of(members, VALUE) or ""),
            Emaid.parse(text_of(members, EMAID) or ""),
            None if precedence is None else int(precedence),
        )
    except ServiceError as refusal:
        return Refused(refusal.code, refusal.detail, refusal.fields)
