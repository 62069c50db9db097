"""The published messages, as data."""

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from exi import Facets, Schema, decode, decode_fragment, encode, encode_fragment
from exi.roots import fragment_roots

FOLDER = Path(__file__).parents[1] / "vectors" / "exi"


@dataclass(frozen=True, slots=True)
class Row:
    """A message or fragment as the field's reference encoder writes it, and its JSON form."""

    schema: Schema
    element: str
    fragment: bool
    form: dict[str, Any]
    stream: bytes
    name: str

    def decode(self, stream: bytes | None = None, facets: Facets = Facets.STRICT) -> Any:
        given = self.stream if stream is None else stream
        if self.fragment:
            return decode_fragment(given, fragment_roots(self.schema)[self.element].cls, facets)
        return decode(given, self.schema, facets)

    def encode(self, value: Any, facets: Facets = Facets.STRICT) -> bytes:
        return encode_fragment(value, facets) if self.fragment else encode(value, facets)


@cache
def rows() -> tuple[Row, ...]:
    published = [
        row
        for name in ("messages.json", "fragments.json")
        for row in json.loads((FOLDER / name).read_text("utf-8"))
    ]
    return tuple(
        Row(
            Schema(row["schema"]),
            row["element"],
            row["fragment"],
            row["json"],
            base64.b64decode(row["exi"]),
            f"{number}-{row['schema'][8:]}-{row['element']}",
        )
        for number, row in enumerate(published)
    )


@cache
def smallest_of_each() -> tuple[Row, ...]:
    """One row for each kind of message and fragment."""
    kinds: dict[tuple[str, str, bool], Row] = {}
    for row in sorted(rows(), key=lambda row: len(row.stream), reverse=True):
        kinds[row.schema, row.element, row.fragment] = row
    return tuple(kinds.values())


def stream(name: str) -> bytes:
    """A message of ISO 15118-2 as its file has it."""
    return (FOLDER / name).read_bytes()
