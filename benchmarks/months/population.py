"""Who is in a fleet: ordinary vehicles, shared and rotating identifiers, sales and cloners."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from math import hypot
from random import Random

from benchmarks.months.driving import Diary, Map, Telling, session
from benchmarks.months.world import (
    BEGIN,
    Actor,
    Attempt,
    Fleet,
    Station,
    Vehicle,
    at_hour,
)
from foundation.identifiers import Mac, Vin

CLONED = {Actor.FAR_AWAY: 20, Actor.SAME_TIME: 12, Actor.SAME_CITY: 12, Actor.NEIGHBOUR: 12}
"""How many of ten thousand vehicles are cloned within the month, by strategy: far more than is
known of, so that the shares mean something."""
FIRST_DAYS = 3  # an identifier is copied from a vehicle that was there
SHORTEST_VISIT_HOURS = 0.3


@dataclass(frozen=True, slots=True)
class Shares:
    """Which part of the vehicles is what; `two_cars`: shares its contract with another.

    `group_sizes` are how many vehicles send one shared identifier, each as often as it is named.
    """

    shared: float
    rotating: float
    sold: float
    two_cars: float
    certificate: float
    group_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Landscape:
    """All stations, and from how many kilometres on a cloner is far away."""

    stations: Map
    far_km: float


@dataclass(frozen=True, slots=True)
class Cast:
    """The part of one driver: who he is and for which days."""

    vehicle: int
    actor: Actor
    from_day: int
    to_day: int


Drive = Callable[[Random, Cast], Diary]


def populate(
    random: Random,
    landscape: Landscape,
    shares: Shares,
    telling: Telling,
    vehicles: int,
    days: int,
    drive: Drive,
) -> Fleet:
    """Return a fleet of so many vehicles, those that share an identifier with others included."""
    sharing = int(vehicles * shares.shared)
    groups = _groups(random, sharing, shares.group_sizes)
    enrolled = vehicles - sharing + len(groups)
    fleet = _vehicles(random, enrolled, len(groups), shares)
    attempts: list[Attempt] = []
    again = {}
    for vehicle in fleet:
        end, actor = days, Actor.OWNER
        if not vehicle.shared and not vehicle.rotates and random.random() < shares.sold:
            end = random.randint(8, days - 8)
            if random.random() < 0.6:  # the seller's enrolment ended with the sale
                again[vehicle.name] = at_hour(end * 24)
            else:
                actor = Actor.NEW_OWNER
            attempts += drive(random, Cast(vehicle.name, actor, end, days)).attempts
        attempts += drive(random, Cast(vehicle.name, Actor.OWNER, 0, end)).attempts
    for owner, others in enumerate(groups):
        for _ in range(others):
            attempts += drive(random, Cast(owner, Actor.SHARER, 0, days)).attempts
    attempts = _with_certificates(fleet, attempts)
    attempts += _cloners(random, landscape, telling, fleet, attempts, days)
    attempts.sort(key=lambda attempt: (attempt.at, attempt.vehicle, attempt.actor))
    return Fleet(tuple(fleet), tuple(attempts), again)


def _groups(random: Random, sharing: int, sizes: tuple[int, ...]) -> list[int]:
    """Return how many others share each shared identifier, `sharing` vehicles in all."""
    groups = []
    while sharing > 1:
        size = min(sharing, random.choice(sizes))
        groups.append(size - 1)
        sharing -= size
    return groups


def _vehicles(random: Random, count: int, shared: int, shares: Shares) -> list[Vehicle]:
    """Return the enrolled vehicles, the owners of shared identifiers first."""
    fleet: list[Vehicle] = []
    for name in range(count):
        rotates = name >= shared and random.random() < shares.rotating / (1 - shares.shared)
        joined = name > shared and random.random() < shares.two_cars / 2
        fleet.append(
            Vehicle(
                name,
                Mac.parse(f"{'0A' if rotates else '00'}7DFA{name:06X}"),
                Vin.parse(f"WVWZZZ1KZAW{name:06d}"),
                fleet[-1].contract if joined else name,
                rotates=rotates,
                shared=name < shared,
                has_certificate=random.random() < shares.certificate,
            )
        )
    return fleet


def _with_certificates(fleet: list[Vehicle], attempts: list[Attempt]) -> list[Attempt]:
    """Vehicles with a contract certificate present it at one station in three, always there."""
    return [
        replace(attempt, certificate=True)
        if attempt.actor is Actor.OWNER
        and fleet[attempt.vehicle].has_certificate
        and number_of(attempt.station) % 3 == 0
        else attempt
        for attempt in attempts
    ]


def number_of(station: Station) -> int:
    """Return a number that stays the station's own."""
    return int(station.place.station_id[1:])


def _cloners(
    random: Random,
    landscape: Landscape,
    telling: Telling,
    fleet: list[Vehicle],
    attempts: list[Attempt],
    days: int,
) -> list[Attempt]:
    """Each cloner copied the identifier at one of the vehicle's public sessions, by chance."""
    by_vehicle: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        plain = not fleet[attempt.vehicle].shared and not fleet[attempt.vehicle].rotates
        if attempt.actor is Actor.OWNER and plain and not attempt.certificate:
            by_vehicle.setdefault(attempt.vehicle, []).append(attempt)
    copied_at = [
        (attempt.vehicle, attempt.at)
        for own in by_vehicle.values()
        for attempt in own
        if timedelta(days=FIRST_DAYS) <= attempt.at - BEGIN <= timedelta(days=days - 10)
    ]
    found: list[Attempt] = []
    taken: set[int] = set()
    for strategy in [strategy for strategy, count in CLONED.items() for _ in range(count)]:
        vehicle, since = random.choice(copied_at)
        while vehicle in taken:
            vehicle, since = random.choice(copied_at)
        taken.add(vehicle)
        own = sorted(by_vehicle[vehicle], key=lambda attempt: attempt.at)
        cloner = _Cloner(random, landscape.stations, telling, own, days)
        begin = (since - BEGIN) / timedelta(hours=1) + random.uniform(1, 48)
        found += cloner.charge(strategy, begin, landscape.far_km)
    return found


class _Cloner:
    def __init__(
        self, random: Random, stations: Map, telling: Telling, own: list[Attempt], days: int
    ) -> None:
        self._random = random
        self._map = stations
        self._telling = telling
        self._own = own
        self._days = days

    def charge(self, strategy: Actor, begin: float, far_km: float) -> list[Attempt]:
        """Return the cloner's sessions from an hour on: every second day for the rest."""
        if strategy is Actor.SAME_TIME:
            return self._while_it_charges(begin)
        if strategy is Actor.FAR_AWAY:
            stations = self._far_away(far_km)
        elif strategy is Actor.SAME_CITY:
            home = self._home()
            stations = self._map.near(home.x, home.y, 12)
        else:
            stations = list({attempt.station for attempt in self._own})
        found = []
        while (begin := begin + self._random.expovariate(1 / 48)) < self._days * 24:
            hours = self._random.uniform(0.4, 4)
            if strategy is not Actor.FAR_AWAY and self._is_busy(begin, hours):
                continue
            found.append(self._session(begin, hours, self._random.choice(stations), strategy))
        return found

    def _home(self) -> Station:
        """Where the vehicle charges most."""
        stations = [attempt.station for attempt in self._own]
        return max(stations, key=lambda station: (stations.count(station), number_of(station)))

    def _far_away(self, far_km: float) -> list[Station]:
        """One region that is far from where the vehicle charges most."""
        home = self._home()
        far = [
            station
            for station in self._map.stations
            if hypot(station.x - home.x, station.y - home.y) >= far_km
        ]
        middle = self._random.choice(far)
        return [station for station in self._map.near(middle.x, middle.y, 30) if station in far]

    def _while_it_charges(self, begin: float) -> list[Attempt]:
        """At another station of the town, or anywhere, in the midst of the vehicle's session."""
        found = []
        for attempt in self._own:
            start = (attempt.at - BEGIN) / timedelta(hours=1)
            hours = (attempt.until - attempt.at) / timedelta(hours=1)
            if start < begin or self._random.random() < 0.3:
                continue
            reach = 12 if self._random.random() < 0.5 else 250
            near = self._map.near(attempt.station.x, attempt.station.y, reach)
            others = [station for station in near if station is not attempt.station]
            if not others:
                continue
            at = start + self._random.uniform(0.05, 0.95) * hours
            found.append(
                self._session(
                    at, self._random.uniform(0.4, 2), self._random.choice(others), Actor.SAME_TIME
                )
            )
        return found

    def _is_busy(self, begin: float, hours: float) -> bool:
        """Whether the vehicle charges then; the cloner watches it and stays away for an hour."""
        times = [attempt.at for attempt in self._own]
        after = bisect_left(times, at_hour(begin))
        return any(
            attempt.at - timedelta(hours=1) < at_hour(begin + hours)
            and at_hour(begin) < attempt.until + timedelta(hours=1)
            for attempt in self._own[max(0, after - 2) : after + 2]
        )

    def _session(self, hour: float, hours: float, station: Station, actor: Actor) -> Attempt:
        vehicle = self._own[0].vehicle
        return session(self._random, self._telling, vehicle, hour, hours, station, actor)
