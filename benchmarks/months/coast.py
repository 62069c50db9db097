"""The generator that the rules were not tuned on: a long, thinly settled coast in the north.

Ninety towns on one winding line of 1,700 km, two thirds of the people in the three largest. Two
operators have most stations and thirty have a few each. Two drivers in three charge at home; many
drive to the same cabin every other weekend, and on holiday along the coast for days, all in the
same three weeks. Batteries carry less, registers are worse, stations forget more, more charges
are at other networks, and identifiers are shared by larger groups than in `inland`.
"""

from dataclasses import dataclass
from math import cos, log, pi, radians, sin
from random import Random

from autocharge.model.sighting import Place
from benchmarks.months.driving import Diary, Map, Telling
from benchmarks.months.population import Cast, Landscape, Shares, populate
from benchmarks.months.world import Fleet, Station

LENGTH_KM = 1700.0
TOWNS = 90
LARGE = ("NOST1", "NOST2")
SMALL = tuple(f"NOL{n:02d}" for n in range(30))
COVERAGE = 0.7
FASTEST_KMH = 95.0  # as the crow flies
HOLIDAYS = (4, 25)  # days
TELLING = Telling(start_lost=0.03, end_lost=0.01)
SHARES = Shares(
    shared=0.03,
    rotating=0.02,
    sold=0.01,
    two_cars=0.12,
    certificate=0.05,
    group_sizes=(2, 3, 4, 5, 8, 12),
)


@dataclass(frozen=True, slots=True)
class _Driver:
    """Where somebody lives on the line, in kilometres, and what he does."""

    home: float
    charges_a_day: float
    cabin: float | None
    holiday: bool
    range_km: float
    by_night: bool


def generate(seed: int, vehicles: int, days: int) -> Fleet:
    """Return a fleet of the coast; the same for the same arguments."""
    random = Random(f"coast {seed}")
    towns = sorted(random.uniform(0, LENGTH_KM) for _ in range(TOWNS))
    stations = Map(_stations(random, towns))
    coast = _Coast(towns, random.sample(towns, 3), stations, days)
    landscape = Landscape(stations, far_km=350.0)
    return populate(random, landscape, SHARES, TELLING, vehicles, days, coast.drive)


def _line(km: float) -> tuple[float, float]:
    """Return the place so many kilometres along the coast, east and north of its beginning."""
    return 60 * sin(km * 2 * pi / 400) + 0.35 * km, 0.85 * km


class _Coast:
    def __init__(self, towns: list[float], large: list[float], stations: Map, days: int) -> None:
        self._towns = towns
        self._large = large
        self._map = stations
        self._days = days

    def drive(self, random: Random, cast: Cast) -> Diary:
        """Return a month of one vehicle."""
        driver = self._driver(random)
        diary = Diary(cast.vehicle, random, TELLING, self._days, FASTEST_KMH)
        own = self._around(driver.home, 25)
        usual = random.choices(own, k=3)  # perhaps one alone
        leaves = random.randint(*HOLIDAYS) if driver.holiday else None
        day = cast.from_day
        while day < min(self._days, cast.to_day):
            if leaves is not None and day >= leaves:
                leaves = None
                day = self._holiday(random, diary, driver, day, cast)
                continue
            if driver.cabin is not None and day % 14 == cast.vehicle % 14:
                day = self._weekend(random, diary, driver, day, cast)
                continue
            if random.random() < driver.charges_a_day:
                hour = random.triangular(18, 26, 22) if driver.by_night else random.uniform(7, 20)
                hours = (
                    random.uniform(6, 11) if driver.by_night else random.lognormvariate(-0.4, 0.6)
                )
                station = random.choice(usual if random.random() < 0.6 else own)
                diary.charge(day * 24 + hour, hours, station, cast.actor)
            day += 1
        return diary

    def _driver(self, random: Random) -> _Driver:
        town = random.choice(self._large if random.random() < 0.66 else self._towns)
        at_home = random.random() < 0.66
        return _Driver(
            home=min(LENGTH_KM, max(0.0, random.gauss(town, 8))),
            charges_a_day=min(0.95, random.lognormvariate(log(0.08 if at_home else 0.4), 0.7)),
            cabin=self._off(random, town, 60, 250) if random.random() < 0.25 else None,
            holiday=random.random() < 0.35,
            range_km=random.triangular(120, 260, 190),
            by_night=not at_home and random.random() < 0.5,
        )

    @staticmethod
    def _off(random: Random, km: float, nearest: float, farthest: float) -> float:
        """A place up or down the coast, turned back at its ends."""
        away = random.uniform(nearest, farthest) * random.choice((-1, 1))
        return km + away if 0 <= km + away <= LENGTH_KM else km - away

    def _around(self, km: float, reach: float) -> list[Station]:
        stations: list[Station] = []
        while not stations:
            stations = self._map.near(*_line(km), reach)
            reach *= 2
        return stations

    def _weekend(self, random: Random, diary: Diary, driver: _Driver, day: int, cast: Cast) -> int:
        assert driver.cabin is not None
        hour = day * 24 + random.uniform(14, 19)
        self._drive(random, diary, driver, driver.home, driver.cabin, hour, cast)
        back = (day + 2) * 24 + random.uniform(12, 18)
        self._drive(random, diary, driver, driver.cabin, driver.home, back, cast)
        return day + 3

    def _holiday(self, random: Random, diary: Diary, driver: _Driver, day: int, cast: Cast) -> int:
        """From stage to stage, away for a week or so, then home in a few long days."""
        at, stages = driver.home, random.randint(2, 6)
        turn = self._off(random, at, 250, 900)
        for stage in range(1, stages + 1):
            goal = driver.home + (turn - driver.home) * stage / stages
            goal = min(LENGTH_KM, max(0.0, goal))
            self._drive(random, diary, driver, at, goal, day * 24 + random.uniform(8, 12), cast)
            at = goal
            day += random.randint(1, 3)
            if random.random() < 0.4:
                station = random.choice(self._around(at, 15))
                diary.charge(day * 24 - random.uniform(2, 10), 2, station, cast.actor)
        while abs(at - driver.home) > 1:
            goal = driver.home if abs(at - driver.home) < 600 else (at + driver.home) / 2
            self._drive(random, diary, driver, at, goal, day * 24 + random.uniform(5, 9), cast)
            at = goal
            day += 1
        return day + 1

    def _drive(
        self,
        random: Random,
        diary: Diary,
        driver: _Driver,
        start: float,
        goal: float,
        hour: float,
        cast: Cast,
    ) -> None:
        """Drive along the coast and charge wherever the battery is low."""
        way = 1 if goal > start else -1
        speed = random.uniform(45, 80)
        at = start
        left = driver.range_km * random.uniform(0.5, 0.95)
        while abs(goal - at) > left:
            step = left * random.uniform(0.6, 0.95)
            at += way * step
            hour += step / speed
            left = driver.range_km * random.uniform(0.6, 0.85)
            hours = random.uniform(0.4, 1.2)
            if random.random() < COVERAGE:
                station = random.choice(self._around(at, 12))
                diary.charge(hour, hours, station, cast.actor)
            hour += hours


def _stations(random: Random, towns: list[float]) -> list[Station]:
    stations: list[Station] = []
    for town in towns:
        local = random.choice(SMALL)
        for _ in range(random.randint(3, 14)):
            operator = local if random.random() < 0.25 else random.choice(LARGE)
            x, y = _line(random.gauss(town, 5))
            stations.append(_station(random, len(stations), x + random.gauss(0, 3), y, operator))
    for step in range(int(LENGTH_KM // 25)):
        x, y = _line(step * 25)
        stations.append(_station(random, len(stations), x, y, random.choice(LARGE)))
    return stations


def _station(random: Random, number: int, x: float, y: float, operator: str) -> Station:
    """Return a station; one in twenty has no coordinates, one in 200 zeros."""
    latitude: float | None = 57.5 + y / 111.2
    longitude: float | None = 5 + x / (111.2 * cos(radians(latitude or 0)))
    fate = random.random()
    if fate < 0.05:
        latitude = longitude = None
    elif fate < 0.055:
        latitude = longitude = 0.0
    place = Place(f"S{number}", operator, latitude, longitude)
    return Station(x, y, place, names_vehicle=random.random() < 0.05)
