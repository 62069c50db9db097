"""Who equips which make of vehicle: the first part of a MAC against the first part of a VIN."""

from collections.abc import Mapping
from dataclasses import dataclass

from autocharge.model.features import VendorMatch
from foundation.identifiers import Mac

PREFIX_LENGTHS = (9, 7, 6)
"""Hexadecimal digits of the blocks that IEEE assigns (MA-S, MA-M, MA-L), the smallest first."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who an address block is assigned to, and the makes that it was seen on.

    `exclusive`: the block is a vehicle manufacturer's own, so that another make with it is odd; a
    supplier's block may turn up on any make.
    """

    name: str
    makes: frozenset[str]
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Vendors:
    """`blocks` by their upper-case hexadecimal prefix, `makes` by WMI."""

    blocks: Mapping[str, Vendor]
    makes: Mapping[str, str]

    def make_of(self, wmi: str) -> str | None:
        """Return the make that a WMI belongs to, None where it is not listed."""
        return self.makes.get(wmi)

    def match(self, mac: Mac, wmis: frozenset[str]) -> VendorMatch:
        """Say whether the address fits the vehicle that these WMIs claim.

        A locally administered or multicast address has no vendor; the features tell it apart.
        """
        claimed = {make for wmi in wmis if (make := self.makes.get(wmi)) is not None}
        if not claimed or mac.key[1] not in "048C":  # the two low bits of the first byte
            return VendorMatch.UNCLAIMED
        for length in PREFIX_LENGTHS:
            vendor = self.blocks.get(mac.key[:length])
            if vendor is not None and vendor.makes & claimed:
                return VendorMatch.EXPECTED
            if vendor is not None and vendor.exclusive:
                return VendorMatch.OTHER_MAKE
        return VendorMatch.UNLISTED
