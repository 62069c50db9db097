"""What a text may be when nobody says; and that no text brings any parser down."""

from collections.abc import Callable

import pytest
from hypothesis import example, given

from foundation.errors import Kind
from foundation.identifiers import (
    Emaid,
    EvccId20,
    EvseId,
    IdentifierKind,
    InvalidIdentifier,
    Mac,
    OperatorId,
    Pcid,
    ProviderId,
    SeccId,
    Vin,
    Wmi,
    parse_evccid,
    read_as,
    recognise,
)
from tests.foundation.identifiers.texts import anything, modest

PARSERS: tuple[Callable[[str], object], ...] = (
    Emaid.parse,
    EvccId20.parse,
    EvseId.parse,
    Mac.parse,
    OperatorId.parse,
    Pcid.parse,
    ProviderId.parse,
    SeccId.parse,
    Vin.parse,
    Wmi.parse,
    parse_evccid,
)


@given(anything)
@example("VID:")
@example("\ud800" * 14)
@modest
def test_any_text_is_parsed_or_refused_as_malformed(text: str) -> None:
    for parse in PARSERS:
        try:
            parse(text)
        except InvalidIdentifier as refusal:
            assert refusal.kind is Kind.MALFORMED
            # every personal identifier has at least 11 characters
            assert len(text) < 11 or text not in refusal.detail


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__qualname__)
def test_the_length_is_judged_before_anything_else(parse: Callable[[str], object]) -> None:
    # not ASCII either, and yet it is the length that is refused
    with pytest.raises(InvalidIdentifier, match="too long"):
        parse("\u0131" * 1_000_000)


@given(anything)
@modest
def test_a_canonical_form_is_ascii_and_its_own_canonical_form(text: str) -> None:
    for reading in recognise(text):
        assert reading.canonical.isascii()
        again = read_as(reading.canonical, reading.kind)
        assert again.canonical == reading.canonical


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("DE-ABC-C12345678", ["emaid"]),
        ("NL-TNM-012204-5", ["emaid"]),
        ("EMP99CQATEST001", ["emaid"]),
        ("98:ed:5c:b9:be:31", ["mac"]),
        ("VID:000098ED5CB9BE31", ["mac"]),
        ("WP0-V-ABCDEFGHIJKLMNO-7", ["evccid"]),
        ("1M8GDM9AXKP042788", ["vin", "pcid"]),
        ("WP012345678901234", ["vin", "pcid"]),
        ("huboemprovcqa0615", ["pcid"]),
        ("DE*ABC*E1", ["evse_id"]),
        ("+49*810*000*438", ["evse_id"]),
        ("DE-ICE-S-00003C4D557878675645330967543476-2", ["secc_id"]),
        ("DEABC", ["provider_id", "operator_id"]),
        ("+49*810", ["operator_id"]),
        ("WP0", ["wmi"]),
        # 12 hexadecimal digits: a contract only where country and check digit say so
        ("DEABC0123456", ["mac", "emaid"]),
        ("DEABC0123457", ["emaid", "mac"]),
        ("FFABC0123458", ["mac", "emaid"]),
        # eMI3 keeps E and S for equipment; a right check digit outweighs it
        ("DEABCE12345678", ["evse_id", "emaid"]),
        ("DEABCS12345678", ["secc_id", "emaid"]),
        ("DEABCE12345678Q", ["evse_id", "emaid"]),
        ("", []),
        ("NL_TNM_012204_5", []),
    ],
)
def test_the_best_guess_comes_first(text: str, kinds: list[str]) -> None:
    assert [reading.kind for reading in recognise(text)] == kinds


def test_a_right_check_digit_outweighs_the_letter_of_equipment() -> None:
    text = Emaid.parse("DEABCE12345678").with_check_digit()
    assert [reading.kind for reading in recognise(text)] == ["emaid", "evse_id"]


def test_an_evccid_of_the_first_edition_is_read_as_a_mac() -> None:
    assert read_as("98:ed:5c:b9:be:31", IdentifierKind.EVCCID).kind is IdentifierKind.MAC


@pytest.mark.parametrize("kind", IdentifierKind)
def test_every_kind_can_be_asked_for_and_refuses_garbage(kind: IdentifierKind) -> None:
    with pytest.raises(InvalidIdentifier):
        read_as("no identifier at all", kind)


def test_strict_reading_refuses_a_wrong_check_digit() -> None:
    with pytest.raises(InvalidIdentifier):
        read_as("EMP99CQATEST001", IdentifierKind.EMAID, strict=True)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        (Emaid.parse("DE-ABC-C12345678"), "12345678"),
        (Mac.parse("98:ed:5c:b9:be:31"), "be:31"),
        (Mac.parse("98ED5CB9BE31"), "BE31"),
        (Vin.parse("1M8GDM9AXKP042788"), "042788"),
        (Pcid.parse("WP012345678901234"), "8901234"),
        (EvccId20.parse("WP0-V-ABCDEFGHIJKLMNO-7"), "HIJKLMNO"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_personal_identifier_does_not_show_itself_in_a_log(value: object, secret: str) -> None:
    assert secret not in f"{value} {value!r} {value!s} {[value]}"
