"""Who owns an identifier: providers (EMP), operators (CPO) and manufacturers (OEM)."""

import re
from dataclasses import dataclass

from foundation.identifiers.countries import country_warnings
from foundation.identifiers.invalid import IdentifierWarning, InvalidIdentifier
from foundation.identifiers.spelling import upper_ascii

_ISO = re.compile(r"([A-Z]{2})[*-]?([A-Z0-9]{3})")
_DIN_OPERATOR = re.compile(r"\+?([0-9]{1,3})\*([0-9]{3})")
_WMI = re.compile(r"[A-Z0-9]{3}")


@dataclass(frozen=True, slots=True)
class ProviderId:
    """An EMP's id: `value` is country and three characters, upper case (`DEABC`)."""

    value: str
    warnings: tuple[IdentifierWarning, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "ProviderId":
        """Parse `DEABC`, `DE-ABC` or `DE*ABC` in any case; raises InvalidIdentifier."""
        expected = "a provider id is a country's 2 letters and 3 characters (DEABC)"
        upper = upper_ascii(text, longest=6, identifier="provider_id", expected=expected)
        match = _ISO.fullmatch(upper)
        if match is None:
            raise InvalidIdentifier("provider_id", expected)
        return cls(match[1] + match[2], country_warnings(match[1]))


@dataclass(frozen=True, slots=True)
class OperatorId:
    """A CPO's id: `value` is `DEABC`, or `+49*810` in the DIN form."""

    value: str
    warnings: tuple[IdentifierWarning, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "OperatorId":
        """Parse `DEABC`, `DE*ABC`, `DE-ABC` or the DIN form `+49*810` (the `+` may be missing).

        Raises InvalidIdentifier. Source: OICP 2.3 OperatorID.
        """
        expected = "an operator id is a country's 2 letters and 3 characters (DEABC), or +49*810"
        upper = upper_ascii(text, longest=8, identifier="operator_id", expected=expected)
        if (match := _ISO.fullmatch(upper)) is not None:
            return cls(match[1] + match[2], country_warnings(match[1]))
        if (match := _DIN_OPERATOR.fullmatch(upper)) is not None:
            return cls(f"+{match[1]}*{match[2]}")
        raise InvalidIdentifier("operator_id", expected)


@dataclass(frozen=True, slots=True)
class Wmi:
    """A manufacturer's World Manufacturer Identifier (ISO 3780): `value` is three characters."""

    value: str

    @classmethod
    def parse(cls, text: str) -> "Wmi":
        """Parse three letters or digits in any case; raises InvalidIdentifier.

        I, O and Q are allowed, because PCIDs begin with whatever the manufacturer chose.
        """
        expected = "a WMI is 3 letters or digits (WP0)"
        upper = upper_ascii(text, longest=3, identifier="wmi", expected=expected)
        if _WMI.fullmatch(upper) is None:
            raise InvalidIdentifier("wmi", expected)
        return cls(upper)
