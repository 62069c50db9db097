"""Chores: done once per interval whoever asks, and a failing one does not stop the others."""

from collections.abc import Callable
from datetime import datetime, timedelta

from foundation.database import Database
from server.housekeeping import Chore, Housekeeping


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_a_chore_is_done_once_per_interval_among_all_processes(
    database: Database, now: datetime
) -> None:
    done: list[datetime] = []
    chores = [Chore("crl", timedelta(minutes=1), done.append)]
    clock = Clock(now)
    one, two = (Housekeeping(database, chores, clock) for _ in range(2))
    assert one.run_once() == ["crl"]
    assert two.run_once() == []
    assert one.run_once() == []
    clock.now += timedelta(minutes=1)
    assert two.run_once() == ["crl"]
    assert one.run_once() == []
    assert done == [now, now + timedelta(minutes=1)]


def test_a_failing_chore_does_not_stop_the_others(
    database: Database, clock: Callable[[], datetime]
) -> None:
    def fail(_: datetime) -> None:
        raise RuntimeError

    done: list[datetime] = []
    chores = [
        Chore("fails", timedelta(minutes=1), fail),
        Chore("works", timedelta(minutes=1), done.append),
    ]
    assert Housekeeping(database, chores, clock).run_once() == ["works"]
    assert done == [clock()]
