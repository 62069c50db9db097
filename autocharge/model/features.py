"""What a picture comes to in numbers and flags, without any identifier or place.

Stored with every Autocharge decision, so that another rule file can be tried on it later.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_type_hints

from autocharge.model.compatibility import Compatibility

Json = bool | int | float | str | None


class VendorMatch(StrEnum):
    """Whether the first half of a MAC belongs to who equips the vehicle's make."""

    EXPECTED = "expected"  # seen on this make before
    OTHER_MAKE = "other_make"  # seen on other makes only
    UNLISTED = "unlisted"  # in nobody's list
    UNCLAIMED = "unclaimed"  # no MAC, or no make is known to compare with


@dataclass(frozen=True, slots=True)
class Features:
    """Numbers and flags that rules are written on; the default of each is "nothing known".

    Distances are great circles in kilometres; where coordinates are missing they are None. A
    vehicle "charged" where its identifier was accepted or a session of it is known; readings that
    were refused count only in `attempts_…`, so that a stranger who replays an identifier cannot
    move the vehicle.
    """

    # the identifier itself
    locally_administered: bool = False
    multicast: bool = False
    vendor: VendorMatch = VendorMatch.UNCLAIMED
    contradictions: int = 0  # identifiers of the message or enrolment that exclude this vehicle
    compatibility: Compatibility = Compatibility.UNKNOWN
    quarantined: bool = False
    suspected: bool = False  # quarantined elsewhere, or a driver did not confirm

    # where it was before
    charges_known: int = 0
    travel_km: float | None = None  # from where it last charged at a place that is known
    travel_hours: float | None = None  # since it left there, a minute at least
    travel_kmh: float | None = None  # what it would have driven: the worst of its last charges
    nearest_km: float | None = None  # from the nearest place where it charged
    silent_days: float | None = None  # since it last charged
    new_operator: bool = False  # it charged before, never at this operator
    new_station: bool = False  # it charged before, never at this station
    unplaced: bool = False  # this station's coordinates are not known
    driven_km_week: float = 0.0  # from charge to charge, seven days back, this one included

    # how much at once
    concurrent_vehicle: int = 0  # sessions of this vehicle that are open elsewhere
    concurrent_hours: float | None = None  # since the youngest of them began
    concurrent_contract: int = 0  # open sessions of the contract, of who knows which vehicle
    attempts_last_hour: int = 0
    attempts_last_day: int = 0
    stations_last_hour: int = 1  # different ones, this one included
    charges_last_day: int = 0
    spending_share: float | None = None  # of the cap; 1 is all of it

    # what else is known of the vehicle
    downgrade: bool = False  # a certificate is installed and was used, now the identifier alone
    downgrade_here: bool = False  # the certificate was used at this very station
    strangeness: float | None = None  # 0 the same vehicle … 1 a strange one
    clock_backwards: bool = False  # something is known to have happened after now
    confirmed: bool = False  # the driver confirmed for this place

    def to_json(self) -> dict[str, Json]:
        """Return the features by name, as JSON knows them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, raw: Mapping[str, object]) -> "Features":
        """Return the features of `to_json`, whichever release wrote them.

        A name that is missing keeps its default and an unknown one is left out, so that records
        outlive releases. Raises ValueError that names a value of the wrong type or range.
        """
        return cls(**{name: _value(name, raw[name]) for name in TYPES if name in raw})


TYPES: Mapping[str, tuple[type, ...]] = {
    name: get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for name, hint in get_type_hints(Features).items()
}
"""The types of each feature, `type(None)` among them where it may be unknown."""


def _value(name: str, value: object) -> Any:
    for wanted in TYPES[name]:
        if issubclass(wanted, StrEnum) and isinstance(value, str):
            return wanted(value)  # ValueError names the word
        if wanted is float and type(value) in (int, float):
            return _finite(name, float(value))  # type: ignore[arg-type] # an int or a float
        if type(value) is wanted:  # a bool is an int to Python, and no count here
            return value
    raise ValueError(f"{name}: a value of the wrong type")


def _finite(name: str, number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{name}: not a finite number")
    return number
