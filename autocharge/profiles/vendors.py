"""Reads who equips which make into validated values; nonsense stops the start, its place named."""

import re
import tomllib
from importlib import resources
from types import MappingProxyType
from typing import Any

from autocharge.model.vendors import PREFIX_LENGTHS, Vendor, Vendors
from foundation.errors import Kind, ServiceError

FILE = "vendors.toml"

_WMI = re.compile(r"[A-HJ-NPR-Z0-9]{3}")
_PREFIX = re.compile(r"[0-9A-F]+")
_ENTRY = {"prefix", "vendor", "makes", "exclusive", "seen"}


def load_vendors() -> Vendors:
    """Return the shipped list; INVALID `vendors_invalid` where it holds nonsense."""
    text = resources.files("autocharge.profiles").joinpath(FILE).read_text(encoding="utf-8")
    return parse_vendors(text)


def parse_vendors(text: str) -> Vendors:
    """Return the list of a TOML text.

    Raises INVALID `vendors_invalid` for a WMI or block that is none or stands twice, blocks that
    IEEE does not assign (locally administered, multicast), makes without a WMI, and facts without
    provenance.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise _nonsense(str(failure)) from failure
    if set(document) != {"makes", "blocks"}:
        raise _nonsense("it has `makes` and `blocks`")
    makes = _makes(document["makes"])
    if not isinstance(document["blocks"], list):
        raise _nonsense("`blocks` is a list")
    blocks: dict[str, Vendor] = {}
    for entry in document["blocks"]:
        prefix, vendor = _block(entry, frozenset(makes.values()))
        if prefix in blocks:
            raise _nonsense(f"block {prefix} stands twice")
        blocks[prefix] = vendor
    return Vendors(MappingProxyType(blocks), MappingProxyType(makes))


def _makes(table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise _nonsense("`makes` is a table")
    makes: dict[str, str] = {}
    for make, wmis in table.items():
        if not isinstance(wmis, list) or not wmis:
            raise _nonsense(f"{make}: a list of WMIs")
        for wmi in wmis:
            if not isinstance(wmi, str) or _WMI.fullmatch(wmi) is None or wmi in makes:
                raise _nonsense(f"{make}: {wmi!r} is no WMI, or stands twice")
            makes[wmi] = make
    return makes


def _block(entry: Any, known: frozenset[str]) -> tuple[str, Vendor]:
    if not isinstance(entry, dict) or set(entry) != _ENTRY:
        raise _nonsense(f"a block has {', '.join(sorted(_ENTRY))}")
    prefix, vendor, makes = entry["prefix"], entry["vendor"], entry["makes"]
    if (
        not isinstance(prefix, str)
        or len(prefix) not in PREFIX_LENGTHS
        or _PREFIX.fullmatch(prefix) is None
        or prefix[1] not in "048C"
    ):
        raise _nonsense(f"{prefix!r} is no block that IEEE assigns (6, 7 or 9 digits)")
    if not all(isinstance(entry[name], str) and entry[name].strip() for name in ("vendor", "seen")):
        raise _nonsense(f"{prefix}: name the vendor, and where the block was seen")
    if not isinstance(makes, list) or not makes or not all(make in known for make in makes):
        raise _nonsense(f"{prefix}: names no makes, or unknown ones")
    if not isinstance(entry["exclusive"], bool):
        raise _nonsense(f"{prefix}: exclusive is true or false")
    return prefix, Vendor(vendor, frozenset(makes), entry["exclusive"])


def _nonsense(what: str) -> ServiceError:
    return ServiceError(Kind.INVALID, "vendors_invalid", f"vendors: {what}; correct {FILE}")
