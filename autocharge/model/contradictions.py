"""Where the identifiers of one vehicle cannot all be right."""

from autocharge.model.enrolment import Identifier
from autocharge.model.picture import Picture
from autocharge.model.vendors import Vendors
from foundation.identifiers import EvccId20, Mac, Vin


def contradictions(picture: Picture, vendors: Vendors) -> int:
    """Count what contradicts: two values of one kind, and makes that exclude each other.

    A message that names a VIN, MAC or EVCCID other than the enrolled one of that kind; a message
    with two different ones; VIN, PCID and EVCCID of different makes. A WMI that is not listed
    contradicts nothing.
    """
    count = 0
    for kind in (Mac, EvccId20, Vin):
        said = _keys(kind, (picture.identifier, *picture.others))
        # what led here is enrolled itself
        known = _keys(kind, (picture.identifier, *picture.enrolled_identifiers))
        count += len(said - known) if known else max(0, len(said) - 1)
    makes = {make for wmi in wmis_of(picture) if (make := vendors.make_of(wmi)) is not None}
    return count + max(0, len(makes) - 1)


def _keys(kind: type[Identifier], identifiers: tuple[Identifier, ...]) -> set[str]:
    return {identifier.key for identifier in identifiers if isinstance(identifier, kind)}


def wmis_of(picture: Picture) -> frozenset[str]:
    """Return the manufacturers that the vehicle's VIN, EVCCID and PCID name."""
    named = (picture.identifier, *picture.others, *picture.enrolled_identifiers)
    wmis = {wmi for identifier in named if (wmi := _wmi_of(identifier)) is not None}
    return frozenset(wmis if picture.pcid is None else wmis | {picture.pcid.wmi})


def _wmi_of(identifier: Identifier) -> str | None:
    return None if isinstance(identifier, Mac) else identifier.wmi
