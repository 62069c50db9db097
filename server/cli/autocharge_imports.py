"""`evtrust autocharge import`: many enrolments from a file, and their undo."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

import click

from autocharge.model.enrolment_import import (
    ENDED,
    LEFT_BECAUSE,
    REPORT_COLUMNS,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
    UndoOutcome,
    report_rows,
)
from autocharge.operations.read_imports import ReadImports
from autocharge.operations.receive_import import ReceiveImport, chunks_of
from autocharge.operations.run_import import RunImport
from autocharge.operations.undo_import import UndoImport
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.spreadsheet import csv_text
from server.cli.output import emit, json_option

MOST_LINES_SHOWN = 1000
"""Own judgement: `--report` has every line; what is printed stays readable."""

LOOK_SECONDS = 0.5


class ImportServices(Protocol):
    """What this command needs of the wired services."""

    @property
    def receive_import(self) -> ReceiveImport:
        """Takes in a file."""

    @property
    def run_import(self) -> RunImport:
        """Goes on with an import."""

    @property
    def read_imports(self) -> ReadImports:
        """Shows an import."""

    @property
    def undo_import(self) -> UndoImport:
        """Begins an undo."""


@click.command("import")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--dry-run", is_flag=True, help="Check every line and add nothing.")
@click.option("--undo", "undone", metavar="ID", help="Remove what this import had added.")
@click.option(
    "--report", "report_file", type=click.File("wb"), help="Write every line's outcome as CSV."
)
@json_option
@click.pass_obj
def import_command(
    services: ImportServices,
    file: BinaryIO | None,
    dry_run: bool,
    undone: str | None,
    report_file: BinaryIO | None,
    as_json: bool,
) -> int:
    """Enrol the vehicles of FILE: CSV with the columns type, value, emaid, precedence, note.

    Whoever was stopped halfway runs the same again: it goes on from there.
    """
    if (file is None) == (undone is None) or (dry_run and undone is not None):
        raise click.UsageError("give either FILE, with --dry-run if wanted, or --undo ID")
    if file is not None:
        import_id, label = _begun(services.receive_import, file, dry_run=dry_run), "reading"
    else:
        import_id, label = undone or "", "undoing"
        services.undo_import(LOCAL_ADMINISTRATOR, import_id)
    found = _finished(services, import_id, label)
    if report_file is not None:
        _write_report(services.read_imports, import_id, report_file)
    told = _told(found, services.read_imports)
    emit(told, as_json=as_json, human=_human(found, told["lines"]))
    to_look_at = found.counts.refused if undone is None else found.counts.left
    return 1 if to_look_at or found.state is ImportState.STOPPED else 0


def _begun(receive: ReceiveImport, file: BinaryIO, *, dry_run: bool) -> str:
    """Return the id of a new import, or of one that was begun with this very file."""
    size = os.fstat(file.fileno()).st_size if _is_seekable(file) else None
    if size is not None:

        def chunks() -> Iterator[bytes]:
            file.seek(0)
            return chunks_of(file)

        before = receive.begun_before(LOCAL_ADMINISTRATOR, size, chunks, dry_run=dry_run)
        if before is not None:
            return before
        file.seek(0)
    return receive(LOCAL_ADMINISTRATOR, file, dry_run=dry_run, declared=size).import_id


def _is_seekable(file: BinaryIO) -> bool:
    try:
        return file.seekable() and file.fileno() >= 0
    except OSError:
        return False


def _finished(services: ImportServices, import_id: str, label: str) -> EnrolmentImport:
    """Work on the import until it has ended, here or in whichever process has claimed it."""
    read = services.read_imports
    with _progress(read.by_id(LOCAL_ADMINISTRATOR, import_id), label) as show:
        while True:
            for advanced in services.run_import(import_id):
                show(advanced)
            found = read.by_id(LOCAL_ADMINISTRATOR, import_id)
            show(found)
            if found.state in ENDED:
                return found
            time.sleep(LOOK_SECONDS)  # somebody else works on it, or did until it was killed


@contextmanager
def _progress(found: EnrolmentImport, label: str) -> Iterator[Callable[[EnrolmentImport], None]]:
    """Yield what shows how far an import has come; on a terminal alone."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=max(found.file_lines, 1), label=label, file=sys.stderr) as bar:
        yield lambda now: bar.update(now.last_line - bar.pos)


def _write_report(read: ReadImports, import_id: str, file: BinaryIO) -> None:
    file.write(csv_text([REPORT_COLUMNS]).encode())
    for page in read.all_lines(LOCAL_ADMINISTRATOR, import_id):
        file.write(csv_text(report_rows(page)).encode())


def _told(found: EnrolmentImport, read: ReadImports) -> dict[str, Any]:
    counts = found.counts
    return {
        "import_id": found.import_id,
        "state": found.state.value,
        "reason": found.reason,
        "dry_run": found.dry_run,
        "added": counts.added,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
        "removed": counts.removed,
        "left": counts.left,
        "lines": [_line(line) for line in _notable(found, read)],
    }


def _notable(found: EnrolmentImport, read: ReadImports) -> list[ImportLine]:
    """Return the first lines that somebody has to look at: refused, or left when undone."""
    undoing = found.state in {ImportState.UNDOING, ImportState.UNDONE}
    pages = read.all_lines(
        LOCAL_ADMINISTRATOR, found.import_id, LineOutcome.ADDED if undoing else LineOutcome.REFUSED
    )
    notable: list[ImportLine] = []
    for page in pages:
        notable += [one for one in page if not undoing or one.undo_outcome is UndoOutcome.LEFT]
        if len(notable) >= MOST_LINES_SHOWN:
            break
    return notable[:MOST_LINES_SHOWN]


def _line(line: ImportLine) -> dict[str, Any]:
    if line.undo_outcome is not None:
        code, detail = line.undo_code, LEFT_BECAUSE.get(line.undo_code or "")
        return {"line": line.line, "outcome": line.undo_outcome, "code": code, "detail": detail}
    return {
        "line": line.line,
        "outcome": line.outcome,
        "code": line.code,
        "detail": line.detail,
    }


def _human(found: EnrolmentImport, lines: list[dict[str, Any]]) -> str:
    counts = found.counts
    shown = [f"line {one['line']}: {one['detail']} [{one['code']}]" for one in lines]
    if found.state is ImportState.UNDONE:
        shown.append(f"{counts.removed} removed, {counts.left} left")
    else:
        told = f"{counts.added} added, {counts.unchanged} unchanged, {counts.refused} refused"
        shown.append(f"would be {told}" if found.dry_run else told)
    if found.reason is not None:
        shown.append(f"stopped: {found.reason}")
    shown.append(f"import {found.import_id} ({found.state})")
    return "\n".join(shown)
