"""Whether an address fits the make that the vehicle's other identifiers claim."""

import pytest

from autocharge.model.features import VendorMatch
from autocharge.model.vendors import Vendor, Vendors
from foundation.identifiers import Mac

VENDORS = Vendors(
    {
        "98ED5C": Vendor("Tesla", frozenset({"tesla"}), exclusive=True),
        "DC44271": Vendor("Tesla", frozenset({"tesla"}), exclusive=True),
        "48C58D": Vendor("Lear", frozenset({"polestar"}), exclusive=False),
    },
    {"5YJ": "tesla", "LPS": "polestar"},
)


@pytest.mark.parametrize(
    ("mac", "wmis", "match"),
    [
        ("98ED5C000001", {"5YJ"}, VendorMatch.EXPECTED),
        ("98ED5C000001", {"LPS"}, VendorMatch.OTHER_MAKE),
        ("98ED5C000001", {"LPS", "5YJ"}, VendorMatch.EXPECTED),
        ("98ED5C000001", set(), VendorMatch.UNCLAIMED),
        ("98ED5C000001", {"ZZZ"}, VendorMatch.UNCLAIMED),
        ("DC4427100001", {"5YJ"}, VendorMatch.EXPECTED),
        ("DC4427200001", {"5YJ"}, VendorMatch.UNLISTED),  # another 28-bit block
        ("48C58D000001", {"LPS"}, VendorMatch.EXPECTED),
        ("48C58D000001", {"5YJ"}, VendorMatch.UNLISTED),  # a supplier's may be on any make
        ("9AED5C000001", {"5YJ"}, VendorMatch.UNCLAIMED),  # locally administered
        ("99ED5C000001", {"5YJ"}, VendorMatch.UNCLAIMED),  # multicast
    ],
)
def test_an_address_against_makes(mac: str, wmis: set[str], match: VendorMatch) -> None:
    assert VENDORS.match(Mac.parse(mac), frozenset(wmis)) is match
