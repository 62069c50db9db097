"""What somebody may have typed into the search box."""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum

from foundation.identifiers import Emaid, EvccId20, EvseId, InvalidIdentifier, Mac, Pcid, Vin

MAX_CHARACTERS = 200

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{6,40}|[0-9a-f]{64}")


class Thing(StrEnum):
    """What has a page of its own."""

    DECISION = "decision"
    CONTRACT = "contract"
    VEHICLE = "vehicle"
    CERTIFICATE = "certificate"
    STATION = "station"
    PARTICIPANT = "participant"


class Form(StrEnum):
    """What a text may be, by its form alone."""

    REFERENCE = "a reference or id"
    EMAID = "an EMAID"
    PCID = "a PCID"
    VEHICLE = "a VIN, MAC or EVCCID"
    EVSE_ID = "an EVSE ID"
    FINGERPRINT = "a fingerprint"
    SERIAL = "a serial number"
    STATION_ID = "a name or id"


def forms_of(text: str) -> Iterator[Form]:
    """Yield everything that the text may be; the most telling forms first."""
    lower = text.lower()
    digits = lower.replace(":", "").replace(" ", "")
    if _UUID.fullmatch(lower):
        yield Form.REFERENCE
    for form, parse in (
        (Form.EVSE_ID, EvseId.parse),
        (Form.EMAID, Emaid.parse),
        (Form.PCID, Pcid.parse),
    ):
        if _parses(parse, text):
            yield form
    if any(_parses(parse, text) for parse in (Vin.parse, Mac.parse, EvccId20.parse)):
        yield Form.VEHICLE
    if _HEX.fullmatch(digits):
        yield Form.FINGERPRINT if len(digits) == 64 else Form.SERIAL
    if len(text) <= 48:
        yield Form.STATION_ID


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except InvalidIdentifier:
        return False
    return True
