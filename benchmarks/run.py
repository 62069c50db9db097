"""One run: servers up, every row proved once, rounds interleaved, rows judged."""

import os
import platform
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.contests import (
    FLASK_FLOOR,
    ISSUING_WORKERS,
    WSGI_FLOOR,
    Contest,
    decision_contests,
    issuing_contest,
    ocsp_contests,
)
from benchmarks.exi_codec import measure_codec
from benchmarks.installing import MOST_CARS, create_cars, installing_contests
from benchmarks.load import Load, WrongAnswerError, in_own_process
from benchmarks.primitives import Primitives, measure_primitives, medians
from benchmarks.processes import Server, floor_server, memory
from benchmarks.profiling import profile_site
from benchmarks.report import Report, Row, memory_bar, noise, row_of
from benchmarks.rounds import Figures, Subject, interleave
from benchmarks.site import Site, create_site, database_url, durability
from benchmarks.vehicles import Applicant, applicants

_PRIMITIVE_SECONDS = 0.2
_CODEC_SECONDS = 2.0
_PROFILED_CALLS = 2000


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


def measure(options: Options, folder: Path, progress: Callable[[str], None]) -> Report:
    """Run everything under the empty `folder`; raises WrongAnswerError where an answer is wrong."""
    with ExitStack() as stack:
        contests = floors(options, folder, stack)
        sites = []
        if options.databases:
            progress(f"making {options.chains} vehicles")
            vehicles = list(applicants(options.chains))
        for kind in options.databases:
            site = served_site(kind, vehicles, folder, stack, progress)
            sites.append(site)
            contests += site_contests(site, options, folder, stack)
        for contest in contests:
            progress(f"proving and warming: {contest.subject.name}")
            contest.prove(contest.subject.server.port)
            warm(contest.subject)
        primitives: list[Primitives] = []
        figures = interleave(
            [contest.subject for contest in contests],
            options.rounds,
            progress,
            each_round=lambda: primitives.append(measure_primitives(_PRIMITIVE_SECONDS)),
        )
        middle = medians(primitives)
        rows = [judge(contest, figures, middle) for contest in contests]
        rows += measure_codec(_CODEC_SECONDS).rows()
        for site in sites:
            check_recorded(site, figures)
        durable = {
            f"{site.database} commits": durability(site.environment["EVTRUST_DATABASE_URL"])
            for site in sites
        }
    return Report(rows, middle, {**conditions(options, figures), **durable})


def served_site(
    kind: str,
    vehicles: Sequence[Applicant],
    folder: Path,
    stack: ExitStack,
    progress: Callable[[str], None],
) -> Site:
    """Make a site on a new database of `kind`, which lives as long as `stack`."""
    place = folder / kind
    place.mkdir()
    url = stack.enter_context(database_url(kind, place))
    return create_site(kind, url, place, vehicles, progress)


def site_contests(site: Site, options: Options, folder: Path, stack: ExitStack) -> list[Contest]:
    """Start the site's servers and return its rows."""
    common = load(options, (), b"")
    cars = create_cars(site, min(options.chains, MOST_CARS))
    main = site.server(site.database, options.workers, options.threads, folder)
    issuing = site.server(f"{site.database}-issuing", ISSUING_WORKERS, options.threads, folder)
    stack.enter_context(main)
    stack.enter_context(issuing)
    return [
        *decision_contests(site, main, common),
        *ocsp_contests(site, main, common),
        issuing_contest(site, issuing, common),
        *installing_contests(site, main, common, cars),
    ]


def check_recorded(site: Site, figures: Figures) -> None:
    """Raise WrongAnswerError unless every decision that was answered is on record."""
    answered = sum(
        measured.sent
        for name, rounds in figures.items()
        if name.startswith("authorise") and name.endswith(site.database)
        for measured in rounds
    )
    recorded = site.recorded_decisions()
    if recorded < answered:
        raise WrongAnswerError(f"{answered} decisions were answered, {recorded} are on record")


def profile(options: Options, folder: Path, progress: Callable[[str], None]) -> str:
    """Return where the time of one answer goes, on each database."""
    vehicles = list(applicants(options.chains))
    texts = []
    for kind in options.databases:
        with ExitStack() as stack:
            site = served_site(kind, vehicles, folder, stack, progress)
            texts.append(profile_site(site, folder, min(options.chains, _PROFILED_CALLS)))
    return "\n\n".join(texts)


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


def warm(subject: Subject) -> None:
    """Let every worker load its code and open its connections before it is measured."""
    brief = replace(subject.load, port=subject.server.port, warm_up_seconds=0.0, seconds=1.0)
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
        **machine(),
        "servers": f"granian, {options.workers} worker(s) of {options.threads} threads",
        "load": f"{options.connections} connections, one request in flight on each",
        "rounds": f"{options.rounds} of {options.seconds:g} s a row, interleaved; medians",
        "strangers": f"kept {usual:.2f} processors busy in the median window, at most {most:.2f}",
    }


def machine() -> dict[str, object]:
    """Return what the run was made on."""
    return {
        "machine": f"{os.cpu_count()} processors, {platform.machine()}, "
        f"CPython {platform.python_version()}",
    }
