"""As what a text can be read, when nobody says what it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from foundation.identifiers.emaid import Emaid
from foundation.identifiers.equipment import EvseId, SeccId
from foundation.identifiers.evccid import Mac, parse_evccid
from foundation.identifiers.invalid import IdentifierWarning, InvalidIdentifier
from foundation.identifiers.parties import OperatorId, ProviderId, Wmi
from foundation.identifiers.vehicle import Pcid, Vin


class IdentifierKind(StrEnum):
    """The kinds of identifier; where a text fits several, the earlier is the better guess.

    A MAC's 12 digits and a VIN's 17 characters are narrower shapes than what follows them, and
    eMI3 keeps the letters E and S for equipment, C for contracts.
    """

    MAC = "mac"
    EVCCID = "evccid"
    VIN = "vin"
    PCID = "pcid"
    EVSE_ID = "evse_id"
    SECC_ID = "secc_id"
    EMAID = "emaid"
    PROVIDER_ID = "provider_id"
    OPERATOR_ID = "operator_id"
    WMI = "wmi"


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read as one kind of identifier; `check_digit` is the right one as given, else None."""

    kind: IdentifierKind
    canonical: str
    check_digit: str | None = None
    warnings: tuple[IdentifierWarning, ...] = ()

    @property
    def is_proven(self) -> bool:
        """Whether a check digit and a country of ISO 3166-1 leave little room for chance."""
        return (
            self.kind is IdentifierKind.EMAID and self.check_digit is not None and not self.warnings
        )


_SIGNALS = MappingProxyType(
    {
        "locally_administered": "locally administered: the vehicle may change it",
        "multicast": "a multicast address: no network card has one",
        "left_padded": "spelled with eight bytes; the two leading zero bytes do not count",
    }
)


def _emaid(text: str, *, strict: bool = False) -> Reading:
    emaid = Emaid.parse(text, strict=strict)
    return Reading(IdentifierKind.EMAID, emaid.canonical, emaid.check_digit, emaid.warnings)


def _mac_reading(mac: Mac) -> Reading:
    warnings = tuple(IdentifierWarning(signal, _SIGNALS[signal]) for signal in mac.signals)
    return Reading(IdentifierKind.MAC, mac.key, None, warnings)


def _mac(text: str) -> Reading:
    return _mac_reading(Mac.parse(text))


def _evccid(text: str) -> Reading:
    evccid = parse_evccid(text)
    if isinstance(evccid, Mac):
        return _mac_reading(evccid)
    return Reading(IdentifierKind.EVCCID, evccid.key)


def _vin(text: str) -> Reading:
    vin = Vin.parse(text)
    return Reading(IdentifierKind.VIN, vin.value, vin.check_digit, vin.warnings)


def _evse_id(text: str) -> Reading:
    evse_id = EvseId.parse(text)
    return Reading(IdentifierKind.EVSE_ID, evse_id.canonical, None, evse_id.warnings)


def _secc_id(text: str) -> Reading:
    secc_id = SeccId.parse(text)
    return Reading(IdentifierKind.SECC_ID, secc_id.canonical, None, secc_id.warnings)


def _provider_id(text: str) -> Reading:
    provider_id = ProviderId.parse(text)
    return Reading(IdentifierKind.PROVIDER_ID, provider_id.value, None, provider_id.warnings)


def _operator_id(text: str) -> Reading:
    operator_id = OperatorId.parse(text)
    return Reading(IdentifierKind.OPERATOR_ID, operator_id.value, None, operator_id.warnings)


_READERS: Mapping[IdentifierKind, Callable[[str], Reading]] = MappingProxyType(
    {
        IdentifierKind.MAC: _mac,
        IdentifierKind.EVCCID: _evccid,
        IdentifierKind.VIN: _vin,
        IdentifierKind.PCID: lambda text: Reading(IdentifierKind.PCID, Pcid.parse(text).key),
        IdentifierKind.EVSE_ID: _evse_id,
        IdentifierKind.SECC_ID: _secc_id,
        IdentifierKind.EMAID: _emaid,
        IdentifierKind.PROVIDER_ID: _provider_id,
        IdentifierKind.OPERATOR_ID: _operator_id,
        IdentifierKind.WMI: lambda text: Reading(IdentifierKind.WMI, Wmi.parse(text).value),
    }
)


def read_as(text: str, kind: IdentifierKind, *, strict: bool = False) -> Reading:
    """Read `text` as an identifier of `kind`; `strict` refuses an EMAID's wrong check digit.

    An EVCCID that is a MAC is read as a MAC. Raises InvalidIdentifier.
    """
    if kind is IdentifierKind.EMAID:
        return _emaid(text, strict=strict)
    return _READERS[kind](text)


def recognise(text: str) -> list[Reading]:
    """Return everything that `text` can be read as, the best guess first; often nothing.

    An EMAID whose check digit is right leads; the other kinds follow in their declared order.
    """
    readings: list[Reading] = []
    for kind in IdentifierKind:
        try:
            reading = read_as(text, kind)
        except InvalidIdentifier:
            continue
        if reading not in readings:  # an EVCCID of ISO 15118-2 is a MAC, and read as one
            readings.append(reading)
    return sorted(readings, key=lambda reading: not reading.is_proven)
