"""Files of vehicles that a manufacturer publishes in bulk: JSON lines, or CSV with a header.

Each record has the members of OPCP's addOEMProvCert by their names. Certificates are base64 of DER
or PEM; in CSV a PEM value is quoted and runs over several lines, and the key identifiers of V2G
roots stand in one value with blanks between them. Nothing of a file is held but one record.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import orjson

from contract_service.model.der_text import read_certificate_text
from contract_service.model.provisioning_control import LEAF, NAMESPACE, SUB_CA_1, SUB_CA_2
from contract_service.model.vehicle import VehicleToPublish
from exi.schema import Schema, schema_of
from foundation.errors import Kind, Refused, ServiceError

MAXIMUM_RECORD_BYTES = 16_384
"""Own judgement: three certificates of 1600 bytes have some 7 kB in PEM."""

MAXIMUM_KEY_IDS = 10
"""[V2G2-878]: a vehicle has at most ten V2G roots."""

V2G_ROOTS, PREVIOUS = "v2gRootAuthorityKeyIdentifiers", "previousPcid"
_REQUIRED = frozenset({LEAF, SUB_CA_1})
_KNOWN = _REQUIRED | {SUB_CA_2, NAMESPACE, V2G_ROOTS, PREVIOUS}
_KEY_ID = re.compile(r"[0-9a-f]{2}(?::?[0-9a-f]{2}){0,31}")


class FileFormat(StrEnum):
    """How a file is written."""

    JSON_LINES = "jsonl"
    CSV = "csv"


class LineSource(Protocol):
    """What a file is read through."""

    def readline(self, limit: int, /) -> bytes:
        """Return up to `limit` bytes, at most to the next line feed; nothing at the end."""


@dataclass(frozen=True, slots=True)
class VehicleRecord:
    """A record that begins in line `line` (from 1): the vehicle, or why it cannot be read."""

    line: int
    vehicle: VehicleToPublish | Refused


def read_vehicles(file: LineSource, file_format: FileFormat) -> Iterator[VehicleRecord]:
    """Yield the records of a file in their order; blank lines are none.

    A record that cannot be read does not keep the others from being read. Raises MALFORMED
    `invalid_header` for a CSV file whose header names unknown columns or lacks one.
    """
    lines = _lines(file)
    if file_format is FileFormat.JSON_LINES:
        for line, raw in lines:
            if raw is None or raw.strip():
                yield VehicleRecord(line, _read(raw, _json_members))
        return
    header = _header(lines)
    for line, raw in _csv_records(lines):
        yield VehicleRecord(line, _read(raw, lambda text: _csv_members(text, header)))


def key_ids(texts: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return key identifiers as they are stored: lower-case hex, each once, in order."""
    return tuple(dict.fromkeys(text.replace(":", "").lower() for text in texts))


Members = Mapping[str, object]


def _read(raw: bytes | None, parse: Callable[[bytes], Members]) -> VehicleToPublish | Refused:
    if raw is None:
        return Refused(
            "record_too_long", f"a record may have {MAXIMUM_RECORD_BYTES} bytes; split the file"
        )
    try:
        return _vehicle(parse(raw))
    except ServiceError as refusal:
        return Refused(refusal.code, refusal.detail, refusal.fields)


def _lines(file: LineSource) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and bytes of each line; None for one that is too long, which is skipped."""
    number = 0
    while chunk := file.readline(MAXIMUM_RECORD_BYTES + 1):
        number += 1
        if len(chunk) <= MAXIMUM_RECORD_BYTES or chunk.endswith(b"\n"):
            yield number, chunk
            continue
        while chunk and not chunk.endswith(b"\n"):
            chunk = file.readline(MAXIMUM_RECORD_BYTES)
        yield number, None


def _json_members(raw: bytes) -> Members:
    try:
        members = orjson.loads(raw)
    except orjson.JSONDecodeError:
        members = None
    if not isinstance(members, dict):
        raise ServiceError(Kind.MALFORMED, "invalid_record", "a line is one JSON object")
    return members


def _header(lines: Iterator[tuple[int, bytes | None]]) -> list[str]:
    _, raw = next(lines, (0, b""))
    try:
        names = next(csv.reader([(raw or b"").decode("utf-8-sig").rstrip("\r\n")], strict=True), [])
    except (csv.Error, UnicodeDecodeError):
        names = []
    if not set(names) >= _REQUIRED or not set(names) <= _KNOWN or len(set(names)) != len(names):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_header",
            f"the first line names the columns: {', '.join(sorted(_REQUIRED))}, and of "
            f"{', '.join(sorted(_KNOWN - _REQUIRED))} those that are used",
        )
    return names


def _csv_records(
    lines: Iterator[tuple[int, bytes | None]],
) -> Iterator[tuple[int, bytes | None]]:
    """Yield first line and bytes of each record: lines until every quote is closed."""
    pending: deque[tuple[int, bytes | None]] = deque()

    def following() -> tuple[int, bytes | None]:
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
        taken: list[tuple[int, bytes | None]] = []
        is_open = raw.count(b'"') % 2 == 1
        while is_open:
            number, more = following()
            size += len(more or b"")
            if number == 0 or more is None or size > MAXIMUM_RECORD_BYTES:
                # the quote is never closed: the fault is its line's, what follows is read anew
                pending.extendleft(reversed([*taken, *([(number, more)] if number else [])]))
                parts = [raw]
                break
            taken.append((number, more))
            parts.append(more)
            is_open ^= more.count(b'"') % 2 == 1
        yield start, b"".join(parts)


def _csv_members(raw: bytes, header: list[str]) -> Members:
    try:
        rows = list(csv.reader([raw.decode("utf-8").rstrip("\r\n")], strict=True))
    except (csv.Error, UnicodeDecodeError):
        rows = []
    if len(rows) != 1 or len(rows[0]) != len(header):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_record",
            f"a record has {len(header)} values, as many as the header, in UTF-8",
        )
    members: dict[str, object] = {
        name: value for name, value in zip(header, rows[0], strict=True) if value
    }
    if V2G_ROOTS in members:
        members[V2G_ROOTS] = str(members[V2G_ROOTS]).split()
    return members


def _vehicle(members: Members) -> VehicleToPublish:
    wrong = {name: "unknown" for name in list(members)[:20] if name not in _KNOWN}
    wrong |= {name: "missing" for name in _REQUIRED if members.get(name) is None}
    wrong |= {
        name: "not a text"
        for name in _KNOWN - {V2G_ROOTS}
        if members.get(name) is not None and not isinstance(members[name], str)
    }
    if wrong:
        fields = {name[:40]: fault for name, fault in wrong.items()}
        raise ServiceError(
            Kind.MALFORMED, "invalid_record", "the record has not the documented members", fields
        )
    sub_ca_2, previous = _text(members, SUB_CA_2), _text(members, PREVIOUS)
    return VehicleToPublish(
        certificate=read_certificate_text(str(members[LEAF]), LEAF),
        sub_ca_2=None if sub_ca_2 is None else read_certificate_text(sub_ca_2, SUB_CA_2),
        sub_ca_1=read_certificate_text(str(members[SUB_CA_1]), SUB_CA_1),
        schema=_schema(_text(members, NAMESPACE)),
        v2g_root_key_ids=_key_ids(members.get(V2G_ROOTS)),
        previous_pcid=previous,
    )


def _text(members: Members, name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None


def _schema(namespace: str | None) -> Schema:
    schema = Schema.ISO15118_2 if namespace is None else schema_of(namespace)
    if schema is None:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_record",
            "no edition of ISO 15118 has this namespace",
            {NAMESPACE: "unknown"},
        )
    return schema


def _key_ids(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= MAXIMUM_KEY_IDS
        or not all(isinstance(one, str) and _KEY_ID.fullmatch(one.lower()) for one in value)
    ):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_record",
            f"give up to {MAXIMUM_KEY_IDS} key identifiers in hex",
            {V2G_ROOTS: "not key identifiers"},
        )
    return key_ids(value)
