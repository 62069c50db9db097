"""The generator that the shipped rules were tuned on: a dense country inland.

Forty towns between the 47th and the 54th degree, the largest with a tenth of the people; a few
operators everywhere and a dozen regional ones; stations along the roads every 40 km. Most drivers
have no charger at home and charge every third day near it.
"""

from dataclasses import dataclass
from itertools import combinations
from math import cos, hypot, radians
from random import Random

from autocharge.model.sighting import Place
from benchmarks.months.driving import Diary, Map, Telling
from benchmarks.months.population import Cast, Landscape, Shares, populate
from benchmarks.months.world import Actor, Fleet, Station

WIDTH_KM, HEIGHT_KM = 640.0, 780.0
TOWNS = 40
NATIONAL = ("DENA1", "DENA2", "DENA3", "DENA4")
REGIONAL = tuple(f"DER{n:02d}" for n in range(12))
COVERAGE = 0.85  # of the charges on a trip: the rest is at networks that do not ask us
FASTEST_KMH = 105.0  # as the crow flies
TELLING = Telling(start_lost=0.01, end_lost=0.005)
SHARES = Shares(
    shared=0.03,
    rotating=0.02,
    sold=0.005,
    two_cars=0.06,
    certificate=0.1,
    group_sizes=(2, 2, 2, 3, 3, 4, 6),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """How often a driver charges near home, and sets out on a trip, a day."""

    share: float
    local: float
    trips: float
    reach_km: float


HABITS = (
    Habit(0.54, 0.30, 0.015, 8),  # no charger at home
    Habit(0.30, 0.13, 0.020, 30),  # charges at work, too
    Habit(0.14, 0.01, 0.030, 30),  # a charger at home: in public on trips alone
    Habit(0.02, 1.50, 0.004, 30),  # drives for a living
)


@dataclass(frozen=True, slots=True)
class _Town:
    x: float
    y: float
    people: float
    operator: str


def generate(seed: int, vehicles: int, days: int) -> Fleet:
    """Return a fleet of the dense country; the same for the same arguments."""
    random = Random(f"inland {seed}")
    towns = _towns(random)
    stations = _stations(random, towns)
    landscape = Landscape(Map(stations), far_km=400.0)
    country = _Country(towns, Map(stations), days)
    return populate(random, landscape, SHARES, TELLING, vehicles, days, country.drive)


class _Country:
    def __init__(self, towns: list[_Town], stations: Map, days: int) -> None:
        self._towns = towns
        self._people = [town.people for town in towns]
        self._map = stations
        self._days = days

    def drive(self, random: Random, cast: Cast) -> Diary:
        """Return a month of one vehicle."""
        town = random.choices(self._towns, self._people)[0]
        home = random.gauss(town.x, 6), random.gauss(town.y, 6)
        habit = random.choices(HABITS, [habit.share for habit in HABITS])[0]
        local = habit.local * random.gammavariate(2, 0.5)
        diary = Diary(cast.vehicle, random, TELLING, self._days, FASTEST_KMH)
        around = self._map.near(*home, habit.reach_km) or self._map.near(*home, 80)
        usual = random.sample(around, min(len(around), random.randint(2, 6)))
        range_km = random.uniform(200, 320)
        day = cast.from_day
        while day < min(self._days, cast.to_day):
            if random.random() < habit.trips:
                day += self._trip(random, diary, home, day, range_km, cast.actor)
                continue
            for hour in sorted(random.gauss(15, 4.5) % 24 for _ in range(_count(random, local))):
                place = random.choice(usual if random.random() < 0.8 else around)
                hours = random.uniform(0.3, 0.8) if random.random() < 0.4 else random.uniform(1, 9)
                diary.charge(day * 24 + hour, hours, place, cast.actor)
            day += 1
        return diary

    def _trip(
        self,
        random: Random,
        diary: Diary,
        home: tuple[float, float],
        day: int,
        range_km: float,
        actor: Actor,
    ) -> int:
        """Drive to another town and back; return how many days it took."""
        away = [hypot(town.x - home[0], town.y - home[1]) for town in self._towns]
        pull = [
            people / (km + 60) if km > 80 else 0.0
            for people, km in zip(self._people, away, strict=True)
        ]
        town = random.choices(self._towns, pull)[0]
        goal = town.x, town.y
        start = max(day * 24 + random.uniform(5, 18), diary.free_from)
        hour = self._leg(random, diary, home, goal, start, range_km, actor)
        stay = random.choice((0.3, 1, 1, 2, 2, 3, 5, 7))
        around = self._map.near(*goal, 10)
        back = hour + 24 * stay
        while around and (hour := hour + random.expovariate(0.4 / 24)) < back - 9:
            diary.charge(hour, random.uniform(0.4, 8), random.choice(around), actor)
        hour = self._leg(random, diary, goal, home, max(back, diary.free_from), range_km, actor)
        return int(hour // 24) + 1 - day

    def _leg(
        self,
        random: Random,
        diary: Diary,
        start: tuple[float, float],
        goal: tuple[float, float],
        hour: float,
        range_km: float,
        actor: Actor,
    ) -> float:
        """Drive from place to place, charging on the way; return when it is there."""
        length = hypot(goal[0] - start[0], goal[1] - start[1])
        speed = random.uniform(60, 95)  # as the crow flies
        done, carried = 0.0, range_km * random.uniform(0.6, 0.9)
        while length - done > carried:
            done += carried * random.uniform(0.7, 0.95)
            x = start[0] + (goal[0] - start[0]) * done / length
            y = start[1] + (goal[1] - start[1]) * done / length
            carried = range_km * 0.7
            near = self._map.near(x, y, 15) or self._map.near(x, y, 45)
            hours = random.uniform(0.3, 0.7)
            if near and random.random() < COVERAGE:
                diary.charge(hour + done / speed, hours, random.choice(near), actor)
            hour += hours
        return hour + length / speed


def _count(random: Random, mean: float) -> int:
    """Return how often something happens that happens `mean` times on average."""
    count, left = 0, random.expovariate(1.0)
    while left < mean and count < 5:
        count += 1
        left += random.expovariate(1.0)
    return count


def _towns(random: Random) -> list[_Town]:
    return [
        _Town(
            random.uniform(30, WIDTH_KM - 30),
            random.uniform(30, HEIGHT_KM - 30),
            1 / (rank + 1) ** 0.8,
            random.choice(REGIONAL),
        )
        for rank in range(TOWNS)
    ]


def _stations(random: Random, towns: list[_Town]) -> list[Station]:
    stations: list[Station] = []
    for town in towns:
        for _ in range(12 + int(110 * town.people)):
            operator = town.operator if random.random() < 0.4 else random.choice(NATIONAL)
            spread = 3 + 6 * town.people**0.5
            place = random.gauss(town.x, spread), random.gauss(town.y, spread)
            stations.append(_station(random, len(stations), *place, operator))
    for one, other in combinations(towns, 2):
        length = hypot(other.x - one.x, other.y - one.y)
        if length > 200:
            continue
        for step in range(1, int(length // 40) + 1):
            part = step * 40 / length
            place = one.x + (other.x - one.x) * part, one.y + (other.y - one.y) * part
            stations.append(_station(random, len(stations), *place, random.choice(NATIONAL)))
    return stations


def _station(random: Random, number: int, x: float, y: float, operator: str) -> Station:
    """Return a station; registers have holes and zeros."""
    latitude: float | None = 47 + y / 111.2
    longitude: float | None = 10 + (x - WIDTH_KM / 2) / (111.2 * cos(radians(latitude or 0)))
    fate = random.random()
    if fate < 0.02:
        latitude = longitude = None
    elif fate < 0.023:
        latitude = longitude = 0.0
    place = Place(f"S{number}", operator, latitude, longitude)
    return Station(x, y, place, names_vehicle=random.random() < 0.05)
