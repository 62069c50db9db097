"""Imports over HTTP, on the command line and by the importer, up to a process that is killed."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from autocharge.model.enrolment_import import MAXIMUM_FILE_LINES, REPORT_COLUMNS
from autocharge.operations.run_import import BATCH, LEASE
from autocharge.store.import_tables import import_lines, imports
from autocharge.store.tables import enrolment_history, enrolments
from foundation.database import Database
from foundation.outbox import outbox
from server.cli.autocharge import autocharge_group
from server.importer import Importer
from tests.databases import copy_sqlite
from tests.server.assembly import THEIRS, Answer, Application, new_emaid, new_mac
from tests.server.test_bulk_vehicles import wait_for

IMPORTS = "/v1/autocharge/imports"
CSV = "text/csv; charset=utf-8"
HEADER = "type;value;emaid\r\n"


def post(
    application: Application,
    body: bytes,
    query: str = "",
    client: str = "mo",
    content_type: str = CSV,
) -> Answer:
    return application.ask("POST", IMPORTS + query, body, client=client, content_type=content_type)


def file_of(rows: Sequence[tuple[str, str]]) -> bytes:
    return ("\ufeff" + HEADER + "".join(f"mac;{mac};{emaid}\r\n" for mac, emaid in rows)).encode()


def new_rows(application: Application, count: int) -> list[tuple[str, str]]:
    rows = [(new_mac(), new_emaid()) for _ in range(count)]
    for _, emaid in rows:
        answer = application.ask("POST", "/v1/contracts", {"emaid": emaid}, client="mo")
        assert answer.status == 201
    return rows


def show(application: Application, import_id: str) -> dict[str, object]:
    found: dict[str, object] = application.ask("GET", f"{IMPORTS}/{import_id}", client="mo").json
    return found


def test_a_provider_imports_reads_of_every_line_and_undoes(application: Application) -> None:
    rows = new_rows(application, 2)
    bad = [(new_mac(), new_emaid(THEIRS)), ("=HYPERLINK(1)", rows[0][1])]
    answer = post(application, file_of([*rows, *bad]))
    assert answer.status == 202
    import_id = answer.json["import_id"]
    assert answer.headers["Location"] == f"{IMPORTS}/{import_id}"
    assert (answer.json["state"], answer.json["lines"]) == ("running", 5)
    application.import_all()
    shown = show(application, import_id)
    assert (shown["state"], shown["last_line"]) == ("finished", 5)
    assert (shown["added"], shown["refused"]) == (2, 2)
    first = application.ask("GET", f"{IMPORTS}/{import_id}/report?limit=3", client="mo").json
    assert [line["line"] for line in first["lines"]] == [2, 3, 4]
    rest = application.ask(
        "GET", f"{IMPORTS}/{import_id}/report?after={first['next']}", client="mo"
    ).json
    assert [line["code"] for line in rest["lines"]] == ["formula_in_field"]
    assert rest["next"] is None
    refused = f"{IMPORTS}/{import_id}/report?outcome=refused"
    lines = application.ask("GET", refused, client="mo").json["lines"]
    assert [line["code"] for line in lines] == ["not_your_provider", "formula_in_field"]
    undone = application.ask("POST", f"{IMPORTS}/{import_id}/undo", client="mo")
    assert (undone.status, undone.json["state"]) == (202, "undoing")
    application.import_all()
    shown = show(application, import_id)
    assert (shown["state"], shown["removed"], shown["left"]) == ("undone", 2, 0)
    listed = application.ask("GET", IMPORTS, client="mo").json
    assert listed["imports"][0] == shown


def test_a_dry_run_stores_a_report_and_nothing_else(application: Application) -> None:
    file = file_of(new_rows(application, 1))
    before = application.rows()
    answer = post(application, file, "?dry_run=true")
    application.import_all()
    assert show(application, answer.json["import_id"])["added"] == 1
    after = application.rows()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"autocharge_imports", "autocharge_import_lines"}


def test_the_report_for_spreadsheets_runs_nothing_and_names_no_vehicle(
    application: Application,
) -> None:
    mac, emaid = new_mac(), new_emaid()
    body = f"{HEADER}mac;{mac};{emaid}\r\n=1+1;{mac};{emaid}\r\nmac;@{mac};{emaid}\r\n".encode()
    import_id = application.imported(body)
    answer = application.ask("GET", f"{IMPORTS}/{import_id}/report.csv", client="mo")
    assert (answer.status, answer.media_type) == (200, CSV)
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.body.decode()
    head, *lines = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == REPORT_COLUMNS
    assert [line[:3] for line in lines] == [
        ["2", "refused", "contract_not_active"],
        ["3", "refused", "formula_in_field"],
        ["4", "refused", "formula_in_field"],
    ]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for line in lines for cell in line)
    kept = "".join(row for rows in application.rows().values() for row in rows)
    for told in (text, kept):
        assert mac not in told
        assert emaid not in told


@pytest.mark.parametrize(
    ("body", "query", "content_type", "status", "code"),
    [
        (b"{}", "", "application/json", 415, "body_not_csv"),
        (b"", "", CSV, 400, "invalid_header"),
        (b"a;b;c\n1;2;3\n", "", CSV, 400, "invalid_header"),
        (b"type,value,emaid\n", "?dry_run=yes", CSV, 400, "invalid_request"),
        (b"type,value,emaid\n", "?dryrun=true", CSV, 400, "invalid_request"),
        (b"type,value,emaid" + b"\n" * (MAXIMUM_FILE_LINES + 1), "", CSV, 413, "file_too_large"),
    ],
)
def test_what_is_no_file_of_enrolments_is_refused_and_not_kept(
    application: Application, body: bytes, query: str, content_type: str, status: int, code: str
) -> None:
    before = application.rows()
    answer = post(application, body, query, content_type=content_type)
    assert (answer.status, answer.code) == (status, code)
    assert application.rows() == before


def test_only_providers_and_administrators_import(application: Application) -> None:
    for client in ("cpo", "oem", "cps", "auditor"):
        assert post(application, HEADER.encode(), client=client).code == "role_required"
    assert application.ask("POST", IMPORTS, HEADER.encode(), content_type=CSV).status == 401


def test_one_client_cannot_fill_the_database(application: Application) -> None:
    application.import_all()
    answers = [post(application, HEADER.encode(), client="other_mo") for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]
    assert answers[-1].headers["Retry-After"]
    application.import_all()


def command(application: Application, *words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(
        autocharge_group,
        ["import", *words],
        obj=application.services,
        input=stdin,
        standalone_mode=False,
    )


def test_the_command_imports_reports_and_undoes(application: Application, tmp_path: Path) -> None:
    rows = new_rows(application, 2)
    file, report = tmp_path / "vehicles.csv", tmp_path / "report.csv"
    file.write_bytes(file_of([*rows, ("no mac", rows[0][1])]))
    dry = command(application, str(file), "--dry-run", "--json")
    told = json.loads(dry.output)
    assert (told["dry_run"], told["added"], told["refused"], dry.return_value) == (True, 2, 1, 1)
    done = command(application, str(file), "--report", str(report))
    assert (done.return_value, "2 added, 0 unchanged, 1 refused" in done.output) == (1, True)
    assert "[invalid_mac]" in done.output
    assert report.read_bytes().count(b"\r\n") == 4
    again = json.loads(command(application, "-", "--json", stdin=file_of(rows)).output)
    assert (again["unchanged"], again["added"]) == (2, 0)
    import_id = done.output.rpartition("import ")[2].split()[0]
    undone = command(application, "--undo", import_id, "--json")
    assert (json.loads(undone.output)["removed"], undone.return_value) == (2, 0)
    for words in ((), (str(file), "--undo", import_id), ("--undo", import_id, "--dry-run")):
        assert type(command(application, *words).exception).__name__ == "UsageError"


def evtrust(*words: str) -> list[str]:
    return [sys.executable, "-c", "from server.cli import main; main()", *words]


def test_a_killed_import_goes_on_where_it_was(sqlite_template: Path, tmp_path: Path) -> None:
    """SIGKILL between two batches or in one; running the same again finishes the same import."""
    url = copy_sqlite(sqlite_template, tmp_path / "evtrust.sqlite")
    database = Database(url)
    environment = os.environ | {"EVTRUST_HOME": str(tmp_path), "EVTRUST_DATABASE_URL": url}
    subprocess.run(evtrust("init", "--json"), env=environment, check=True, capture_output=True)
    count = 6 * BATCH
    emaid = new_emaid()
    subprocess.run(
        evtrust("contract", "create", emaid), env=environment, check=True, capture_output=True
    )
    file = tmp_path / "vehicles.csv"
    file.write_bytes(file_of([(f"98ED5C{n:06X}", emaid) for n in range(count)]))
    importing = evtrust("autocharge", "import", str(file), "--json")
    process = subprocess.Popen(
        importing, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: lines_of(database) > 0)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    standing = whole(database)
    assert 0 < standing < count
    assert standing % BATCH == 0
    with database.write() as connection:  # its lease has run out
        connection.execute(sa.update(imports).values(claimed_until=sa.null()))
        connection.commit()
    finished = subprocess.run(importing, env=environment, check=True, capture_output=True)
    told = json.loads(finished.stdout)
    assert (told["added"], told["unchanged"], told["state"]) == (count, 0, "finished")
    assert whole(database) == count
    database.close()


def lines_of(database: Database) -> int:
    with database.read() as connection:
        counted = sa.select(sa.func.count()).select_from(import_lines)
        return connection.execute(counted).scalar_one()


def whole(database: Database) -> int:
    """Return how many lines were stored; each has its enrolment and the history of that."""
    with database.read() as connection:

        def column(of: "sa.Column[str]") -> set[str]:
            return set(connection.scalars(sa.select(of)))

        lines = column(import_lines.c.enrolment_id)
        assert lines == column(enrolments.c.enrolment_id)
        assert lines == column(enrolment_history.c.enrolment_id)
        (stored,) = connection.execute(sa.select(imports.c.added, imports.c.last_line))
        assert stored == (len(lines), len(lines) + 1)
        told = connection.execute(
            sa.select(outbox.c.subject).where(outbox.c.type == "autocharge.import_progressed")
        ).scalars()
        assert sum(int(subject["enrolments"]) for subject in told) == len(lines)
    return len(lines)


def test_the_importer_goes_on_until_it_is_told_to_stop() -> None:
    worked = threading.Event()
    closed: list[bool] = []

    def batches() -> Generator[None, None, None]:
        try:
            while True:
                worked.set()
                yield
        finally:
            closed.append(True)

    importer = Importer(lambda: True, batches)
    importer.start()
    assert worked.wait(10)
    importer.stop()
    assert closed == [True]


def test_the_importer_survives_what_fails() -> None:
    calls: list[None] = []

    def any_waits() -> bool:
        calls.append(None)
        raise RuntimeError

    importer = Importer(any_waits, lambda: iter(()))  # type: ignore[arg-type,return-value] # never asked
    assert not importer.run_once()
    assert not importer.run_once()
    assert len(calls) == 2


def test_a_lease_is_longer_than_a_batch_may_take() -> None:
    """PostgreSQL ends a transaction that says nothing for ten seconds."""
    assert LEASE.total_seconds() > 10
