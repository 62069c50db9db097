"""What a simulated fleet consists of, whichever generator made it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from autocharge.model.sighting import Place
from foundation.identifiers import Mac, Vin

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)


class Actor(StrEnum):
    """Who plugs in, by the identifier of an enrolled vehicle."""

    OWNER = "owner"
    SHARER = "sharer"  # another vehicle, which sends the same identifier by nature
    NEW_OWNER = "new owner"  # the vehicle was sold, the seller's enrolment still stands
    FAR_AWAY = "far away"
    SAME_TIME = "at the same time"
    SAME_CITY = "same city at other times"
    NEIGHBOUR = "the neighbour"

    @property
    def is_cloner(self) -> bool:
        """Whether somebody copied the identifier on purpose."""
        return self in CLONERS


CLONERS = (Actor.FAR_AWAY, Actor.SAME_TIME, Actor.SAME_CITY, Actor.NEIGHBOUR)


@dataclass(frozen=True, slots=True)
class Station:
    """Where a station is, in kilometres east and north, and what the register says of it.

    `names_vehicle`: it sends the VIN beside the MAC.
    """

    x: float
    y: float
    place: Place
    names_vehicle: bool = False


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle that is enrolled with one MAC.

    `contract` names its contract, which another vehicle of the household may have, too.
    `rotates`: it sends a new MAC each time; `shared`: other vehicles send its MAC.
    """

    name: int
    mac: Mac
    vin: Vin
    contract: int
    rotates: bool = False
    shared: bool = False
    has_certificate: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody plugs in at a station and would charge until `until`.

    `vehicle` is whose MAC is read. `start_told` and `end_told`: whether the station tells of the
    session's start and end. `certificate`: it presents a contract certificate, not the MAC.
    """

    at: datetime
    until: datetime
    vehicle: int
    station: Station
    actor: Actor
    start_told: bool = True
    end_told: bool = True
    certificate: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that happens, in order of time; `enrolled_again` are vehicles that were sold."""

    vehicles: tuple[Vehicle, ...]
    attempts: tuple[Attempt, ...]
    enrolled_again: dict[int, datetime]


Generator = Callable[[int, int, int], Fleet]
"""From a seed, the number of vehicles and of days."""


def at_hour(hours: float) -> datetime:
    """Return the time so many hours after the beginning."""
    return BEGIN + timedelta(hours=hours)
