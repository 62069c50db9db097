"""Files of records: what separates values is told from the header."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Refused, ServiceError
from foundation.record_file import (
    SEPARATORS,
    FileFormat,
    Record,
    RecordForm,
    read_records,
)

FORM = RecordForm(frozenset({"one", "two"}), frozenset({"three"}), maximum_bytes=200)
BOM = b"\xef\xbb\xbf"


def read(file: bytes) -> list[Record]:
    return list(read_records(io.BytesIO(file), FileFormat.CSV, FORM))


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", BOM])
def test_commas_semicolons_and_tabs_are_told_apart(
    separator: str, line_end: str, mark: bytes
) -> None:
    rows = [["two", "one", "three"], ["b", "a", ""], ['"b;,\t\nb"', "a", "c"], ["", "", ""]]
    file = mark + line_end.join(separator.join(row) for row in rows).encode()
    first, second, *rest = read(file)
    assert first == Record(2, {"one": "a", "two": "b"})
    assert second == Record(3, {"one": "a", "two": "b;,\t\nb", "three": "c"})
    if separator == "\t":  # a line of tabs is a blank line
        assert rest == []
    else:
        assert [record.line for record in rest] == [5]
        assert isinstance(rest[0].members, Refused)


def test_the_header_decides_for_every_line() -> None:
    (record,) = read(b"one;two\na,b\n")
    assert isinstance(record.members, Refused)
    assert record.members.code == "invalid_record"


@pytest.mark.parametrize(
    "header", [b"", b"one,two;three", b"one|two", b"one one\ttwo", b"\xff,\xff", b'"one,two']
)
def test_a_header_without_the_columns_is_refused(header: bytes) -> None:
    with pytest.raises(ServiceError) as refused:
        read(header + b"\n")
    assert refused.value.code == "invalid_header"


@given(st.binary(max_size=500), st.sampled_from(SEPARATORS))
def test_any_bytes_are_read_or_refused_line_by_line(body: bytes, separator: str) -> None:
    file = f"one{separator}two\n".encode() + body
    lines = [record.line for record in read(file)]
    assert lines == sorted(set(lines))
