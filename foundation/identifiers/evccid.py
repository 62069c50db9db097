"""EVCCID: what a vehicle's charge controller calls itself, and what Autocharge goes by.

A MAC address in DIN 70121 and ISO 15118-2, free text in ISO 15118-20. Neither is a secret.
"""

import re
from dataclasses import dataclass, field

from foundation.identifiers.invalid import InvalidIdentifier
from foundation.identifiers.spelling import upper_ascii

VID_PREFIX = "VID:"  # stations put it in front of what they read (OCPP 1.6 idTag and later)

_MAC = re.compile(
    r"(?:VID:)?("
    r"[0-9A-F]{12}|[0-9A-F]{16}"
    r"|[0-9A-F]{2}([:-])[0-9A-F]{2}(?:\2[0-9A-F]{2}){4}(?:\2[0-9A-F]{2}\2[0-9A-F]{2})?"
    r"|[0-9A-F]{4}(?:\.[0-9A-F]{4}){2,3}"
    r")"
)
_EVCCID_20 = re.compile(r"(?:VID:)?([A-Z0-9]{3}-?V-?[A-Z0-9]{15,250}-?[A-Z0-9])")

_PADDING = "0000"
_NOT_A_VEHICLE = frozenset({"000000000000", "FFFFFFFFFFFF"})
_WITHOUT_SEPARATORS = str.maketrans("", "", ":-.")


@dataclass(frozen=True, slots=True, repr=False)
class Mac:
    """A vehicle's MAC address; equal in any spelling.

    `key` is 12 upper-case hexadecimal digits, `raw` the text as given. `signals` are hints of
    risk, not reasons to refuse: `locally_administered` (the address may be made up or change),
    `multicast` (no network card has such an address), `left_padded` (spelled with eight bytes).
    """

    key: str
    raw: str = field(compare=False)
    signals: tuple[str, ...] = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "Mac":
        """Parse six bytes, or eight with two leading zero bytes, in hexadecimal.

        Bytes may be separated by `:` or `-`, pairs of bytes by `.`, everywhere or nowhere; `VID:`
        may stand in front. All zeros and all ones are refused.
        Raises InvalidIdentifier (`invalid_mac`). Sources: ISO 15118-2, DIN 70121 (eight bytes).
        """
        expected = "a MAC is 6 bytes, or 8 beginning with 0000, in hexadecimal"
        upper = upper_ascii(text, longest=27, identifier="mac", expected=expected)
        match = _MAC.fullmatch(upper)
        if match is None:
            raise InvalidIdentifier("mac", expected)
        key = match[1].translate(_WITHOUT_SEPARATORS)
        is_padded = len(key) == 16
        if is_padded:
            if not key.startswith(_PADDING):
                raise InvalidIdentifier("mac", expected)
            key = key[4:]
        if key in _NOT_A_VEHICLE:
            raise InvalidIdentifier("mac", "all zeros or all ones is no vehicle's address")
        first = int(key[:2], 16)
        signals = []
        if first & 0x02:  # IEEE 802, the U/L bit
            signals.append("locally_administered")
        if first & 0x01:  # IEEE 802, the I/G bit
            signals.append("multicast")
        if is_padded:
            signals.append("left_padded")
        return cls(key, text, tuple(signals))

    def __repr__(self) -> str:
        return "Mac(…)"  # personal: it must not reach a log


@dataclass(frozen=True, slots=True, repr=False)
class EvccId20:
    """An EVCCID of ISO 15118-20; equal in any spelling.

    `key` is WMI, `V`, the manufacturer's own id and the check character, upper case without
    separators; `raw` the text as given.
    """

    key: str
    raw: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "EvccId20":
        """Parse WMI (3), `V`, 15 to 250 letters and digits, a check character; `-` between them.

        Raises InvalidIdentifier (`invalid_evccid`). Source: ISO 15118-20:2022, identifierType
        (255 characters); the check character is taken as it is.
        """
        expected = "an EVCCID is WMI, V, 15 to 250 letters and digits and a check character"
        upper = upper_ascii(
            text, longest=255 + len(VID_PREFIX), identifier="evccid", expected=expected
        )
        match = _EVCCID_20.fullmatch(upper)
        if match is None or len(match[1]) > 255:
            raise InvalidIdentifier("evccid", expected)
        return cls(match[1].replace("-", ""), text)

    @property
    def wmi(self) -> str:
        """The manufacturer: the first three characters."""
        return self.key[:3]

    def __repr__(self) -> str:
        return f"EvccId20({self.wmi}…)"  # the rest is personal and must not reach a log


def parse_evccid(text: str) -> Mac | EvccId20:
    """Parse an EVCCID of either edition; the `V` in fourth place is no hexadecimal digit.

    Raises InvalidIdentifier (`invalid_mac` or `invalid_evccid`).
    """
    # the longest MAC is VID: and eight separated bytes; the shortest of -20 has 20 characters
    if len(text) <= 27:
        try:
            return Mac.parse(text)
        except InvalidIdentifier:
            if len(text) < 20:
                raise
    return EvccId20.parse(text)
