"""`python -m benchmarks`: measure, print the table, and say which bars were missed."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.load import WrongAnswerError
from benchmarks.primitives import measure_primitives
from benchmarks.report import Report, as_json, markdown
from benchmarks.run import Options, machine, measure, profile
from benchmarks.scale import SMALL, ScaleOptions, measure_scale

DATABASES = ("sqlite", "postgresql")
ENROLMENTS, IMPORTED = 150_000, 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, or 1 where an answer was wrong or an enforced bar missed."""
    chosen = _parse(arguments)
    options = Options(
        rounds=chosen.rounds or (1 if chosen.quick else 5),
        seconds=chosen.seconds or (1.0 if chosen.quick else 3.0),
        connections=chosen.connections,
        workers=chosen.workers,
        threads=chosen.threads,
        chains=chosen.chains or (500 if chosen.quick else 10_000),
        databases=tuple(chosen.database or DATABASES),
    )
    scale = ScaleOptions(
        enrolments=chosen.scale or (SMALL if chosen.quick else ENROLMENTS),
        imported=1_000 if chosen.quick else IMPORTED,
        databases=options.databases,
    )
    with tempfile.TemporaryDirectory(prefix="evtrust-benchmark-") as folder:
        try:
            if chosen.profile:
                print(profile(options, Path(folder), _say))
                return 0
            if chosen.scale:
                rows = measure_scale(scale, Path(folder), _say)
                report = Report(rows, measure_primitives(1.0), machine())
            else:
                report = measure(options, Path(folder), _say)
                scaled = measure_scale(scale, Path(folder) / "scale", _say)
                report = replace(report, rows=[*report.rows, *scaled])
        except WrongAnswerError as failure:
            _say(f"no figures: {failure}")
            return 1
    if chosen.json is not None:
        chosen.json.write_bytes(as_json(report))
    print(markdown(report))
    if report.failed:
        _say(f"missed a bar: {', '.join(report.failed)}")
    return 1 if report.failed and chosen.enforce else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, help="window of a row in a round (default 3)")
    parser.add_argument("--connections", type=int, default=100, help="clients (default 100)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (default 1)")
    parser.add_argument("--threads", type=int, default=16, help="threads a worker (default 16)")
    parser.add_argument("--chains", type=int, help="distinct contract chains (default 10000)")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s on 500 chains")
    parser.add_argument(
        "--scale", type=int, metavar="N", help="measure Autocharge at N enrolments, nothing else"
    )
    parser.add_argument("--profile", action="store_true", help="say where the time goes instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--enforce", action="store_true", help="exit 1 where a bar is missed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
