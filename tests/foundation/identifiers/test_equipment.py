"""EVSEID and SECCID: both forms, one key for every spelling, whose they are."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.identifiers import EvseId, EvseIdForm, InvalidIdentifier, SeccId
from tests.foundation.identifiers.texts import (
    alphanumerics,
    any_case,
    digits,
    letters,
    modest,
    word,
)
from tests.foundation.identifiers.vectors import load

EVSES, SECCS = load("evseid"), load("secc_id")


@pytest.mark.parametrize("case", EVSES["valid"], ids=lambda case: case["text"])
def test_published_evse_ids(case: dict[str, Any]) -> None:
    evse_id = EvseId.parse(case["text"])
    assert evse_id.form == case["form"].lower()
    assert evse_id.raw == case["text"]
    assert evse_id.key == evse_id.canonical
    assert evse_id.warnings == ()


@pytest.mark.parametrize(
    ("text", "canonical", "operator_id"),
    [
        ("DE*AB7*E840*6487", "DEAB7E8406487", "DEAB7"),
        ("deab7e8406487", "DEAB7E8406487", "DEAB7"),
        ("DE*ICE*E45B*78C", "DEICEE45B78C", "DEICE"),
        ("49*810*000*438", "+49*810*000*438", "+49*810"),
        ("+49*810*000*438", "+49*810*000*438", "+49*810"),
    ],
)
def test_the_canonical_form_and_the_operator(text: str, canonical: str, operator_id: str) -> None:
    evse_id = EvseId.parse(text)
    assert (evse_id.canonical, evse_id.operator_id) == (canonical, operator_id)


@pytest.mark.parametrize(
    "text",
    [
        *EVSES["invalid"],
        "", "DE*ABC*E", "DE*ABC*E*", "DEABCE***", "+49*810*", "+49*810***", "DE**ABC*E1",
        "DE-ABC-E1", "DE*ABC*E1 ", "DE*ABC*E1\n", "DE*ABC*E1\0", "DE*ABC*E" + "1" * 31,
        "+49*810*" + "1" * 33, "++49*810*1", "+4\uff19*810*1", "DE*ABC*Eß", "E" * 1_000_000,
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
def test_texts_that_are_no_evse_id(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        EvseId.parse(text)
    assert refusal.value.code == "invalid_evse_id"


@given(word(letters, 2), word(alphanumerics, 3), word(alphanumerics, 1, 15), st.data())
@modest
def test_separators_of_an_iso_evse_id_do_not_count(
    country: str, operator: str, outlet: str, data: st.DataObject
) -> None:
    star = st.sampled_from(("", "*"))
    spelled = "".join(character + data.draw(star) for character in outlet)
    text = f"{country}{data.draw(star)}{operator}{data.draw(star)}E{spelled}"
    evse_id = EvseId.parse(data.draw(any_case(text)))
    assert evse_id.canonical == f"{country}{operator}E{outlet}"
    assert evse_id.operator_id == country + operator
    assert EvseId.parse(evse_id.canonical) == evse_id


@given(word(digits, 1, 3), word(digits, 3), word(digits | st.just("*"), 1, 32), st.booleans())
@modest
def test_a_din_evse_id_keeps_its_separators(
    country: str, operator: str, outlet: str, has_plus: bool
) -> None:
    assume(outlet.strip("*"))
    evse_id = EvseId.parse(f"{'+' * has_plus}{country}*{operator}*{outlet}")
    assert evse_id.form is EvseIdForm.DIN
    assert evse_id.canonical == f"+{country}*{operator}*{outlet}"
    assert EvseId.parse(evse_id.canonical) == evse_id


@pytest.mark.parametrize("case", SECCS["valid"], ids=lambda case: case["text"])
def test_secc_ids(case: dict[str, Any]) -> None:
    secc_id = SeccId.parse(case["text"])
    assert (secc_id.canonical, secc_id.operator_id) == (case["canonical"], case["operator_id"])
    assert SeccId.parse(secc_id.key) == secc_id
    assert secc_id.raw == case["text"]


@pytest.mark.parametrize(
    "text",
    [
        *SECCS["invalid"],
        "DE-ABC-S-1-2\n", "DE-ABC-S-1_1-2", "DE-ABC-S-ß-2", "DEABCS" + "1" * 250,
        "D" * 1_000_000,
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
def test_texts_that_are_no_secc_id(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        SeccId.parse(text)
    assert refusal.value.code == "invalid_secc_id"


def test_the_longest_secc_id() -> None:
    text = "DEABCS" + "1" * 249  # 255 characters, what ISO 15118-20 has room for
    assert SeccId.parse(text).key == text


def test_equipment_of_nowhere_is_a_warning() -> None:
    for parsed in (EvseId.parse("ZZ*ABC*E1"), SeccId.parse("ZZ-ABC-S-1-2")):
        assert [warning.code for warning in parsed.warnings] == ["unknown_country"]
