"""Files of enrolments as spreadsheets write them, and as nobody should."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.enrolment_file import (
    MAXIMUM_RECORD_BYTES,
    EnrolmentRecord,
    EnrolmentToImport,
    read_enrolments,
)
from foundation.errors import Refused, ServiceError
from foundation.identifiers import Emaid, Mac, Vin
from tests.autocharge.assembly import EMAID, EVCCID20_SPELLINGS, MAC_SPELLINGS, VIN_SPELLINGS

MAC = MAC_SPELLINGS[0]
HEADER = "type,value,emaid,precedence,note\n"


def read(text: str | bytes, after_line: int = 0) -> list[EnrolmentRecord]:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read_enrolments(BytesIO(raw), after_line))


def code_of(line: str | bytes) -> str:
    """Return why the one line of a file is refused."""
    head = HEADER if isinstance(line, str) else HEADER.encode()
    first, *_ = read(head + line)  # type: ignore[operator] # both are texts or both bytes
    assert first.line == 2
    assert isinstance(first.enrolment, Refused), first
    return first.enrolment.code


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(separator: str, mark: str, line_end: str) -> None:
    rows = [
        ["emaid", "type", "value", "note", "precedence"],
        [EMAID, "mac", MAC, '"Müller; ""the"", blue"', "2"],
        [EMAID, "VIN", VIN_SPELLINGS[1], "", ""],
        ["", "", "", "", ""],
        [f'"{EMAID}"', "evccid", EVCCID20_SPELLINGS[0], '"two\nlines,\t"', "99"],
    ]
    text = mark + line_end.join(separator.join(row) for row in rows)
    records = [record for record in read(text) if not isinstance(record.enrolment, Refused)]
    emaid = Emaid.parse(EMAID)
    first, second, third = (record.enrolment for record in records)
    assert first == EnrolmentToImport(Mac.parse(MAC), emaid, 2)
    assert second == EnrolmentToImport(Vin.parse(VIN_SPELLINGS[0]), emaid, None)
    assert isinstance(third, EnrolmentToImport)
    assert third.precedence == 99
    assert [record.line for record in records] == [2, 3, 5]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", " =", "\u00a0@"])  # noqa: RUF001 - a formula, too
@pytest.mark.parametrize("column", range(5))
def test_no_value_may_begin_like_a_formula(start: str, column: int) -> None:
    values = ["mac", MAC, EMAID, "1", "mine"]
    values[column] = f'"{start}{values[column]}"'
    if start in {"\t"} and column == 3:
        values[column] = '"\t1"'
    code = code_of(",".join(values) + "\n")
    assert code in {"formula_in_field", "field_too_long"}
    if column in {0, 1, 4}:
        assert code == "formula_in_field"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"mac,{MAC},{EMAID},0,", "invalid_precedence"),
        (f"mac,{MAC},{EMAID},100,", "field_too_long"),
        (f"mac,{MAC},{EMAID},1.5,", "field_too_long"),
        (f"mac,{MAC},{EMAID},x,", "invalid_precedence"),
        (f"mac,{MAC},{EMAID},٣,", "invalid_precedence"),
        (f"mac,000000000000,{EMAID},,", "invalid_mac"),
        (f"vin,{MAC},{EMAID},,", "invalid_vin"),
        (f"pcid,{VIN_SPELLINGS[0]},{EMAID},,", "identifier_kind_unknown"),
        (f"mac,{MAC},DE-ABC-C1234,,", "invalid_emaid"),
        (f"mac,{MAC},,,", "invalid_record"),
        (f"mac,{MAC}", "invalid_record"),
        (f"mac,{MAC},{EMAID},,,", "invalid_record"),
        (f"mac,{MAC},{EMAID},,{'n' * 501}", "field_too_long"),
        (f"mac,{MAC},{EMAID},,{'n' * MAXIMUM_RECORD_BYTES}", "record_too_long"),
        (f"evccid,{'A' * 260},{EMAID},,", "field_too_long"),
        (f'mac,"{MAC},{EMAID},,', "invalid_record"),
        (b"mac,98ed5cb9be31,DEABCC12345678,,\xff", "invalid_record"),
        (b"mac,98ed5cb9be31\x00,DEABCC12345678,,", "invalid_mac"),
    ],
)
def test_what_cannot_be_enrolled_says_why(line: str | bytes, code: str) -> None:
    assert code_of(line) == code


def test_a_refusal_never_repeats_what_it_refuses() -> None:
    secret = "98ED5CB9BE3"
    for line in (
        f"mac,{secret},{EMAID},,",
        f"mac,={secret},{EMAID},,",
        f"{secret},{MAC},{EMAID},,",
        f"mac,{MAC},{secret},,",
        f"mac,{MAC},{EMAID},,{secret * 50}",
    ):
        (record,) = read(HEADER + line)
        assert isinstance(record.enrolment, Refused)
        told = (record.enrolment.detail, *record.enrolment.fields.values())
        assert not any(secret in text for text in told)


@pytest.mark.parametrize("header", ["type,value", "type,value,emaid,colour", "a;b;c", ""])
def test_a_header_without_the_columns_is_refused(header: str) -> None:
    with pytest.raises(ServiceError) as refused:
        read(header + "\n")
    assert refused.value.code == "invalid_header"


@given(st.binary(max_size=300), st.integers(0, 5))
def test_any_bytes_are_read_or_refused_and_reading_goes_on_anywhere(body: bytes, n: int) -> None:
    file = HEADER.encode() + body
    records = read(file)
    assert [record.line for record in records] == sorted({record.line for record in records})
    assert read(file, after_line=n) == [record for record in records if record.line > n]
