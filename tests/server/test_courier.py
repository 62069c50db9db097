"""The courier: dispatches and sends in threads, stops in good order, survives what fails."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from participants.operations.webhook_ports import Turn
from server.courier import Courier
from tests.end_to_end.service import eventually


class Work:
    """Stands in for the operations: so many batches, then turns that last as long as told."""

    def __init__(self, batches: int = 0, turns: int = 0) -> None:
        self.batches = batches
        self.turns = turns
        self.asked: list[int] = []
        self.sent: list[Any] = []
        self.release = threading.Event()
        self.release.set()
        self.fails: Callable[[], None] = lambda: None

    def dispatch(self) -> int:
        self.fails()
        self.batches = max(0, self.batches - 1)
        return 100 if self.batches else 0

    def claim(self, limit: int) -> Sequence[Turn]:
        self.asked.append(limit)
        given = min(limit, self.turns)
        self.turns -= given
        return [object()] * given  # type: ignore[list-item] # the courier only hands them on

    def deliver(self, turn: Turn) -> None:
        self.release.wait(20)
        self.fails()
        self.sent.append(turn)

    def courier(self, senders: int = 4) -> Courier:
        return Courier(self.dispatch, self.claim, self.deliver, senders)


def test_everything_that_is_due_is_done(work: Work) -> None:
    work.batches, work.turns = 5, 30
    courier = work.courier()
    courier.start()
    eventually(lambda: len(work.sent) == 30, 10)
    courier.stop()
    assert work.batches == 0


@pytest.fixture
def work() -> Work:
    return Work()


def test_no_more_turns_are_claimed_than_there_are_threads(work: Work) -> None:
    work.release.clear()
    work.turns = 10
    courier = work.courier(senders=3)
    assert courier.run_once()
    assert not courier.run_once()
    assert work.asked == [3]  # with all of them busy nobody is asked
    work.release.set()
    eventually(lambda: len(work.sent) == 3, 10)
    courier.run_once()
    eventually(lambda: len(work.sent) == 6, 10)
    assert max(work.asked) == 3


def test_a_sender_that_is_free_again_is_used_at_once(work: Work) -> None:
    """Not after the next round: a busy endpoint would get a turn a second."""
    work.turns = 40
    courier = work.courier(senders=1)
    courier.start()
    assert eventually(lambda: len(work.sent) == 40, 10) < 5
    courier.stop()


def test_stopping_waits_for_what_runs_and_begins_nothing(work: Work) -> None:
    work.release.clear()
    work.turns = 1
    courier = work.courier()
    courier.start()
    eventually(lambda: work.turns == 0, 10)
    stopping = threading.Thread(target=courier.stop)
    stopping.start()
    time.sleep(0.1)
    assert stopping.is_alive()
    work.release.set()
    stopping.join(10)
    assert len(work.sent) == 1


def test_stopping_waits_so_long_and_no_longer(work: Work) -> None:
    work.release.clear()
    work.turns = 1
    courier = work.courier()
    courier.run_once()
    began = time.monotonic()
    courier.stop(0.1)
    assert time.monotonic() - began < 5
    work.release.set()


def test_what_fails_is_tried_again_and_its_text_is_logged_nowhere(
    work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    failures = iter([True, True, False])

    def fails() -> None:
        if next(failures, False):
            raise RuntimeError("DEABCC12345678")

    work.fails, work.turns = fails, 1
    courier = work.courier()
    assert not courier.run_once()
    assert not courier.run_once()
    assert courier.run_once()
    eventually(lambda: len(work.sent) == 1, 10)
    printed = capsys.readouterr()
    assert "DEABCC12345678" not in printed.out + printed.err
