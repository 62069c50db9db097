"""Check digits: the packed table against the definition, and which mistakes each one finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.identifiers.check_digits import (
    ALPHABET,
    din_check_digit,
    iso_check_digit,
    north_american_vin_check_digit,
)
from tests.foundation.identifiers.texts import alphanumerics, din_bodies, modest, word
from tests.foundation.identifiers.vectors import load

Matrix = tuple[tuple[int, int], tuple[int, int]]


def _power(matrix: Matrix, exponent: int) -> Matrix:
    result: Matrix = ((1, 0), (0, 1))
    for _ in range(exponent):
        (a, b), (c, d) = result
        (e, f), (g, h) = matrix
        result = ((a * e + b * g, a * f + b * h), (c * e + d * g, c * f + d * h))
    return result


def _row_times(row: tuple[int, int], matrix: Matrix) -> tuple[int, int]:
    return (
        row[0] * matrix[0][0] + row[1] * matrix[1][0],
        row[0] * matrix[0][1] + row[1] * matrix[1][1],
    )


def _iso_by_definition(fourteen: str) -> str:
    """The definition, with whole matrix powers and the modulus at the very end."""
    binary, ternary = (0, 0), (0, 0)
    for place, character in enumerate(fourteen, start=1):
        q, r = divmod(ALPHABET.index(character), 9)
        two = _row_times((q // 2, q % 2), _power(((0, 1), (1, 1)), place))
        three = _row_times((r // 3, r % 3), _power(((0, 1), (1, 2)), place))
        binary = (binary[0] + two[0], binary[1] + two[1])
        ternary = (ternary[0] + three[0], ternary[1] + three[1])
    last = _row_times(ternary, ((0, 2), (2, 1)))
    return ALPHABET[9 * (2 * (binary[0] % 2) + binary[1] % 2) + 3 * (last[0] % 3) + last[1] % 3]


@given(word(alphanumerics, 14))
@modest
def test_the_iso_check_digit_follows_its_definition(fourteen: str) -> None:
    assert iso_check_digit(fourteen) == _iso_by_definition(fourteen)


def test_the_worked_example_of_the_iso_check_digit() -> None:
    assert iso_check_digit("ITA1B2C3E4F5G6") == "4"


@given(word(alphanumerics, 14))
@modest
def test_the_iso_check_digit_finds_every_substitution_of_one_character(fourteen: str) -> None:
    right = iso_check_digit(fourteen)
    for place in range(14):
        for other in ALPHABET.replace(fourteen[place], ""):
            assert iso_check_digit(fourteen[:place] + other + fourteen[place + 1 :]) != right


@given(word(alphanumerics, 14), st.integers(0, 12))
@modest
def test_the_iso_check_digit_finds_every_swap_of_different_neighbours(
    fourteen: str, place: int
) -> None:
    one, other = fourteen[place], fourteen[place + 1]
    swapped = fourteen[:place] + other + one + fourteen[place + 2 :]
    assert (iso_check_digit(swapped) == iso_check_digit(fourteen)) is (one == other)


@pytest.mark.parametrize("text", ["ITA1B2C3E4F5G", "ITA1B2C3E4F5G64"])
def test_the_iso_check_digit_wants_fourteen_characters(text: str) -> None:
    with pytest.raises(ValueError, match="argument"):
        iso_check_digit(text)


@pytest.mark.parametrize(("body", "digit"), [("INTNM000110", "X"), ("NLTNM012204", "5")])
def test_the_worked_examples_of_the_din_check_digit(body: str, digit: str) -> None:
    assert din_check_digit(body) == digit


@given(din_bodies)
@modest
def test_the_din_check_digit_finds_every_digit_put_for_a_digit(body: str) -> None:
    right = din_check_digit(body)
    for place, character in enumerate(body):
        if character.isdecimal():
            for other in "0123456789".replace(character, ""):
                assert din_check_digit(body[:place] + other + body[place + 1 :]) != right


def test_the_din_check_digit_does_not_find_every_letter_put_for_a_letter() -> None:
    # G is 16 and K is 20: 1 + 2·6 and 2 + 2·0 differ by eleven
    assert din_check_digit("NLTGM012204") == din_check_digit("NLTKM012204")


@pytest.mark.parametrize("case", load("vin")["valid"], ids=lambda case: case["text"])
def test_the_north_american_check_digit_of_published_vins(case: dict[str, object]) -> None:
    vin = str(case["text"])
    right = north_american_vin_check_digit(vin)
    assert (vin[8] == right) is case["north_american_check"]
