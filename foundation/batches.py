"""Jobs of many threads, done in batches on one of them.

Threads that compute at the same time hand the interpreter's lock around, which costs a short
request more than its own work (docs/benchmarks.md). Here the first of the waiting threads does the
jobs of all, one after another, each in a greenlet of its own. A job that has to wait for what
others wait for too (`settle`; a commit, above all) steps aside: what all of them wait for is done
together, then each goes on where it stood. Operations are written as if they were alone.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

from greenlet import getcurrent, greenlet

Result = TypeVar("Result")
Demand = TypeVar("Demand")

LARGEST = 32
"""Jobs in a batch at most. Own judgement: with more, the first waits longer than sharing saves."""

_Settle = Callable[[Sequence[Any]], object]


class _Member(greenlet):
    """A job's greenlet; its own class, for other libraries make greenlets too."""


class _Entry(Generic[Result]):
    """A thread's job on its way: what to do, what came of it, and the signal that wakes it."""

    __slots__ = ("error", "leads", "result", "signal", "work")

    def __init__(self, work: Callable[[], Result]) -> None:
        self.work = work
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.signal = threading.Lock()
        self.signal.acquire()  # to wait for it is to acquire it again

    def do(self) -> None:
        """Do the work. Nothing is raised here: the thread that waits for it is another."""
        try:
            self.result = self.work()
        except BaseException as failure:  # noqa: BLE001 - raised again in the waiting thread
            self.error = failure


def settle(how: Callable[[Sequence[Demand]], object], demand: Demand) -> None:
    """Return once `how` has settled `demand`; in a batch together with those of other jobs.

    `how` takes demands of one or more jobs; it leaves the outcome of each in the demand itself,
    and what it raises is raised in every job that waited.
    """
    job = getcurrent()
    if isinstance(job, _Member):
        failure = cast("greenlet", job.parent).switch(how, demand)
        if failure is not None:
            raise failure
    else:
        how([demand])


class _StepsOut(BaseException):
    """Ends a job in a batch, which its thread then does from its beginning, alone.

    No Exception, so that nobody on its way takes it for a failure.
    """


def step_out() -> None:
    """Leave the batch before waiting for a slow stranger: nobody else may wait for it, too.

    A job in a batch ends here and begins again on its own thread, outside; there this does
    nothing. The job must not have changed anything so far.
    """
    if isinstance(getcurrent(), _Member):
        raise _StepsOut


class Batches:
    """Does jobs one at a time, whatever the number of threads that bring them.

    While one batch waits for what it settles, the next is worked on. A job computes and asks the
    database; one that waits for a slow stranger would make all others wait: it has to `step_out`.
    One that holds a lock while it settles has no place here at all: another job of its thread that
    asked for the lock would wait for itself.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[_Entry[Any]] = deque()
        self._led = False
        self._turn = threading.Lock()

    def run(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, or raise what it raises; it runs on this or another thread.

        Thread-local state and locks of the caller count for nothing inside `work`.
        """
        entry = _Entry(work)
        with self._guard:
            self._waiting.append(entry)
            leads = not self._led
            self._led = True
        if not leads:
            entry.signal.acquire()  # released when the job is done, or is to lead
        if leads or entry.leads:
            self._lead()
        if isinstance(entry.error, _StepsOut):
            return work()
        if entry.error is not None:
            raise entry.error
        return cast("Result", entry.result)

    def _lead(self) -> None:
        """Do the jobs that wait now, the leader's own among them, to their end."""
        with self._turn:
            with self._guard:
                count = min(len(self._waiting), LARGEST)
                batch = [self._waiting.popleft() for _ in range(count)]
            open_jobs = _advance([(entry, _Member(entry.do), ()) for entry in batch])
        with self._guard:
            self._led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].signal.release()
        while open_jobs:
            settled = _settle([demand for _, _, demand in open_jobs])
            with self._turn:
                open_jobs = _advance(
                    [
                        (entry, job, (failure,))
                        for (entry, job, _), failure in zip(open_jobs, settled, strict=True)
                    ]
                )


def _advance(
    jobs: Sequence[tuple[_Entry[Any], _Member, tuple[Any, ...]]],
) -> list[tuple[_Entry[Any], _Member, tuple[_Settle, Any]]]:
    """Run each job up to its end or to what it waits for; return those that wait, and for what."""
    waiting = []
    for entry, job, argument in jobs:
        demand = job.switch(*argument)
        if job.dead:
            entry.signal.release()
        else:
            waiting.append((entry, job, demand))
    return waiting


def _settle(demands: Sequence[tuple[_Settle, Any]]) -> list[BaseException | None]:
    """Settle what is of one kind together; return what was raised, in the order of `demands`."""
    together: dict[_Settle, list[int]] = {}
    for position, (how, _) in enumerate(demands):
        together.setdefault(how, []).append(position)
    failures: list[BaseException | None] = [None] * len(demands)
    for how, positions in together.items():
        try:
            how([demands[position][1] for position in positions])
        except BaseException as failure:  # noqa: BLE001 - raised again in each job that waited
            for position in positions:
                failures[position] = failure
    return failures
