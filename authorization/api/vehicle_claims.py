"""From the texts of a message to the claim of a vehicle, which may show several identifiers."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from authorization.model.claim import Identification, UnreadableClaim, VehicleClaim
from authorization.model.outcome import EvidenceKind, ReasonCode
from autocharge.model.enrolment import Identifier
from autocharge.model.noted import MAX_IDENTIFIERS
from autocharge.model.sighting import Source
from foundation.identifiers import InvalidIdentifier, Vin, parse_evccid

_READERS: Mapping[str, Callable[[str], Identifier]] = MappingProxyType(
    {"MacAddress": parse_evccid, "EVCCID": parse_evccid, "VIN": Vin.parse}
)
"""What OCPP 2.1 calls a vehicle's identifiers; stations put a MAC into either of the first two."""

VEHICLE_TYPES = frozenset(_READERS)


def vehicle_claim(
    text: str, source: Source, kind: str = "MacAddress", more: Sequence[tuple[str, str]] = ()
) -> Identification:
    """Return the claim of a vehicle's identifier in any spelling, readable or not.

    `more` are kind and text of what else stood in the message (OCPP's additionalInfo). Where the
    first text cannot be read the first of them that can is claimed; of other kinds nobody knows
    what they identify, and they are left out.
    """
    claimed = _read(kind, text)
    others = [
        identifier
        for other_kind, other_text in more
        if other_kind in _READERS and (identifier := _read(other_kind, other_text)) is not None
    ][: MAX_IDENTIFIERS - 1]
    if claimed is not None:
        return VehicleClaim(claimed, source, tuple(others))
    if others:
        added = Source.OCPP21_ADDITIONAL_INFO
        return VehicleClaim(others[0], added, tuple(others[1:]))
    return UnreadableClaim(EvidenceKind.AUTOCHARGE, None, ReasonCode.IDENTIFIER_UNREADABLE)


def _read(kind: str, text: str) -> Identifier | None:
    try:
        return _READERS[kind](text)
    except InvalidIdentifier:
        return None
