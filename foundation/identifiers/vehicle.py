"""Ids of a vehicle: PCID (its provisioning certificate) and VIN.

Both may be 17 letters and digits, so the shape does not say which it is: the caller does.
"""

import re
from dataclasses import dataclass, field

from foundation.identifiers.check_digits import north_american_vin_check_digit
from foundation.identifiers.invalid import IdentifierWarning, InvalidIdentifier
from foundation.identifiers.spelling import upper_ascii

_PCID = re.compile(r"[A-Z0-9]{17,18}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


@dataclass(frozen=True, slots=True, repr=False)
class Pcid:
    """The id of an OEM provisioning certificate; equal in any case.

    `value` is as spelled (real ones are lower case, and the certificate must be quoted as it is),
    `key` the same in upper case.
    """

    key: str
    value: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "Pcid":
        """Parse 17 or 18 letters and digits; raises InvalidIdentifier (`invalid_pcid`).

        WMI, the manufacturer's own 14 characters, an optional check character whose computation
        is not public. Sources: OPCP 1.0.0, VDE-AR-E 2802-100-1.
        """
        expected = "a PCID is 17 or 18 letters and digits"
        upper = upper_ascii(text, longest=18, identifier="pcid", expected=expected)
        if _PCID.fullmatch(upper) is None:
            raise InvalidIdentifier("pcid", expected)
        return cls(upper, text)

    @property
    def wmi(self) -> str:
        """The manufacturer: the first three characters, upper case."""
        return self.key[:3]

    def __repr__(self) -> str:
        return f"Pcid({self.wmi}…)"  # the rest is personal and must not reach a log


@dataclass(frozen=True, slots=True, repr=False)
class Vin:
    """A vehicle identification number: `value` is 17 upper-case characters."""

    value: str

    @classmethod
    def parse(cls, text: str) -> "Vin":
        """Parse 17 letters (no I, O, Q) and digits in any case.

        Raises InvalidIdentifier (`invalid_vin`). Source: ISO 3779.
        """
        expected = "a VIN is 17 letters and digits without I, O and Q"
        upper = upper_ascii(text, longest=17, identifier="vin", expected=expected)
        if _VIN.fullmatch(upper) is None:
            raise InvalidIdentifier("vin", expected)
        return cls(upper)

    @property
    def key(self) -> str:
        """What enrolments are looked up by."""
        return self.value

    @property
    def wmi(self) -> str:
        """The manufacturer: the first three characters."""
        return self.value[:3]

    @property
    def check_digit(self) -> str | None:
        """The ninth character where it is the North American check digit, else None."""
        given = self.value[8]
        return given if given == north_american_vin_check_digit(self.value) else None

    @property
    def warnings(self) -> tuple[IdentifierWarning, ...]:
        """Whether the North American check digit is missing: usual elsewhere in the world."""
        if self.check_digit is not None:
            return ()
        detail = "the ninth character is not the check digit that North American VINs have"
        return (IdentifierWarning("no_north_american_check_digit", detail),)

    def __repr__(self) -> str:
        return f"Vin({self.wmi}…)"  # the rest is personal and must not reach a log
