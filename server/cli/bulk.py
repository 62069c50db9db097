"""Commands that take a file of records: progress, the report of every line, counts."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
import orjson

from foundation.line_report import REFUSED, LineReport, line_members
from foundation.record_file import FileFormat, LineSource
from server.cli.output import emit, json_option

MOST_REFUSALS_SHOWN = 1000
"""Own judgement: `--report` has every line; what is printed stays readable, and in memory."""


_Command = TypeVar("_Command", bound=Callable[..., Any])


def bulk_options(command: _Command) -> _Command:
    """Add FILE and the options that every such command has."""
    options = (
        click.argument("file", type=click.File("rb")),
        click.option(
            "--format",
            "file_format",
            type=click.Choice([one.value for one in FileFormat]),
            help="JSON lines, or CSV with a header; told from the file's name, if left out.",
        ),
        click.option("--dry-run", is_flag=True, help="Check every line and store nothing."),
        click.option(
            "--report",
            "report_file",
            type=click.File("wb"),
            help="Where to write what became of each line, as JSON lines.",
        ),
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def run_bulk(
    work: Callable[[LineSource, FileFormat], Iterable[LineReport]],
    outcomes: type[StrEnum],
    label: str,
    *,
    file: BinaryIO,
    file_format: str | None,
    dry_run: bool,
    report_file: BinaryIO | None,
    as_json: bool,
) -> int:
    """Have `work` read the file, print counts and refusals; return 1 where a line was refused.

    `label` stands beside the progress, which a terminal shows.
    """
    counts = {outcome.value: 0 for outcome in outcomes}
    refused: list[dict[str, object]] = []
    with _followed(file, label) as source:
        for report in _written(work(source, _format(file, file_format)), report_file):
            counts[str(report.outcome)] += 1
            if report.outcome == REFUSED and len(refused) < MOST_REFUSALS_SHOWN:
                refused.append(line_members(report))
    told: dict[str, Any] = {"dry_run": dry_run, **counts, "lines": refused}
    emit(told, as_json=as_json, human=_human(told, counts))
    return 1 if counts[REFUSED] else 0


def _format(file: BinaryIO, named: str | None) -> FileFormat:
    if named is not None:
        return FileFormat(named)
    suffix = Path(str(getattr(file, "name", ""))).suffix.lower()
    return FileFormat.CSV if suffix == ".csv" else FileFormat.JSON_LINES


def _written(reports: Iterable[LineReport], file: BinaryIO | None) -> Iterator[LineReport]:
    for report in reports:
        if file is not None:
            file.write(orjson.dumps(line_members(report)) + b"\n")
            file.flush()  # it stands in the database, so it stands in the report
        yield report


@contextmanager
def _followed(file: BinaryIO, label: str) -> Iterator[LineSource]:
    """Yield the file, whose reading shows as progress on a terminal."""
    size = _size(file)
    if size is None or not sys.stderr.isatty():
        yield file
        return
    with click.progressbar(length=size, label=label, file=sys.stderr) as bar:
        yield _Watched(file, bar.update)


class _Watched:
    """A file that tells how far it was read."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], object]) -> None:
        self._file = file
        self._tell = tell

    def readline(self, limit: int, /) -> bytes:
        line = self._file.readline(limit)
        self._tell(len(line))
        return line


def _size(file: BinaryIO) -> int | None:
    try:
        return os.fstat(file.fileno()).st_size or None
    except (OSError, AttributeError):
        return None


def _human(told: dict[str, Any], counts: dict[str, int]) -> str:
    lines = [f"line {one['line']}: {one['detail']} [{one['code']}]" for one in told["lines"]]
    if told["refused"] > len(lines):
        lines.append(f"and {told['refused'] - len(lines)} more; --report FILE has every line")
    counted = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    lines.append(f"{'would be ' if told['dry_run'] else ''}{counted}")
    return "\n".join(lines)
