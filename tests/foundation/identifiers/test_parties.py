"""Provider ids, operator ids and WMIs, which say who may touch what."""

import pytest

from foundation.identifiers import InvalidIdentifier, OperatorId, ProviderId, Wmi
from foundation.identifiers.countries import COUNTRIES


@pytest.mark.parametrize("text", ["DEABC", "de-abc", "DE*aBc"])
def test_spellings_of_a_provider_id(text: str) -> None:
    assert ProviderId.parse(text) == ProviderId("DEABC")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DEABC", "DEABC"),
        ("de*abc", "DEABC"),
        ("+49*810", "+49*810"),
        ("49*810", "+49*810"),
        ("+999*810", "+999*810"),
    ],
)
def test_spellings_of_an_operator_id(text: str, value: str) -> None:
    assert OperatorId.parse(text) == OperatorId(value)


@pytest.mark.parametrize(
    "text",
    ["", "DEAB", "DEABCD", "D1ABC", "DE--ABC", "DE ABC", "DEABC\n", "DEAB\0", "DEABß", "DE_ABC",
     "D" * 1_000_000],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_texts_that_name_no_provider_and_no_operator(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        ProviderId.parse(text)
    assert refusal.value.code == "invalid_provider_id"
    with pytest.raises(InvalidIdentifier) as refusal:
        OperatorId.parse(text)
    assert refusal.value.code == "invalid_operator_id"


@pytest.mark.parametrize("text", ["+49810", "+4900*810", "+49*81", "+49*8100", "+*810", "٤٩*810"])
def test_texts_that_are_no_din_operator_id(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        OperatorId.parse(text)


def test_a_provider_of_nowhere_is_a_warning() -> None:
    assert [warning.code for warning in ProviderId.parse("EMP99").warnings] == ["unknown_country"]
    assert [warning.code for warning in OperatorId.parse("EMP99").warnings] == ["unknown_country"]
    assert OperatorId.parse("+49*810").warnings == ()


@pytest.mark.parametrize("text", ["WP0", "wp0", "OIQ"])
def test_a_wmi(text: str) -> None:
    assert Wmi.parse(text) == Wmi(text.upper())


@pytest.mark.parametrize("text", ["", "WP", "WP01", "W-0", "WPß", "WP\n", "WP٣"])
def test_texts_that_are_no_wmi(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        Wmi.parse(text)
    assert refusal.value.code == "invalid_wmi"


def test_the_country_codes_are_those_of_iso_3166_1() -> None:
    assert len(COUNTRIES) == 249
    assert all(code.isascii() and code.isalpha() and code.isupper() for code in COUNTRIES)
    assert all(len(code) == 2 for code in COUNTRIES)
    assert {"DE", "NL", "FR", "IT", "ES", "IN", "US", "GB", "ZW"} <= COUNTRIES
    # not assigned: a hub's test ids, the exceptional reservations, the European Union, Kosovo
    assert not {"EM", "NN", "ZZ", "UK", "EU", "XK"} & COUNTRIES
