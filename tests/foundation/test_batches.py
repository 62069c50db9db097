import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.batches import LARGEST, Batches, settle, step_out

PATIENCE = 10.0


def _in_threads(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Call each in a thread of its own, all at once; return results and errors in their order."""
    outcomes: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def call(position: int) -> None:
        barrier.wait(PATIENCE)
        try:
            outcomes[position] = works[position]()
        except Exception as failure:
            outcomes[position] = failure

    threads = [threading.Thread(target=call, args=(i,), daemon=True) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a job was never done"
    return outcomes


class Till:
    """Settles numbers, and remembers which of them came together."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()

    def pay(self, sums: Sequence[int]) -> None:
        assert self.open.wait(PATIENCE)
        self.rounds.append(list(sums))
        if -1 in sums:
            raise ValueError("no such sum")


def test_outside_a_batch_a_demand_is_settled_by_itself() -> None:
    till = Till()
    settle(till.pay, 7)
    assert till.rounds == [[7]]


def test_every_caller_gets_its_own_result_or_error() -> None:
    batches = Batches()

    def job(number: int) -> int:
        if number % 5 == 0:
            raise LookupError(number)
        return number * number

    works = [partial(batches.run, partial(job, number)) for number in range(100)]
    for number, outcome in enumerate(_in_threads(works)):
        if number % 5 == 0:
            assert isinstance(outcome, LookupError)
            assert outcome.args == (number,)
        else:
            assert outcome == number * number


def test_one_job_computes_at_a_time() -> None:
    batches, till = Batches(), Till()
    inside: list[int] = []
    most = 0

    def compute(number: int) -> None:
        nonlocal most
        inside.append(number)
        most = max(most, len(inside))
        sum(range(2000))
        inside.remove(number)

    def job(number: int) -> None:
        compute(number)
        settle(till.pay, number)
        compute(number)

    _in_threads([partial(batches.run, partial(job, number)) for number in range(64)])
    assert most == 1
    assert sorted(number for together in till.rounds for number in together) == list(range(64))


def _gathered(batches: Batches, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run `jobs` while a first one holds the turn, so that they make one batch."""
    turn, queued = threading.Event(), threading.Event()

    def first() -> None:
        queued.set()
        assert turn.wait(PATIENCE)

    def open_turn() -> None:
        assert queued.wait(PATIENCE)
        while len(batches._waiting) < len(jobs):
            threading.Event().wait(0.001)
        turn.set()

    def later(job: Callable[[], Any]) -> Any:
        assert queued.wait(PATIENCE)
        return batches.run(job)

    return _in_threads(
        [
            lambda: batches.run(first),
            open_turn,
            *(partial(later, job) for job in jobs),
        ]
    )[2:]


def test_what_a_batch_waits_for_is_settled_together() -> None:
    batches, till = Batches(), Till()
    _gathered(batches, [partial(settle, till.pay, number) for number in range(10)])
    assert [sorted(together) for together in till.rounds] == [list(range(10))]


def test_a_batch_has_its_largest_size() -> None:
    batches, till = Batches(), Till()
    jobs = [partial(settle, till.pay, number) for number in range(LARGEST + 3)]
    _gathered(batches, jobs)
    assert sorted(map(len, till.rounds)) == [3, LARGEST]


def test_each_of_several_demands_of_a_job_is_settled_in_its_order() -> None:
    batches, till = Batches(), Till()

    def job(number: int) -> None:
        for step in range(3):
            settle(till.pay, 10 * number + step)

    _gathered(batches, [partial(job, number) for number in range(5)])
    assert [sorted(together) for together in till.rounds] == [
        [10 * number + step for number in range(5)] for step in range(3)
    ]


def test_what_settling_raises_is_raised_in_all_that_waited_and_in_nobody_else() -> None:
    batches, till, other = Batches(), Till(), Till()
    outcomes = _gathered(
        batches,
        [
            lambda: settle(till.pay, -1),
            lambda: settle(till.pay, 2),
            lambda: settle(other.pay, 3),
        ],
    )
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError, type(None)]
    assert other.rounds == [[3]]


def test_the_next_batch_is_worked_on_while_one_waits() -> None:
    batches, till = Batches(), Till()
    till.open.clear()
    waits = threading.Thread(target=lambda: batches.run(lambda: settle(till.pay, 1)), daemon=True)
    waits.start()
    assert batches.run(lambda: "done") == "done"
    assert waits.is_alive()
    till.open.set()
    waits.join(PATIENCE)
    assert till.rounds == [[1]]


def test_a_batch_within_a_batch_is_refused_by_nobody() -> None:
    """A job that settles from a thread pool of its own is a stranger to the batch."""
    batches, till = Batches(), Till()

    def job() -> None:
        thread = threading.Thread(target=lambda: settle(till.pay, 5), daemon=True)
        thread.start()
        thread.join(PATIENCE)

    batches.run(job)
    assert till.rounds == [[5]]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_any_mix_of_jobs_comes_to_its_end(steps: list[int]) -> None:
    batches, till = Batches(), Till()

    def job(number: int) -> int:
        for step in range(steps[number]):
            settle(till.pay, 100 * number + step)
        return number

    works = [partial(batches.run, partial(job, number)) for number in range(len(steps))]
    assert _in_threads(works) == list(range(len(steps)))
    settled = sorted(number for together in till.rounds for number in together)
    wanted = [100 * i + step for i, count in enumerate(steps) for step in range(count)]
    assert settled == wanted


def test_an_error_keeps_where_it_was_raised() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        Batches().run(lambda: 1 // 0)
    assert raised.traceback[-1].name == "<lambda>"


def test_whoever_waits_for_a_stranger_steps_out_and_begins_again_on_its_own_thread() -> None:
    batches, begun = Batches(), []

    def slow() -> str:
        begun.append(threading.get_ident())
        step_out()
        return "done"

    def caller() -> tuple[str, int]:
        return batches.run(slow), threading.get_ident()

    [(result, thread)] = _in_threads([caller])
    assert result == "done"
    assert len(begun) == 2
    assert begun[1] == thread
    step_out()  # outside a batch it is nothing


def test_nobody_in_the_batch_waits_for_whoever_stepped_out() -> None:
    batches, stranger = Batches(), threading.Event()

    def slow() -> str:
        step_out()
        assert stranger.wait(PATIENCE)
        return "slow"

    def quick() -> str:
        done = batches.run(lambda: "quick")
        stranger.set()  # only now the stranger answers
        return done

    assert _in_threads([lambda: batches.run(slow), quick]) == ["slow", "quick"]


def test_a_handler_of_failures_does_not_take_stepping_out_for_one() -> None:
    def careful() -> str:
        try:
            step_out()
        except Exception:
            return "swallowed"
        return "outside"

    assert Batches().run(careful) == "outside"
