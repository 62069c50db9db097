"""Autocharge at the size of a country: what resolving, importing and withdrawing cost there.

`make bench` does so with a smaller number of enrolments; `--scale N` with N, and nothing else.
"""

import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from autocharge.model.enrolment import EnrolmentStatus
from autocharge.model.enrolment_import import ImportState
from autocharge.model.resolution import Resolved
from autocharge.store.tables import enrolments
from benchmarks.fleet import Progress, add_contracts, file_of, fleet, mac_of
from benchmarks.load import WrongAnswerError
from benchmarks.processes import machine_busy_seconds
from benchmarks.report import Bar, Row
from foundation.principal import LOCAL_ADMINISTRATOR
from server.settings import Settings
from server.wiring import Services
from tests.databases import postgresql_server, temporary_postgresql_database

SMALL = 15_000
MOST_RATIO = 1.3
IMPORT_SECONDS = 60.0
WITHDRAWN_SECONDS = 1.0

_ROUNDS = 7
_LOOKED_UP = 2_000
_WITHDRAWALS = 20
_WATCH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ScaleOptions:
    """How many enrolments the large database has, and how many lines are imported."""

    enrolments: int
    imported: int
    databases: Sequence[str]


def measure_scale(options: ScaleOptions, folder: Path, progress: Progress) -> list[Row]:
    """Measure under the empty `folder`; raises WrongAnswerError where an answer is wrong."""
    rows: list[Row] = []
    with ExitStack() as stack:
        if "sqlite" in options.databases:
            url = f"sqlite:///{folder / 'evtrust.sqlite'}"
            site = stack.enter_context(fleet(url, folder / "sqlite", SMALL, progress))
            rows.append(_import(site, SMALL, options.imported, progress))
            rows.append(_withdrawing(site, SMALL, progress))
        if "postgresql" in options.databases:
            server = stack.enter_context(postgresql_server(folder / "postgresql"))
            small, large = (
                stack.enter_context(_postgresql(server, folder / f"home-{count}", count, progress))
                for count in (SMALL, options.enrolments)
            )
            rows += _resolving(small, large, options.enrolments, progress)
            for site, count in ((small, SMALL), (large, options.enrolments)):
                rows.append(_import(site, count, options.imported, progress))
                rows.append(_withdrawing(site, count, progress))
    return rows


@contextmanager
def _postgresql(server: str, home: Path, count: int, progress: Progress) -> Iterator[Services]:
    with temporary_postgresql_database(server) as url, fleet(url, home, count, progress) as site:
        yield site


def _resolving(small: Services, large: Services, count: int, progress: Progress) -> list[Row]:
    """Look up vehicles at random, the two databases taking turns; the ratio is of medians."""
    took: dict[int, list[list[float]]] = {SMALL: [], count: []}
    for number in range(-1, _ROUNDS):  # the first one warms up
        for site, size in ((small, SMALL), (large, count)):
            seconds = [_resolve(site, random.randrange(size)) for _ in range(_LOOKED_UP)]
            if number >= 0:
                took[size].append(sorted(seconds))
    p50 = {size: [one[len(one) // 2] for one in rounds] for size, rounds in took.items()}
    ratio = median(b / a for a, b in zip(p50[SMALL], p50[count], strict=True))
    progress(f"resolving: p50 {ratio:.2f} times that at {SMALL:,}")
    text = f"p50 ≤ {MOST_RATIO} of that at {SMALL:,} (is {ratio:.2f})"
    bars = {count: (Bar(text, ratio, MOST_RATIO, ceiling=True),)}
    return [
        Row(
            f"resolve among {size:,}, postgresql",
            1 / median(p50[size]),
            p50=median(p50[size]),
            p99=median(one[len(one) * 99 // 100] for one in rounds),
            bars=bars.get(size, ()),
            rates=tuple(1 / one for one in p50[size]),
        )
        for size, rounds in took.items()
    ]


def _resolve(site: Services, number: int) -> float:
    mac = mac_of(number)
    began = time.perf_counter()
    resolution = site.resolve(mac)
    seconds = time.perf_counter() - began
    if not isinstance(resolution, Resolved) or not resolution.emaid.key.endswith(f"{number:08d}"):
        raise WrongAnswerError(f"vehicle {number} resolves to {resolution}")
    return seconds


def _import(site: Services, size: int, count: int, progress: Progress) -> Row:
    """Import a file from its receipt to its last line."""
    add_contracts(site, count)
    file = file_of(count)
    busy, cpu, began = machine_busy_seconds(), time.process_time(), time.perf_counter()
    received = site.receive_import(LOCAL_ADMINISTRATOR, BytesIO(file), declared=len(file))
    *_, last = site.run_import(received.import_id)
    seconds = time.perf_counter() - began
    cpu = time.process_time() - cpu
    busy = (machine_busy_seconds() - busy) / seconds
    if last.state is not ImportState.FINISHED or last.counts.added != count:
        raise WrongAnswerError(f"imported {last.counts} of {count} lines")
    database = site.database.dialect
    progress(
        f"imported {count:,} lines into {size:,} on {database} in {seconds:.1f} s, "
        f"{cpu:.1f} s of them this process's CPU; {busy:.2f} processors were busy"
    )
    text = f"{count:,} lines in ≤ {IMPORT_SECONDS:g} s (took {seconds:.1f})"
    limit = IMPORT_SECONDS * count / 100_000
    return Row(
        f"import a line into {size:,}, {database}",
        count / seconds,
        cpu=cpu / count,
        bars=(Bar(text, seconds, limit, ceiling=True),),
    )


def _withdrawing(site: Services, size: int, progress: Progress) -> Row:
    """Suspend and remove enrolments; another process asks for them all the while."""
    spawned = multiprocessing.get_context("spawn")
    mine, other = spawned.Pipe()
    watcher = spawned.Process(target=_watch, args=(site.settings, other), daemon=True)
    watcher.start()
    delays = []
    for turn, number in enumerate(random.sample(range(size), _WITHDRAWALS)):
        with site.database.read() as connection:
            digest = site.vault.digests(mac_of(number))[0]
            which = sa.select(enrolments.c.enrolment_id).where(enrolments.c.digest == digest)
            enrolment_id = connection.execute(which).scalar_one()
        mine.send(number)
        if not mine.poll(_WATCH_SECONDS) or not mine.recv():
            raise WrongAnswerError(f"vehicle {number} does not resolve in another process")
        if turn % 2:
            site.remove_enrolment(LOCAL_ADMINISTRATOR, enrolment_id)
        else:
            site.set_enrolment_state(LOCAL_ADMINISTRATOR, enrolment_id, EnrolmentStatus.SUSPENDED)
        committed = time.monotonic()
        if not mine.poll(_WATCH_SECONDS):
            raise WrongAnswerError(f"vehicle {number} resolves in another process for good")
        delays.append(max(0.0, mine.recv() - committed))
    mine.send(None)
    watcher.join()
    slowest = max(delays)
    progress(f"withdrawn from another process after {slowest * 1e3:.0f} ms at most")
    return Row(
        f"withdraw among {size:,}, {site.database.dialect}, as seen by another process",
        1 / max(median(delays), 1e-6),
        p50=median(delays),
        p99=slowest,
        bars=(Bar(f"≤ {WITHDRAWN_SECONDS:g} s", slowest, WITHDRAWN_SECONDS, ceiling=True),),
    )


def _watch(settings: Settings, pipe: Connection) -> None:
    """Resolve each vehicle that is named without pause; say when it no longer does.

    The clock is the machine's, which all its processes share.
    """
    services = Services(settings)
    while (number := pipe.recv()) is not None:
        mac = mac_of(number)
        pipe.send(isinstance(services.resolve(mac), Resolved))
        while isinstance(services.resolve(mac), Resolved):
            pass
        pipe.send(time.monotonic())
    services.database.close()
