"""PCID and VIN: shapes, the form that is kept, the North American check as advice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.identifiers import InvalidIdentifier, Pcid, Vin
from tests.foundation.identifiers.texts import alphanumerics, any_case, modest, word
from tests.foundation.identifiers.vectors import load

PCIDS, VINS = load("pcid"), load("vin")


@pytest.mark.parametrize("text", [*PCIDS["valid"], "huboemprovcqa0615"])
def test_a_pcid_is_kept_as_spelled_and_compared_in_any_case(text: str) -> None:
    pcid = Pcid.parse(text)
    assert (pcid.value, pcid.key, pcid.wmi) == (text, text.upper(), text[:3].upper())
    assert pcid == Pcid.parse(text.swapcase())


@pytest.mark.parametrize(
    "text",
    [*PCIDS["invalid"], "WP012345678901234\n", "WP01234567890123\0", "\u0131" * 17, "٣" * 17],
)
def test_texts_that_are_no_pcid(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        Pcid.parse(text)
    assert refusal.value.code == "invalid_pcid"


@given(word(alphanumerics, 17, 18), word(alphanumerics, 17, 18))
@modest
def test_two_pcids_are_two_vehicles(one: str, other: str) -> None:
    assert (Pcid.parse(one) == Pcid.parse(other)) is (one == other)


@pytest.mark.parametrize("case", VINS["valid"], ids=lambda case: case["text"])
def test_a_vin_is_read_and_its_check_digit_is_advice(case: dict[str, Any]) -> None:
    vin = Vin.parse(case["text"].lower())
    assert (vin.value, vin.key, vin.wmi) == (case["text"], case["text"], case["text"][:3])
    codes = [warning.code for warning in vin.warnings]
    if case["north_american_check"]:
        assert (vin.check_digit, codes) == (case["text"][8], [])
    else:
        assert (vin.check_digit, codes) == (None, ["no_north_american_check_digit"])


@pytest.mark.parametrize("text", [*VINS["invalid"], "", " 1M8GDM9AXKP042788", "1M8GDM9AXKP04278٨"])
def test_texts_that_are_no_vin(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        Vin.parse(text)
    assert refusal.value.code == "invalid_vin"


@given(word(st.sampled_from("ABCDEFGHJKLMNPRSTUVWXYZ0123456789"), 17), st.data())
@modest
def test_a_vin_is_the_same_in_any_case(text: str, data: st.DataObject) -> None:
    vin = Vin.parse(data.draw(any_case(text)))
    assert vin == Vin.parse(text) == Vin.parse(vin.key)
    assert vin.value == text
