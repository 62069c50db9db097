"""Whatever a station sends is one canonical identifier, or unreadable, with its provenance."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.identity import ClaimedKind, ParserRule, Sighted, Unreadable, read
from autocharge.model.sighting import Source
from autocharge.profiles.parsers import load_parser_rules
from foundation.identifiers import EvccId20, Mac, Vin
from tests.foundation.identifiers.texts import modest
from tests.foundation.identifiers.vectors import load

RULES = tuple(load_parser_rules().rules.values())
BY_NAME = load_parser_rules().rules
MACS, VINS = load("mac"), load("vin")
KEY = "98ED5CB9BE31"
OCTETS = bytes.fromhex(KEY)
BASE32 = base64.b32encode(OCTETS).decode().rstrip("=")

kinds = st.sampled_from(ClaimedKind)
sources = st.sampled_from(Source)
octets = st.binary(min_size=6, max_size=6).filter(lambda one: one not in (b"\0" * 6, b"\xff" * 6))


@pytest.mark.parametrize("case", MACS["valid"], ids=lambda case: case["text"])
@pytest.mark.parametrize("kind", [ClaimedKind.MAC, ClaimedKind.EVCCID])
def test_spellings_met_in_the_field_need_no_rule(case: dict[str, Any], kind: ClaimedKind) -> None:
    sighted = read(case["text"], kind, Source.SLAC)
    assert sighted == Sighted(Mac.parse(case["canonical"]), Source.SLAC, case["text"], None)


@pytest.mark.parametrize("text", MACS["invalid"])
@pytest.mark.parametrize("kind", [ClaimedKind.MAC, ClaimedKind.EVCCID])
def test_every_invalid_mac_is_unreadable_by_every_rule(text: str, kind: ClaimedKind) -> None:
    for source in Source:
        assert isinstance(read(text, kind, source, RULES), Unreadable)


@pytest.mark.parametrize("text", VINS["invalid"])
def test_every_invalid_vin_is_unreadable(text: str) -> None:
    assert isinstance(read(text, ClaimedKind.VIN, Source.JSON_API, RULES), Unreadable)


@pytest.mark.parametrize(
    ("text", "kind", "source", "rules", "expected"),
    [
        ("VID:" + KEY, "id_tag", "ocpp16_id_tag", (), None),
        ("vid:0000" + KEY, "id_tag", "ocpp16_id_tag", (), None),
        (BASE32, "id_tag", "ocpp16_id_tag", ("base32_id_tag",), "base32_id_tag"),
        (BASE32.lower() + "======", "id_tag", "ocpp16_id_tag", ("base32_id_tag",), "base32_id_tag"),
        (
            base64.b32encode(b"\0\0" + OCTETS).decode().rstrip("="),
            "id_tag",
            "ocpp16_id_tag",
            ("base32_id_tag", "base32_id_tag_padded"),
            "base32_id_tag_padded",
        ),
        ("MAC:" + KEY, "mac", "ocpp201_id_token", ("mac_prefix",), "mac_prefix"),
        (KEY, "mac", "ocpp16_data_transfer", (), None),
    ],
)
def test_odd_spellings_are_the_same_vehicle(
    text: str, kind: str, source: str, rules: tuple[str, ...], expected: str | None
) -> None:
    used = [BY_NAME[name] for name in rules]
    sighted = read(text, ClaimedKind(kind), Source(source), used)
    assert sighted == Sighted(Mac.parse(KEY), Source(source), text, expected)
    assert KEY not in repr(sighted)
    assert text not in repr(sighted)


def test_a_station_that_reverses_its_octets_is_read_so() -> None:
    rule = [BY_NAME["reversed_octets"]]
    sighted = read(OCTETS[::-1].hex(), ClaimedKind.MAC, Source.SLAC, rule)
    assert isinstance(sighted, Sighted)
    assert (sighted.identifier, sighted.rule) == (Mac.parse(KEY), "reversed_octets")
    otherwise = read("VID:" + KEY, ClaimedKind.MAC, Source.SLAC, rule)
    assert isinstance(otherwise, Sighted)
    assert (otherwise.identifier, otherwise.rule) == (Mac.parse(KEY), None)


def test_other_kinds_are_read_as_what_they_are_claimed_to_be() -> None:
    evccid = read("WP0-V-00112233445566778-9", ClaimedKind.EVCCID, Source.OCPP21_ID_TOKEN)
    assert isinstance(evccid, Sighted)
    assert isinstance(evccid.identifier, EvccId20)
    vin = read("1m8gdm9axkp042788", ClaimedKind.VIN, Source.OCPP21_ID_TOKEN, RULES)
    assert isinstance(vin, Sighted)
    assert isinstance(vin.identifier, Vin)
    for text, kind in [("1M8GDM9AXKP042788", "evccid"), (KEY, "vin"), (BASE32, "mac")]:
        assert isinstance(read(text, ClaimedKind(kind), Source.JSON_API, RULES), Unreadable)


@pytest.mark.parametrize("card", ["04A1B2C3", "04A1B2C3D4E5F6", "04A1B2C3D4E5F60718AB", KEY])
def test_a_cards_number_stays_a_cards_number(card: str) -> None:
    unreadable = read(card, ClaimedKind.ID_TAG, Source.OCPP16_ID_TAG, RULES)
    assert unreadable == Unreadable(Source.OCPP16_ID_TAG, "not_a_vehicle")


@pytest.mark.parametrize(
    "text", ["A" * 1_000_000, "VID:" + "9" * 300, "\ud800", "ٱ" * 10, BASE32 + "\n", "=" * 20]
)
def test_nonsense_is_unreadable(text: str) -> None:
    for kind in ClaimedKind:
        assert isinstance(read(text, kind, Source.OCPP16_ID_TAG, RULES), Unreadable)


@given(st.text(max_size=40), kinds, sources)
@modest
def test_any_text_is_read_or_unreadable_and_a_rule_never_changes_the_kind(
    text: str, kind: ClaimedKind, source: Source
) -> None:
    answer = read(text, kind, source, RULES)
    if isinstance(answer, Unreadable):
        return
    if answer.rule is not None:
        assert isinstance(answer.identifier, Mac)
        assert kind is not ClaimedKind.VIN
        rule = BY_NAME[answer.rule]
        assert source in rule.sources
        assert kind in rule.claimed
    assert isinstance(answer.identifier, Vin) is (kind is ClaimedKind.VIN)
    assert answer.raw == text


@given(octets, octets, st.sampled_from(RULES))
@modest
def test_a_rule_keeps_two_vehicles_two(one: bytes, other: bytes, rule: ParserRule) -> None:
    keys = []
    for mac in (one, other):
        spelled = (b"\0\0" if rule.octets == 8 else b"") + mac
        if rule.reversed_octets:
            spelled = spelled[::-1]
        text = (
            spelled.hex()
            if rule.encoding == "hex"
            else base64.b32encode(spelled).decode().rstrip("=")
        )
        [source, *_], [kind, *_] = sorted(rule.sources), sorted(rule.claimed)
        answer = read(rule.prefix + text, kind, source, [rule])
        assert isinstance(answer, Sighted)
        keys.append(answer.identifier.key)
    assert (keys[0] == keys[1]) is (one == other)
