"""Identifiers of one vehicle that cannot all be right."""

import pytest

from autocharge.model.contradictions import contradictions, wmis_of
from autocharge.model.enrolment import Identifier
from autocharge.model.picture import Picture
from autocharge.model.sighting import Place
from autocharge.model.vendors import Vendors
from foundation.identifiers import EvccId20, Mac, Pcid, Vin
from tests.conftest import NOW

VENDORS = Vendors({}, {"WVW": "volkswagen_group", "WAU": "volkswagen_group", "5YJ": "tesla"})
MAC, OTHER_MAC = Mac.parse("007DFA000001"), Mac.parse("007DFA000002")
VIN, OTHER_VIN = Vin.parse("WVWZZZ1KZAW000001"), Vin.parse("WVWZZZ1KZAW000002")
TESLA_VIN = Vin.parse("5YJ3E7EA0KF000001")
EVCCID, OTHER_EVCCID = (
    EvccId20.parse("WVWV0123456789ABCDE0"),
    EvccId20.parse("5YJV0123456789ABCDE0"),
)


@pytest.mark.parametrize(
    ("identifier", "others", "enrolled", "pcid", "count"),
    [
        (MAC, [], [], None, 0),
        (MAC, [MAC, VIN], [VIN, MAC], "WVW00000000000001", 0),
        (MAC, [OTHER_MAC], [], None, 1),
        (MAC, [OTHER_MAC], [OTHER_MAC], None, 0),  # a vehicle with two controllers
        (MAC, [], [OTHER_MAC], None, 0),
        (MAC, [OTHER_VIN], [VIN], None, 1),
        (MAC, [VIN, OTHER_VIN], [VIN], None, 1),
        (MAC, [VIN, OTHER_VIN], [], None, 1),
        (MAC, [OTHER_VIN, OTHER_MAC], [VIN], None, 2),
        (MAC, [TESLA_VIN], [VIN], None, 2),  # another VIN, and another make
        (VIN, [], [], "WAU00000000000001", 0),  # brands of one group
        (VIN, [], [], "5YJ00000000000001", 1),
        (VIN, [], [], "XXX00000000000001", 0),  # a WMI that nobody listed
        (MAC, [EVCCID], [VIN], None, 0),
        (MAC, [OTHER_EVCCID], [VIN], None, 1),
    ],
)
def test_contradictions_are_counted(
    identifier: Identifier,
    others: list[Identifier],
    enrolled: list[Identifier],
    pcid: str | None,
    count: int,
) -> None:
    picture = Picture(
        identifier,
        NOW,
        Place("a", "DEABC"),
        others=tuple(others),
        enrolled_identifiers=tuple(enrolled),
        pcid=None if pcid is None else Pcid.parse(pcid),
    )
    assert contradictions(picture, VENDORS) == count


def test_every_identifier_but_a_mac_names_the_make() -> None:
    picture = Picture(
        MAC, NOW, Place("a", "DEABC"), (EVCCID,), (TESLA_VIN,), pcid=Pcid.parse("wau00000000000001")
    )
    assert wmis_of(picture) == {"WVW", "5YJ", "WAU"}
