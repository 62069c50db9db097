"""One vehicle's identifier in whichever spelling a station sends it, and where it came from.

`foundation.identifiers` reads every spelling that standards and stations agree on. What single
vendors do otherwise is told by parser rules, which are data. A rule undoes a spelling and never
chooses an identifier: each of its steps can be undone again, so that two vehicles that it reads
stay two, and it yields the one kind that it is for.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from autocharge.model.enrolment import Identifier
from autocharge.model.sighting import Source
from foundation.identifiers import InvalidIdentifier, Mac, Vin, parse_evccid
from foundation.identifiers.evccid import VID_PREFIX

LONGEST = 260  # VID: and the longest EVCCID of ISO 15118-20, with one character to spare

NOT_A_VEHICLE = "not_a_vehicle"


class ClaimedKind(StrEnum):
    """What a message says that a text is. An OCPP 1.6 idTag says nothing: most are cards."""

    MAC = "mac"
    EVCCID = "evccid"
    VIN = "vin"
    ID_TAG = "id_tag"


class Encoding(StrEnum):
    """How a vendor writes the bytes of a MAC down."""

    HEX = "hex"
    BASE32 = "base32"  # RFC 4648 section 6, with or without padding
    BASE64 = "base64"  # RFC 4648 section 4, with or without padding


@dataclass(frozen=True, slots=True)
class ParserRule:
    """How one vendor's stations spell a MAC: the only identifier that is met misspelled.

    A text is read so where it came by one of `sources`, is claimed as one of `claimed`, begins
    with `prefix` and is, without it, `octets` bytes in `encoding`, in reverse order where
    `reversed_octets`. Eight bytes hold a MAC in the low six (DIN 70121).
    """

    name: str
    sources: frozenset[Source]
    claimed: frozenset[ClaimedKind]
    prefix: str
    encoding: Encoding
    octets: int
    reversed_octets: bool


@dataclass(frozen=True, slots=True)
class Sighted:
    """An identifier, by which way it came, as it was spelled, and the rule that read it.

    `rule` is None where no vendor's rule was needed.
    """

    identifier: Identifier
    source: Source
    raw: str = field(repr=False)
    rule: str | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that no vehicle's identifier can be read from.

    `code` says why; `not_a_vehicle` is an idTag that nothing marks as a vehicle's, most likely a
    card's number.
    """

    source: Source
    code: str


def read(
    text: str, kind: ClaimedKind, source: Source, rules: Sequence[ParserRule] = ()
) -> Sighted | Unreadable:
    """Read a text that a message claims to be of `kind`, by the `rules` of its station.

    The first rule that fits reads it; where none does, it is read as standards spell it. A MAC is
    never read from what is claimed as a VIN, nor a VIN from anything else.
    """
    if len(text) > LONGEST:
        return Unreadable(source, "too_long")
    for rule in rules:
        mac = _read_by(rule, text, kind, source)
        if mac is not None:
            return Sighted(mac, source, text, rule.name)
    try:
        identifier = _read_plainly(text, kind)
    except InvalidIdentifier as invalid:
        if kind is ClaimedKind.ID_TAG and not _says_vehicle(text):
            return Unreadable(source, NOT_A_VEHICLE)
        return Unreadable(source, invalid.code)
    return Sighted(identifier, source, text, None)


def _read_plainly(text: str, kind: ClaimedKind) -> Identifier:
    match kind:
        case ClaimedKind.MAC:
            return Mac.parse(text)
        case ClaimedKind.EVCCID:
            return parse_evccid(text)
        case ClaimedKind.VIN:
            return Vin.parse(text)
        case ClaimedKind.ID_TAG:
            if not _says_vehicle(text):
                raise InvalidIdentifier("evccid", "an idTag of a vehicle begins with VID:")
            return parse_evccid(text)


def _says_vehicle(text: str) -> bool:
    return text[: len(VID_PREFIX)].upper() == VID_PREFIX


def _read_by(rule: ParserRule, text: str, kind: ClaimedKind, source: Source) -> Mac | None:
    if source not in rule.sources or kind not in rule.claimed or not text.isascii():
        return None
    if not text.upper().startswith(rule.prefix.upper()):
        return None
    octets = _decoded(text[len(rule.prefix) :], rule.encoding, rule.octets)
    if octets is None:
        return None
    if rule.reversed_octets:
        octets = octets[::-1]
    try:
        return Mac.parse(octets.hex())
    except InvalidIdentifier:
        return None  # all zeros, or more than a MAC in its eight bytes


def _decoded(text: str, encoding: Encoding, octets: int) -> bytes | None:
    """Return the bytes, None unless the text is their one spelling (case and padding aside)."""
    bare = text.rstrip("=")
    try:
        match encoding:
            case Encoding.HEX:
                decoded = bytes.fromhex(text) if text.isalnum() else b""
                back, given = decoded.hex().upper(), text.upper()
            case Encoding.BASE32:
                decoded = base64.b32decode(bare.upper() + "=" * (-len(bare) % 8))
                back, given = base64.b32encode(decoded).decode().rstrip("="), bare.upper()
            case Encoding.BASE64:
                decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
                back, given = base64.b64encode(decoded).decode().rstrip("="), bare
    except (ValueError, binascii.Error):
        return None
    # bits that are left over must be zero: otherwise two texts would be one vehicle
    return decoded if len(decoded) == octets and back == given else None
