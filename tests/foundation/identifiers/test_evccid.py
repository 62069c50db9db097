"""MAC and EVCCID: every spelling one key, padding stripped, oddities as signals."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.identifiers import EvccId20, InvalidIdentifier, Mac, parse_evccid
from tests.foundation.identifiers.texts import alphanumerics, any_case, modest, word
from tests.foundation.identifiers.vectors import load

VECTORS = load("mac")
EVCCID = "WP0-V-ABCDEFGHIJKLMNO-7"


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["text"])
def test_spellings_met_in_the_field(case: dict[str, Any]) -> None:
    mac = Mac.parse(case["text"])
    assert (mac.key, list(mac.signals)) == (case["canonical"], case["signals"])
    assert mac.raw == case["text"]
    assert parse_evccid(case["text"]) == mac


@pytest.mark.parametrize(
    "text",
    [
        *VECTORS["invalid"],
        "0000000000000000", "0000FFFFFFFFFFFF", "VID:000000000000", "ff:ff:ff:ff:ff:ff",
        "000198ED5CB9BE31", "0098ED5CB9BE31", "98ED5CB9BE310000", "98:ed:5c:b9:be:31:00:00",
        "98:ed-5c:b9:be:31", "98:ed:5c:b9:be31", ":98ed5cb9be31", "98.ed.5c.b9.be.31",
        "98ed:5cb9:be31", "98:ed:5c:b9:be:31:", "VID: 98ED5CB9BE31", "VID:VID:98ED5CB9BE31",
        "VID98ED5CB9BE31", "98ED5CB9BE31 ", "98ED5CB9BE31\n", "98ED5CB9BE3\0", "98ED5CB9BE3٣",
        "0x98ED5CB9BE31", "98ED5CB9BE31" * 100_000,
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
def test_texts_that_are_no_mac(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        Mac.parse(text)
    assert refusal.value.code == "invalid_mac"
    with pytest.raises(InvalidIdentifier):
        parse_evccid(text)


@given(st.binary(min_size=6, max_size=6), st.booleans(), st.booleans(), st.data())
@modest
def test_every_spelling_of_a_mac_has_one_key(
    octets: bytes, is_padded: bool, has_prefix: bool, data: st.DataObject
) -> None:
    assume(octets not in (b"\0" * 6, b"\xff" * 6))
    spelled = (b"\0\0" + octets) if is_padded else octets
    separator, group = data.draw(st.sampled_from([("", 1), (":", 1), ("-", 1), (".", 2)]))
    text = spelled.hex(separator, group) if separator else spelled.hex()
    text = data.draw(any_case(("VID:" if has_prefix else "") + text.upper()))
    mac = Mac.parse(text)
    assert mac.key == octets.hex().upper()
    assert mac == Mac.parse(mac.key) == parse_evccid(text)
    assert ("left_padded" in mac.signals) is is_padded
    assert ("locally_administered" in mac.signals) is bool(octets[0] & 2)
    assert ("multicast" in mac.signals) is bool(octets[0] & 1)


def test_two_leading_zero_bytes_of_six_are_the_address_itself() -> None:
    assert Mac.parse("0000A453EE03").key == "0000A453EE03"


@pytest.mark.parametrize(
    "text", [EVCCID, EVCCID.lower(), EVCCID.replace("-", ""), "VID:" + EVCCID, "WP0V-" + EVCCID[6:]]
)
def test_spellings_of_an_evccid_of_iso_15118_20(text: str) -> None:
    evccid = parse_evccid(text)
    assert isinstance(evccid, EvccId20)
    assert (evccid.key, evccid.wmi, evccid.raw) == ("WP0VABCDEFGHIJKLMNO7", "WP0", text)
    assert evccid == EvccId20.parse(evccid.key)


@pytest.mark.parametrize(
    "text",
    [
        "WP0-V-ABCDEFGHIJKLMN-7", "WP0-X-ABCDEFGHIJKLMNO-7", "WP0-V-ABCDEFG-HIJKLMNO-7",
        "WP0--V-ABCDEFGHIJKLMNO-7", EVCCID + "-", EVCCID + "\n", " " + EVCCID, EVCCID + "Ü",
        "WP0V" + "A" * 252, "WP0-V-" + "A" * 250 + "-7", "VID:WP0-V-" + "A" * 249 + "-7",
        "WP0V" + "A" * 1_000_000, "",
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
def test_texts_that_are_no_evccid(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        EvccId20.parse(text)
    with pytest.raises(InvalidIdentifier):
        parse_evccid(text)


def test_the_longest_evccid() -> None:
    text = "WP0V" + "A" * 250 + "7"  # 255 characters, what ISO 15118-20 has room for
    assert EvccId20.parse(text).key == EvccId20.parse("VID:" + text).key == text


@given(word(alphanumerics, 3), word(alphanumerics, 15, 247), alphanumerics, st.data())
@modest
def test_every_spelling_of_an_evccid_has_one_key(
    wmi: str, own: str, check: str, data: st.DataObject
) -> None:
    a, b, c = (data.draw(st.sampled_from(("", "-"))) for _ in range(3))
    text = data.draw(any_case(f"{wmi}{a}V{b}{own}{c}{check}"))
    evccid = parse_evccid(text)
    assert evccid.key == f"{wmi}V{own}{check}"
    assert parse_evccid(evccid.key) == evccid
