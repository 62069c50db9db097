"""How often a vehicle and a station may ask. Counted in each process: two allow twice as much."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

WINDOW_SECONDS = 60
MOST_KEYS = 100_000
"""Own judgement: past this many vehicles and stations a minute, the window begins anew."""


@dataclass(frozen=True, slots=True)
class InstallationLimit:
    """How many requests a minute: own judgement, a session needs one and a workshop a few."""

    per_vehicle: int = 30
    per_station: int = 300


class InstallationLimits:
    """Counts requests in windows of a minute."""

    def __init__(self, limit: InstallationLimit = InstallationLimit()) -> None:
        self._limit = limit
        self._window = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def station_may(self, station_id: str, at: datetime) -> bool:
        """Count a request from a station; False where it is one too many."""
        return self._hit("station", station_id, self._limit.per_station, at)

    def vehicle_may(self, key: str, at: datetime) -> bool:
        """Count a request that a vehicle's key has signed; False where it is one too many.

        Only what the vehicle's own key signed counts: nobody else can use its limit up with
        requests of its certificate, which is public.
        """
        return self._hit("vehicle", key, self._limit.per_vehicle, at)

    def _hit(self, kind: str, key: str, most: int, at: datetime) -> bool:
        window = int(at.timestamp()) // WINDOW_SECONDS
        with self._lock:
            if window != self._window or len(self._counts) >= MOST_KEYS:
                self._window = window
                self._counts.clear()
            self._counts[kind, key] += 1
            return self._counts[kind, key] <= most
