"""Work that begins at the same moment, each in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Told = TypeVar("Told")


def at_once(*works: Callable[[], Told]) -> list[Told]:
    """Return what each of them returns, in their order; raises what one of them raises."""
    barrier = Barrier(len(works))

    def started(work: Callable[[], Told]) -> Told:
        barrier.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(started, works))
