"""EMAIDs: published vectors, what strict mode refuses, and never one key for two contracts."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.errors import Kind
from foundation.identifiers import Emaid, EmaidForm, InvalidIdentifier
from foundation.identifiers.check_digits import ALPHABET, din_check_digit, iso_check_digit
from tests.foundation.identifiers.texts import (
    Spelled,
    any_case,
    din_bodies,
    iso_bodies,
    modest,
    spelled_emaids,
)
from tests.foundation.identifiers.vectors import load

VECTORS = load("emaid")


def _codes(emaid: Emaid) -> list[str]:
    return [warning.code for warning in emaid.warnings]


def _text(case: dict[str, Any]) -> str:
    return str(case["text"])


@pytest.mark.parametrize("case", VECTORS["valid"], ids=_text)
def test_published_ids_are_read(case: dict[str, Any]) -> None:
    emaid = Emaid.parse(case["text"], strict=True)
    assert (emaid.canonical, emaid.check_digit) == (case["canonical"], case["check"])
    assert emaid.key == emaid.canonical
    assert emaid.raw == case["text"]
    assert emaid.warnings == ()


@pytest.mark.parametrize("case", VECTORS["din"], ids=_text)
def test_published_din_ids_are_read(case: dict[str, Any]) -> None:
    emaid = Emaid.parse(case["text"], strict=True)
    assert emaid.form is EmaidForm.DIN
    check_digit = case.get("check") or case["text"][-1]
    assert emaid.check_digit == check_digit
    assert len(emaid.canonical) == 11
    assert emaid.key == emaid.canonical[:5] + "C0" + emaid.canonical[5:] + check_digit


def test_din_and_iso_spellings_convert_into_each_other() -> None:
    case = VECTORS["din"][0]
    din = Emaid.parse(case["text"])
    assert din.key == case["iso"]
    assert din.with_check_digit() == case["iso"] + case["iso_check"]
    assert din.to_emi3().raw == case["iso"] + case["iso_check"]
    assert din.to_deprecated_iso().canonical == case["iso_deprecated"]
    assert din.to_deprecated_iso().check_digit == "U"
    assert din.to_emi3().to_din().raw == "NLTNM0122045"
    assert din.to_deprecated_iso().to_din() == din


@pytest.mark.parametrize("case", VECTORS["wrong_check_digit"], ids=_text)
def test_a_wrong_check_digit_stays_in_the_id_and_is_refused_in_strict_mode(
    case: dict[str, Any],
) -> None:
    emaid = Emaid.parse(case["text"])
    compact = case["text"].replace("-", "").upper()
    assert (emaid.canonical, emaid.key, emaid.check_digit) == (compact, compact, None)
    assert _codes(emaid) == ["wrong_check_digit"]
    assert f"should be {case['right']};" in emaid.warnings[0].detail
    with pytest.raises(InvalidIdentifier) as refusal:
        Emaid.parse(case["text"], strict=True)
    assert (refusal.value.kind, refusal.value.code) == (Kind.MALFORMED, "invalid_emaid")


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: ascii(case["text"]))
def test_texts_that_are_no_emaid_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidIdentifier):
        Emaid.parse(case["text"])


@pytest.mark.parametrize("case", VECTORS["warning"], ids=_text)
def test_a_country_of_nowhere_is_a_warning(case: dict[str, Any]) -> None:
    emaid = Emaid.parse(case["text"])
    assert emaid.canonical == case["canonical"]
    assert "unknown_country" in _codes(emaid)


@pytest.mark.parametrize(
    "text",
    [
        " DEABCC12345678", "DEABCC12345678 ", "DEABCC12345678\n", "DEABCC12345678\0",
        "\0DEABCC12345678", "DE ABC C12345678", "DE--ABC-C12345678", "-DEABCC12345678",
        "DEABCC12345678-", "DEABC-C12345678", "DE-ABCC12345678", "DE-ABC-C123456789",
        "DE-ABC-C12345678-", "DE*ABC*C12345678", "DEABCC12345678-X", "DE-ABC*012204",
        "DE-ABC-012204*5", "D1ABCC12345678", "DEABCC1234567", "DEABCC1234567890",
        "NLTNM012204A", "DEAßC12345678", "DEABCC1234567ß", "DEABCC1234567\u0131",
        "DEABCC1234567\u017f",
        "DEABCC1234567\u212a", "\uff24\uff25ABCC12345678", "DEABCC1234567²", "DE-ABC-C12345678-٤",
        "D" * 1_000_000,
    ],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_near_misses_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        Emaid.parse(text)
    assert text not in refusal.value.detail


def test_two_ids_that_differ_in_a_wrong_check_digit_are_two_contracts() -> None:
    keys = {
        Emaid.parse(text).key for text in ("EMP99CQATEST001", "EMP99CQATEST002", "EMP99CQATEST00")
    }
    assert len(keys) == 3
    assert Emaid.parse("EMP99CQATEST00Z").key == "EMP99CQATEST00"


def test_a_din_id_with_a_wrong_check_digit_does_not_become_somebody_elses_iso_id() -> None:
    # converted as it stands, its digit would end in the instance of another eMI3 id
    stranger = Emaid.parse("NLTNMC00122046")
    assert Emaid.parse("NLTNM0122046").key != stranger.key
    assert Emaid.parse("NLTNM0122046").alternative_keys == ()
    assert stranger.alternative_keys == ()  # 6 is not the DIN check digit of 012204


def test_the_parts_of_an_id() -> None:
    emaid = Emaid.parse("nl-TNm-c00122045-k")
    assert (emaid.country, emaid.provider, emaid.instance) == ("NL", "TNM", "C00122045")
    assert (emaid.provider_id, emaid.form) == ("NLTNM", EmaidForm.EMI3)
    assert Emaid.parse("NLTNM000122045").form is EmaidForm.ISO


@given(spelled_emaids())
@modest
def test_every_spelling_of_a_contract_has_one_key(spelled: Spelled) -> None:
    emaid = Emaid.parse(spelled.text, strict=True)
    assert emaid == Emaid.parse(spelled.body)
    assert hash(emaid) == hash(Emaid.parse(spelled.body))
    assert emaid.canonical == spelled.body
    assert emaid.raw == spelled.text
    for text in (emaid.canonical, emaid.key, emaid.with_check_digit()):
        again = Emaid.parse(text, strict=True)
        assert again.key == emaid.key
        assert again.canonical == text[:14]


@given(iso_bodies | din_bodies, st.sampled_from("0123456789X"), st.data())
@modest
def test_a_wrong_check_digit_never_finds_the_contract_without_it(
    body: str, digit: str, data: st.DataObject
) -> None:
    right = iso_check_digit(body) if len(body) == 14 else din_check_digit(body)
    assume(digit != right)
    emaid = Emaid.parse(data.draw(any_case(body + digit)))
    assert emaid.canonical == body + digit == emaid.key == Emaid.parse(emaid.key).key
    assert emaid != Emaid.parse(body)
    assert emaid.key not in (Emaid.parse(body).key, *Emaid.parse(body).alternative_keys)
    assert emaid.alternative_keys == ()


@given(spelled_emaids(), st.integers(0, 13), st.sampled_from(ALPHABET))
@modest
def test_one_character_more_or_less_right_is_another_contract(
    spelled: Spelled, place: int, character: str
) -> None:
    body = spelled.body
    place %= len(body)
    changed = body[:place] + character + body[place + 1 :]
    assume(changed != body and changed[:2].isalpha())
    assert Emaid.parse(changed).key != Emaid.parse(spelled.text).key


@given(din_bodies)
@modest
def test_din_converts_to_emi3_and_to_the_deprecated_form_and_back(body: str) -> None:
    din = Emaid.parse(body)
    emi3, deprecated = din.to_emi3(), din.to_deprecated_iso()
    assert (emi3.form, deprecated.form) == (EmaidForm.EMI3, EmaidForm.ISO)
    assert (emi3.check_digit, deprecated.check_digit) == (emi3.raw[14], deprecated.raw[14])
    assert emi3.key == din.key
    assert deprecated.to_emi3() == emi3
    assert emi3.to_deprecated_iso() == deprecated
    assert emi3.to_din().canonical == deprecated.to_din().canonical == body
    assert din.to_din() is din
    assert emi3.to_emi3() is emi3


@given(din_bodies)
@modest
def test_each_conversion_finds_the_other_in_a_register(body: str) -> None:
    din = Emaid.parse(body)
    emi3, deprecated = din.to_emi3(), din.to_deprecated_iso()
    assert din.alternative_keys == emi3.alternative_keys == (deprecated.key,)
    assert deprecated.alternative_keys == (din.key,)


@given(iso_bodies)
@modest
def test_an_id_that_does_not_come_from_din_is_not_converted(body: str) -> None:
    emaid = Emaid.parse(body)
    assume(not emaid.alternative_keys)
    for convert in (emaid.to_din, emaid.to_deprecated_iso):
        with pytest.raises(InvalidIdentifier):
            convert()
    if emaid.form is EmaidForm.ISO:
        with pytest.raises(InvalidIdentifier):
            emaid.to_emi3()


@pytest.mark.parametrize("text", ["NLTNM0122046", "NL-TNM-C00122045-X", "NLTNM000122045X"])
def test_an_id_with_a_wrong_check_digit_is_not_converted(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        Emaid.parse(text).to_deprecated_iso()


def test_writing_the_check_digit_never_corrects_a_wrong_one() -> None:
    assert Emaid.parse("EMP99CQATEST001").with_check_digit() == "EMP99CQATEST001"
    with pytest.raises(InvalidIdentifier):
        Emaid.parse("NLTNM0122046").with_check_digit()


@pytest.mark.parametrize("text", ["DEABCC12345678", "FR-XYZ-123456789-2", "nltnmc00122045k"])
def test_what_may_be_issued(text: str) -> None:
    Emaid.parse(text).require_issuable()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NNXYZC3KD88D0N", "ISO 3166-1"),
        ("EMP99CQATEST00Z", "ISO 3166-1"),
        ("EMP99CQATEST001", "check digit"),
        ("DE-8EO-CAet5e4XY-3", "check digit"),
        ("NL-TNM-012204-5", "DIN"),
        ("NLTNM012204", "DIN"),
        ("NLTNM0122046", "DIN"),
    ],
)
def test_what_may_not_be_issued(text: str, reason: str) -> None:
    with pytest.raises(InvalidIdentifier, match=reason) as refusal:
        Emaid.parse(text).require_issuable()
    assert refusal.value.code == "emaid_not_issuable"
