"""Stations by place, and sessions with what stations forget to tell."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from random import Random

from benchmarks.months.world import Actor, Attempt, Station, at_hour

CELL_KM = 20.0


class Map:
    """Stations on a grid, to find those near a place."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self.stations = stations
        self._cells: defaultdict[tuple[int, int], list[Station]] = defaultdict(list)
        for station in stations:
            self._cells[self._cell(station.x, station.y)].append(station)

    def near(self, x: float, y: float, km: float) -> list[Station]:
        """Return the stations within `km` of the place."""
        column, row = self._cell(x, y)
        reach = int(km // CELL_KM) + 1
        return [
            station
            for i in range(column - reach, column + reach + 1)
            for j in range(row - reach, row + reach + 1)
            for station in self._cells.get((i, j), ())
            if hypot(station.x - x, station.y - y) <= km
        ]

    @staticmethod
    def _cell(x: float, y: float) -> tuple[int, int]:
        return int(x // CELL_KM), int(y // CELL_KM)


@dataclass(frozen=True, slots=True)
class Telling:
    """How often stations forget to tell of a session's start and of its end."""

    start_lost: float
    end_lost: float


@dataclass(slots=True)
class Diary:
    """What one vehicle does: it is at one place at a time, and roads take their time.

    `free_from` is when it may leave its last station, in hours; `fastest` is how many kilometres
    it comes an hour at best, as the crow flies; `days` ends the diary.
    """

    vehicle: int
    random: Random
    telling: Telling
    days: int
    fastest: float
    attempts: list[Attempt] = field(default_factory=list)
    free_from: float = 0.0
    last: Station | None = None

    def charge(self, hour: float, hours: float, station: Station, actor: Actor) -> None:
        """Add a session, later where the vehicle cannot be there yet, unless the time is over."""
        if self.last is not None:
            km = hypot(station.x - self.last.x, station.y - self.last.y)
            hour = max(hour, self.free_from + 0.05 + km / self.fastest)
        if hour >= self.days * 24:
            return
        self.attempts.append(
            session(self.random, self.telling, self.vehicle, hour, hours, station, actor)
        )
        self.free_from = hour + hours
        self.last = station


def session(
    random: Random,
    telling: Telling,
    vehicle: int,
    hour: float,
    hours: float,
    station: Station,
    actor: Actor,
) -> Attempt:
    """Return one session, of which the station may not tell everything."""
    return Attempt(
        at_hour(hour),
        at_hour(hour + hours),
        vehicle,
        station,
        actor,
        start_told=random.random() >= telling.start_lost,
        end_told=random.random() >= telling.end_lost,
    )
