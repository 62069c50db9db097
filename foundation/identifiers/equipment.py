"""Ids of charging equipment: EVSEID (a power outlet) and SECCID (a charge controller)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from foundation.identifiers.countries import country_warnings
from foundation.identifiers.invalid import IdentifierWarning, InvalidIdentifier
from foundation.identifiers.spelling import upper_ascii

_EVSE_ISO = re.compile(r"([A-Z]{2})\*?([A-Z0-9]{3})\*?E(?=\**[A-Z0-9])([A-Z0-9*]{1,30})")
_EVSE_DIN = re.compile(r"\+?([0-9]{1,3})\*([0-9]{3})\*(?=\**[0-9])([0-9*]{1,32})")
_SECC = re.compile(r"([A-Z]{2})-?([A-Z0-9]{3})-?S-?([A-Z0-9]{1,248})-?([A-Z0-9])")


class EvseIdForm(StrEnum):
    """Which of the two forms an EVSEID is written in."""

    ISO = "iso"
    DIN = "din"


@dataclass(frozen=True, slots=True)
class EvseId:
    """The id of an EVSE; equal in any spelling.

    Separators in the ISO form are for reading only, wherever they stand: an operator that tells
    `E1*12` from `E11*2` has two EVSEs with one id.

    `canonical` (and `key`) is upper case: `DEABCE1` without separators in the ISO form,
    `+49*810*000*438` in the DIN form, whose country has no fixed length. `operator_id` is
    `DEABC` or `+49*810`; `raw` the text as given.
    """

    canonical: str
    operator_id: str = field(compare=False)
    form: EvseIdForm = field(compare=False)
    warnings: tuple[IdentifierWarning, ...] = field(compare=False)
    raw: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "EvseId":
        """Parse either form in any case; raises InvalidIdentifier (`invalid_evse_id`).

        Sources: OICP 2.3 EvseID, ISO 15118-2:2014 annex H, DIN SPEC 91286.
        """
        expected = "an EVSEID is DE*ABC*E and up to 30 characters, or +49*810* and up to 32 digits"
        upper = upper_ascii(text, longest=41, identifier="evse_id", expected=expected)
        if (match := _EVSE_ISO.fullmatch(upper)) is not None:
            operator_id = match[1] + match[2]
            canonical = f"{operator_id}E{match[3].replace('*', '')}"
            return cls(canonical, operator_id, EvseIdForm.ISO, country_warnings(match[1]), text)
        if (match := _EVSE_DIN.fullmatch(upper)) is not None:
            operator_id = f"+{match[1]}*{match[2]}"
            return cls(f"{operator_id}*{match[3]}", operator_id, EvseIdForm.DIN, (), text)
        raise InvalidIdentifier("evse_id", expected)

    @property
    def key(self) -> str:
        """What EVSEs are looked up by."""
        return self.canonical


@dataclass(frozen=True, slots=True)
class SeccId:
    """The id of a charge controller (ISO 15118-20); equal in any spelling.

    `canonical` (and `key`) is upper case without separators, its check character included;
    `operator_id` is `DEABC`; `raw` the text as given.
    """

    canonical: str
    operator_id: str = field(compare=False)
    warnings: tuple[IdentifierWarning, ...] = field(compare=False)
    raw: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "SeccId":
        """Parse country, operator, `S`, controller id and a check character; `-` between them.

        Raises InvalidIdentifier (`invalid_secc_id`). Source: ISO 15118-20:2022, identifierType
        (255 characters); the check character is taken as it is.
        """
        expected = "a SECCID is country, operator, S, the controller's id and a check character"
        upper = upper_ascii(text, longest=255, identifier="secc_id", expected=expected)
        match = _SECC.fullmatch(upper)
        if match is None:
            raise InvalidIdentifier("secc_id", expected)
        operator_id = match[1] + match[2]
        canonical = f"{operator_id}S{match[3]}{match[4]}"
        return cls(canonical, operator_id, country_warnings(match[1]), text)

    @property
    def key(self) -> str:
        """What controllers are looked up by."""
        return self.canonical
