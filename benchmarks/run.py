"""One run: servers up, every row proved once, rounds interleaved, rows judged."""

import os
import platform
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, ask, in_own_process
from benchmarks.primitives import Primitives, measure_primitives, medians
from benchmarks.processes import Server, floor_server, memory
from benchmarks.report import Bar, Report, Row, memory_bar, noise, row_of
from benchmarks.rounds import Figures, Subject, interleave

FLASK_FLOOR = "empty Flask handler"
WSGI_FLOOR = "empty WSGI callable"

_PRIMITIVE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """What to run; `seconds` is one window of one row, `chains` the number of distinct ones."""

    rounds: int
    seconds: float
    connections: int
    workers: int
    threads: int
    chains: int
    databases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """A subject, the floor it is judged against, and the bars it has to reach."""

    subject: Subject
    floor: str | None = None
    bars: Callable[[Figures, Primitives], Sequence[Bar]] = lambda _figures, _primitives: ()


def measure(options: Options, folder: Path, progress: Callable[[str], None]) -> Report:
    """Run everything under the empty `folder`; raises WrongAnswerError where an answer is wrong."""
    with ExitStack() as stack:
        contests = floors(options, folder, stack)
        for contest in contests:
            warm(contest.subject, options.connections)
        primitives: list[Primitives] = []
        figures = interleave(
            [contest.subject for contest in contests],
            options.rounds,
            progress,
            each_round=lambda: primitives.append(measure_primitives(_PRIMITIVE_SECONDS)),
        )
        middle = medians(primitives)
        rows = [judge(contest, figures, middle) for contest in contests]
    return Report(rows, middle, conditions(options, figures))


def floors(options: Options, folder: Path, stack: ExitStack) -> list[Contest]:
    """Start both floors; they answer plain GETs, so no row gains by what its requests cost."""
    request = b"GET / HTTP/1.1\r\nHost: floor\r\n\r\n"
    contests = []
    for name, application in ((FLASK_FLOOR, "flask_floor"), (WSGI_FLOOR, "wsgi_floor")):
        target = f"benchmarks.floors:{application}"
        server = stack.enter_context(
            floor_server(name, target, options.workers, options.threads, folder)
        )
        contests.append(Contest(Subject(name, server, load(options, [request], b"empty"))))
    return contests


def load(options: Options, requests: Sequence[bytes], expected: bytes) -> Load:
    """Return the load that every row has in common."""
    return Load(
        port=0,
        requests=requests,
        expected=expected,
        connections=options.connections,
        seconds=options.seconds,
    )


def warm(subject: Subject, connections: int) -> None:
    """Let the subject's server load its code and open its connections before it is measured."""
    ask(subject.server.port, subject.load.requests[0])
    brief = Load(
        subject.server.port,
        subject.load.requests,
        subject.load.expected,
        connections=connections,
        warm_up_seconds=0.0,
        seconds=1.0,
    )
    in_own_process(brief, subject.server.pids)


def judge(contest: Contest, figures: Figures, primitives: Primitives) -> Row:
    """Return the row of one contest with its bars."""
    resident, proportional = largest(contest.subject.server)
    bars = list(contest.bars(figures, primitives))
    if contest.floor is not None:
        bars.append(memory_bar(resident))
    return row_of(contest.subject.name, figures, contest.floor, (resident, proportional), bars)


def largest(server: Server) -> tuple[int, int | None]:
    """Return the resident and proportional bytes of the server's largest worker."""
    held = max((memory(pid) for pid in server.pids), key=lambda one: one.resident)
    return held.resident, held.proportional


def conditions(options: Options, figures: Figures) -> dict[str, object]:
    """Return what the run was made of, and how busy strangers kept the machine meanwhile."""
    usual, most = noise(figures)
    return {
        "machine": f"{os.cpu_count()} processors, {platform.machine()}, "
        f"CPython {platform.python_version()}",
        "servers": f"granian, {options.workers} worker(s) of {options.threads} threads",
        "load": f"{options.connections} connections, one request in flight on each",
        "rounds": f"{options.rounds} of {options.seconds:g} s a row, interleaved; medians",
        "strangers": f"kept {usual:.2f} processors busy in the median window, at most {most:.2f}",
    }
