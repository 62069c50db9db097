"""What is written for spreadsheets is never run by them."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from foundation.spreadsheet import FORMULA_STARTS, as_text, begins_formula, csv_text

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.sampled_from(FORMULA_STARTS), CELLS, st.sampled_from(["", " ", "  ", "\u00a0"]))
def test_what_begins_like_a_formula_is_shown_as_text(start: str, rest: str, before: str) -> None:
    cell = before + start + rest
    assert begins_formula(cell)
    assert as_text(cell) == "'" + cell


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=4))
def test_cells_come_back_and_none_begins_a_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert read == [[as_text(cell) for cell in row] for row in rows]
    assert not any(begins_formula(cell) for row in read for cell in row)


def test_numbers_and_gaps_stay() -> None:
    assert csv_text([(-1, None, "a,b"), (2, "=1+1", 'say "x"')]) == (
        '-1,,"a,b"\r\n2,\'=1+1,"say ""x"""\r\n'
    )
