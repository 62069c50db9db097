"""Files of contracts that a provider has provisioned in bulk.

A record has `emaid` and `pcid`, and may have `schema` (`iso15118-2`, which it is if left out, or
`iso15118-20`) and `valid_until` (RFC 3339; the contract's end stays as it is, if left out).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from exi.schema import Schema
from foundation.clock import parse_time
from foundation.errors import Kind, Refused, ServiceError
from foundation.record_file import (
    FileFormat,
    LineSource,
    Members,
    RecordForm,
    read_records,
    text_of,
)

MAXIMUM_RECORD_BYTES = 1024
"""Own judgement: the longest of all four members have some 150 bytes."""

EMAID, PCID, SCHEMA, VALID_UNTIL = "emaid", "pcid", "schema", "valid_until"
_FORM = RecordForm(
    required=frozenset({EMAID, PCID}),
    optional=frozenset({SCHEMA, VALID_UNTIL}),
    maximum_bytes=MAXIMUM_RECORD_BYTES,
)
_REPEATABLE = re.compile(r"[A-Za-z][A-Za-z0-9*-]{10,17}")


@dataclass(frozen=True, slots=True)
class ContractToProvision:
    """A contract (EMAID in any spelling) for a vehicle (PCID); `ends` changes its end."""

    emaid: str = field(repr=False)
    pcid: str = field(repr=False)
    schema: Schema
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """A record that begins in line `line` (from 1): the contract, or why it cannot be read.

    `emaid` is what the file calls it, for the report; None where that has not the letters of an
    EMAID: a report is opened in terminals and spreadsheets, which obey what they are shown.
    """

    line: int
    emaid: str | None = field(repr=False)
    contract: ContractToProvision | Refused


def read_contracts(file: LineSource, file_format: FileFormat) -> Iterator[ContractRecord]:
    """Yield the records of a file in their order; blank lines are none.

    A record that cannot be read does not keep the others from being read. Raises MALFORMED
    `invalid_header` for a CSV file whose header names unknown columns or lacks one.
    """
    for record in read_records(file, file_format, _FORM):
        if isinstance(record.members, Refused):
            yield ContractRecord(record.line, None, record.members)
        else:
            emaid = text_of(record.members, EMAID) or ""
            named = emaid if _REPEATABLE.fullmatch(emaid) else None
            yield ContractRecord(record.line, named, _read(record.members))


def _read(members: Members) -> ContractToProvision | Refused:
    try:
        return ContractToProvision(
            emaid=text_of(members, EMAID) or "",
            pcid=text_of(members, PCID) or "",
            schema=_schema(text_of(members, SCHEMA)),
            ends=_instant(text_of(members, VALID_UNTIL)),
        )
    except ServiceError as refusal:
        return Refused(refusal.code, refusal.detail, refusal.fields)


def _schema(text: str | None) -> Schema:
    if text is None:
        return Schema.ISO15118_2
    try:
        return Schema(text)
    except ValueError:
        raise _invalid(SCHEMA, f"one of {', '.join(Schema)}") from None


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_time(text)
    except (ValueError, OverflowError):
        raise _invalid(VALID_UNTIL, "an instant as 2026-12-01T00:00:00Z") from None


def _invalid(name: str, wanted: str) -> ServiceError:
    return ServiceError(
        Kind.MALFORMED, "invalid_record", f"write {name} as {wanted}", {name: "not so written"}
    )
