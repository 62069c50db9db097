"""EMAID = EVCOID: the id of a driver's contract, in its ISO, eMI3 and DIN forms.

One contract has many spellings (case, separators, with and without check digit, ISO and DIN);
`key` is the same for all of them. A wrong check digit never is cut away: two ids that differ in
nothing else may be two contracts, and folding them would bill the wrong payer.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from foundation.identifiers.check_digits import din_check_digit, iso_check_digit
from foundation.identifiers.countries import COUNTRIES, country_warnings
from foundation.identifiers.invalid import IdentifierWarning, InvalidIdentifier
from foundation.identifiers.spelling import upper_ascii

LONGEST = 18  # ISO form: 15 characters and three separators
EXPECTED = (
    "an EMAID is 2 letters of the country, 3 characters of the provider and 9 of the contract "
    "(6 in the DIN form), then an optional check digit; `-` (DIN also `*`) everywhere or nowhere"
)

# The back reference makes the separator consistent, as in OPCP 1.0.0 "Handling of IDs".
_ISO = re.compile(r"([A-Z]{2})(-?)([A-Z0-9]{3})\2([A-Z0-9]{9})(?:\2([A-Z0-9]))?")
_DIN = re.compile(r"([A-Z]{2})([*-]?)([A-Z0-9]{3})\2([A-Z0-9]{6})(?:\2([0-9X]))?")

_EMI3_PREFIX = "C0"
_DEPRECATED_PREFIX = "00"


class EmaidForm(StrEnum):
    """Which of the three forms an EMAID is written in."""

    ISO = "iso"  # ISO 15118: nine characters of the contract
    EMI3 = "emi3"  # the same, the nine beginning with C
    DIN = "din"  # DIN SPEC 91286: six


@dataclass(frozen=True, slots=True, repr=False)
class Emaid:
    """A contract id, made by `parse`; two spellings of one contract are equal.

    `raw` is the text as given; `canonical` is upper case without separators: 14 characters where
    the check digit is right or absent, all 15 where it is wrong (DIN: 11 and 12). `key` is what
    contracts are looked up by: the canonical ISO form, into which a DIN id is converted. A DIN id
    with a wrong check digit has no ISO form; its key is its own 12 characters. `check_digit` is
    the right check digit as given, else None.
    """

    key: str
    raw: str = field(compare=False)
    canonical: str = field(compare=False)
    check_digit: str | None = field(compare=False)
    form: EmaidForm = field(compare=False)
    warnings: tuple[IdentifierWarning, ...] = field(compare=False)

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "Emaid":
        """Parse any spelling of an EMAID.

        A wrong check digit and a country that is not in ISO 3166-1 are warnings; `strict` makes
        the wrong check digit an error. Raises InvalidIdentifier (`invalid_emaid`).
        Sources: ISO 15118-2:2014 annex H, DIN SPEC 91286, OICP 2.3 EvcoID, OPCP 1.0.0.
        """
        if len(text) > LONGEST:
            raise InvalidIdentifier("emaid", f"too long: {EXPECTED}")
        return _parse(text, strict)

    @property
    def country(self) -> str:
        """Two upper-case letters, not necessarily of ISO 3166-1."""
        return self.canonical[:2]

    @property
    def provider(self) -> str:
        """Three upper-case characters of the provider within its country."""
        return self.canonical[2:5]

    @property
    def provider_id(self) -> str:
        """Country and provider (`DEABC`): who may act on the contract."""
        return self.canonical[:5]

    @property
    def instance(self) -> str:
        """The contract's own part: nine characters (DIN six), one more with a wrong check digit."""
        return self.canonical[5:]

    @property
    def alternative_keys(self) -> tuple[str, ...]:
        """Further keys to try, in this order, when `key` finds nothing.

        The deprecated conversion from DIN put `00` where eMI3 puts `C0`; an id in one of these
        two forms may stand in a register in the other. Whoever creates a contract must find all
        of them free.
        """
        if len(self.key) != 14 or not _converted_from_din(self.key):
            return ()
        is_emi3 = self.key[5:7] == _EMI3_PREFIX
        return (_with_prefix(self.key, _DEPRECATED_PREFIX if is_emi3 else _EMI3_PREFIX),)

    def with_check_digit(self) -> str:
        """Return the 15 characters of the ISO form with the check digit, as OICP 2.3 wants them.

        An id whose own check digit is wrong is returned as it is: correcting it would name
        another contract. Raises InvalidIdentifier for a DIN id with a wrong check digit.
        """
        if len(self.key) == 15:
            return self.key
        if len(self.key) != 14:
            raise InvalidIdentifier("emaid", "a DIN id with a wrong check digit has no ISO form")
        return self.key + iso_check_digit(self.key)

    def to_emi3(self) -> "Emaid":
        """Convert from DIN, or from its deprecated `00` spelling, to eMI3 (15 characters).

        Raises InvalidIdentifier where the id does not come from DIN; an eMI3 id is itself.
        """
        if self.form is EmaidForm.EMI3:
            return self
        return self._converted(_EMI3_PREFIX)

    def to_deprecated_iso(self) -> "Emaid":
        """Convert from DIN or eMI3 to the `00` spelling that older systems hold (15 characters).

        Raises InvalidIdentifier where the id does not come from DIN.
        """
        return self._converted(_DEPRECATED_PREFIX)

    def to_din(self) -> "Emaid":
        """Convert back to DIN (12 characters with the check digit).

        Raises InvalidIdentifier where the id does not come from DIN: it needs the prefix `C0` or
        `00` and the DIN check digit in the last place.
        """
        if self.form is EmaidForm.DIN:
            return self
        self._require_din_origin()
        return Emaid.parse(self.key[:5] + self.key[7:])

    def _converted(self, prefix: str) -> "Emaid":
        self._require_din_origin()
        fourteen = _with_prefix(self.key, prefix)
        return Emaid.parse(fourteen + iso_check_digit(fourteen))

    def _require_din_origin(self) -> None:
        if len(self.key) != 14 or not _converted_from_din(self.key):
            raise InvalidIdentifier(
                "emaid",
                "only DIN ids and ISO ids made from them (prefix C0 or 00 and the DIN check digit) "
                "can be converted",
            )

    def require_issuable(self) -> None:
        """Raise InvalidIdentifier (`emaid_not_issuable`) where we may not issue this id.

        We issue 14 characters, or 15 with the right check digit, below a country of ISO 3166-1.
        """
        if self.form is EmaidForm.DIN:
            reason = "the DIN form is not issued any more; use the eMI3 form"
        elif len(self.canonical) != 14:
            reason = "the check digit is wrong; correct it or leave it out"
        elif self.country not in COUNTRIES:
            reason = "the first two letters must be a country code of ISO 3166-1"
        else:
            return
        raise InvalidIdentifier("emaid", reason, code="emaid_not_issuable")

    def __repr__(self) -> str:
        return f"Emaid({self.provider_id}…)"  # the rest is personal and must not reach a log


@lru_cache(maxsize=1024)
def _parse(text: str, strict: bool) -> Emaid:
    """Parse a text of bounded length; one request reads the same EMAID several times."""
    upper = upper_ascii(text, longest=LONGEST, identifier="emaid", expected=EXPECTED)
    match = _ISO.fullmatch(upper)
    if match is not None:
        country, _, provider, instance, given = match.groups()
        form = EmaidForm.EMI3 if instance[0] == "C" else EmaidForm.ISO
        canonical = key = country + provider + instance
        right = None if given is None else iso_check_digit(canonical)
    else:
        match = _DIN.fullmatch(upper)
        if match is None:
            raise InvalidIdentifier("emaid", EXPECTED)
        country, _, provider, instance, given = match.groups()
        form = EmaidForm.DIN
        canonical = country + provider + instance
        right = din_check_digit(canonical)
        key = f"{country}{provider}{_EMI3_PREFIX}{instance}{right}"
    warnings = country_warnings(country)
    if given != right and given is not None:
        if strict:
            raise InvalidIdentifier("emaid", f"wrong check digit: it should be {right}")
        key = canonical = canonical + given
        warnings += (
            IdentifierWarning(
                "wrong_check_digit", f"the check digit should be {right}; it stays in the id"
            ),
        )
        given = None
    return Emaid(key, text, canonical, given, form, warnings)


def _converted_from_din(fourteen: str) -> bool:
    """Whether an ISO id reads as one made from DIN: its last character is the DIN check digit."""
    return (
        fourteen[5:7] in (_EMI3_PREFIX, _DEPRECATED_PREFIX)
        and din_check_digit(fourteen[:5] + fourteen[7:13]) == fourteen[13]
    )


def _with_prefix(fourteen: str, prefix: str) -> str:
    return fourteen[:5] + prefix + fourteen[7:]
