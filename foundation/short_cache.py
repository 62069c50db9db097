"""A cache whose entries live for a fraction of a second.

A revocation, a suspension or a withdrawn client is effective in every process within a second
because nothing is remembered longer than that; no process has to hear of it.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

LIFETIME_SECONDS = 0.5  # half of the second within which a withdrawal must be effective


class ShortCache(Generic[K, V]):
    """Remembers what `load` returned for a key, for `lifetime` seconds, for `capacity` keys."""

    def __init__(
        self,
        load: Callable[[K], V],
        *,
        lifetime: float = LIFETIME_SECONDS,
        capacity: int = 4096,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._lifetime = lifetime
        self._capacity = capacity
        self._monotonic = monotonic
        self._entries: dict[K, tuple[float, V]] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V:
        """Return the value of `key`, at most `lifetime` seconds old when this call began."""
        began = self._monotonic()
        entry = self._entries.get(key)
        if entry is not None and began - entry[0] < self._lifetime:
            return entry[1]
        value = self._load(key)
        with self._lock:
            if len(self._entries) >= self._capacity:
                self._entries.clear()
            # aged from before the load, so that a slow load does not lengthen a life
            self._entries[key] = (began, value)
        return value
