"""Vehicles in bulk over HTTP and on the command line, up to a process that is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from contract_service.api.opcp_vehicles import MAXIMUM_BULK_BYTES, MAXIMUM_BULK_LINES
from contract_service.store.pool_tables import pool_vehicles
from foundation.database import Database
from foundation.outbox import outbox
from foundation.record_file import FileFormat
from pki.model.roles import CertificateRole
from server.cli import cli
from server.wiring import Services
from tests.contract_service.pools.manufacturer import manufacturer
from tests.contract_service.pools.test_bulk import csv_file, members
from tests.databases import copy_sqlite
from tests.server.assembly import Answer, Application, new_pcid

BULK = "/v1/oem/provCerts/bulk"
JSON_LINES = "application/x-ndjson"
MAKER = manufacturer()


def lines(*pcids: str) -> bytes:
    return b"".join(json.dumps(members(MAKER.vehicle(pcid))).encode() + b"\n" for pcid in pcids)


def post(
    application: Application,
    body: bytes,
    query: str = "",
    media_type: str = JSON_LINES,
    client: str = "oem",
) -> Answer:
    return application.ask("POST", BULK + query, body, client=client, content_type=media_type)


@pytest.fixture(autouse=True)
def trusted(application: Application) -> None:
    application.published_vehicle()


def test_a_manufacturer_publishes_many_and_reads_of_every_line(application: Application) -> None:
    good, others = new_pcid(), new_pcid("WBB")
    answer = post(application, lines(good) + b"{}\n" + lines(others))
    assert answer.status == 200
    told = answer.json
    lines_told = told.pop("lines")
    assert told == {"dry_run": False, "added": 1, "updated": 0, "unchanged": 0, "refused": 2}
    assert lines_told[0] == {"line": 1, "outcome": "added"}
    assert [line["code"] for line in lines_told[1:]] == ["invalid_record", "not_your_wmi"]
    assert set(lines_told[1]) == {"line", "outcome", "code", "detail", "fields"}
    found = application.ask("GET", f"/v1/oem/provCerts/{good.upper()}", client="mo")
    assert found.status == 200


def test_a_dry_run_changes_no_row(application: Application) -> None:
    before = application.rows()
    answer = post(application, lines(new_pcid()), "?dryRun=true")
    assert (answer.status, answer.json["added"], answer.json["dry_run"]) == (200, 1, True)
    assert application.rows() == before


def test_csv_is_read_as_well(application: Application) -> None:
    body = csv_file(members(MAKER.vehicle(new_pcid())), members(MAKER.vehicle(new_pcid())))
    answer = post(application, body, media_type="text/csv; charset=utf-8")
    assert (answer.status, answer.json["added"]) == (200, 2)
    refused = post(application, b"a,b\n1,2\n", media_type="text/csv")
    assert (refused.status, refused.code) == (400, "invalid_header")


@pytest.mark.parametrize(
    ("body", "query", "media_type", "status", "code"),
    [
        (b"{}", "", "application/json", 415, "body_not_vehicles"),
        (b"{}", "", "application/octet-stream", 415, "body_not_vehicles"),
        (b"{}", "?dryRun=maybe", JSON_LINES, 400, "invalid_request"),
        (b"{}", "?dry_run=true", JSON_LINES, 400, "invalid_request"),
        (b"x" * (MAXIMUM_BULK_BYTES + 1), "", JSON_LINES, 413, "too_many_vehicles"),
        (b"\n" * (MAXIMUM_BULK_LINES + 1), "", JSON_LINES, 413, "too_many_vehicles"),
    ],
)
def test_what_is_no_file_of_vehicles_is_refused(
    application: Application, body: bytes, query: str, media_type: str, status: int, code: str
) -> None:
    answer = post(application, body, query, media_type)
    assert (answer.status, answer.code) == (status, code)


def test_a_megabyte_of_random_bytes_is_lines_that_are_refused(application: Application) -> None:
    before = application.rows()
    body = os.urandom(1_000_000).replace(b"\n", b"")
    answer = post(application, body[:500_000] + b"\n" + body[500_000:])
    assert (answer.status, answer.json["refused"]) == (200, 2)
    assert {line["code"] for line in answer.json["lines"]} == {"record_too_long"}
    assert application.rows() == before


def test_only_manufacturers_and_administrators_publish_in_bulk(application: Application) -> None:
    body = lines(new_pcid())
    for client in ("cpo", "mo", "cps", "auditor"):
        assert post(application, body, client=client).code == "role_required"
    assert application.ask("POST", BULK, body, content_type=JSON_LINES).status == 401
    assert post(application, body, client="admin").json["added"] == 1


# the command line


@pytest.fixture
def services(application: Application) -> Services:
    return application.services


def command(services: Services, *words: str, stdin: bytes | None = None) -> Result:
    # the group wires its own services: the subcommand is asked with those of the test
    group = cli.get_command(None, "vehicle")  # type: ignore[arg-type] # it does not look at it
    assert group is not None
    return CliRunner().invoke(group, list(words), obj=services, input=stdin, standalone_mode=False)


@pytest.mark.parametrize("file_format", FileFormat)
def test_the_command_publishes_reports_and_fails_where_a_line_failed(
    services: Services, tmp_path: Path, file_format: FileFormat
) -> None:
    good, strange = MAKER.vehicle(new_pcid()), manufacturer("strange").vehicle(new_pcid())
    file, report = tmp_path / f"vehicles.{file_format}", tmp_path / "report.jsonl"
    both = [members(good), members(strange)]
    if file_format is FileFormat.CSV:
        file.write_bytes(csv_file(*both))
    else:
        file.write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in both))
    dry = command(services, "publish", str(file), "--dry-run", "--json")
    told = json.loads(dry.output)
    assert (told["added"], told["refused"], dry.return_value) == (1, 1, 1)
    done = command(services, "publish", str(file), "--report", str(report))
    assert done.return_value == 1
    assert "1 added" in done.output
    assert "[chain_not_valid]" in done.output
    written = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["outcome"] for line in written] == ["added", "refused"]
    again = command(services, "publish", str(file), "--json")
    assert json.loads(again.output)["unchanged"] == 1


def test_the_command_reads_standard_input_and_shows_and_deletes(services: Services) -> None:
    pcid = new_pcid()
    done = command(services, "publish", "-", stdin=lines(pcid))
    assert (done.return_value, "1 added" in done.output) == (0, True)
    shown = json.loads(command(services, "show", pcid.upper(), "--json").output)
    assert (shown["pcid"], shown["schema"]) == (pcid, "iso15118-2")
    assert "deleted" in command(services, "delete", pcid).output
    gone = command(services, "show", pcid)
    assert "vehicle_unknown" in str(gone.exception)


def test_a_killed_command_leaves_whole_vehicles_and_is_run_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """SIGKILL in the middle of a file: what stands has its event, the rest is not there."""
    url = copy_sqlite(sqlite_template, tmp_path / "evtrust.sqlite")
    database = Database(url)
    count = 600
    file, report = tmp_path / "vehicles.jsonl", tmp_path / "report.jsonl"
    file.write_bytes(lines(*(new_pcid() for _ in range(count))))
    environment = os.environ | {"EVTRUST_HOME": str(tmp_path), "EVTRUST_DATABASE_URL": url}
    evtrust = [sys.executable, "-c", "from server.cli import main; main()"]
    subprocess.run([*evtrust, "init", "--json"], env=environment, check=True, capture_output=True)
    root = tmp_path / "root.der"
    root.write_bytes(MAKER.root.der)
    trust = [*evtrust, "anchor", "add", str(root), "--role", CertificateRole.OEM_ROOT]
    subprocess.run(trust, env=environment, check=True, capture_output=True)
    publish = [*evtrust, "vehicle", "publish", str(file), "--json"]
    process = subprocess.Popen(
        [*publish, "--report", str(report)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: report.exists() and report.stat().st_size > 0)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    reported = report.read_bytes().count(b"\n")
    stored, told = stored_and_told(database)
    assert 0 < reported <= len(stored) < count
    assert stored == told
    finished = subprocess.run(publish, env=environment, check=True, capture_output=True)
    counts = json.loads(finished.stdout)
    assert (counts["unchanged"], counts["added"]) == (len(stored), count - len(stored))
    stored, told = stored_and_told(database)
    assert len(stored) == count
    assert stored == told
    database.close()


def stored_and_told(database: Database) -> tuple[set[str], set[str]]:
    """Return fingerprints of the vehicles that stand, and of those that events tell of."""
    with database.read() as connection:
        stored = connection.execute(sa.select(pool_vehicles.c.fingerprint)).scalars().all()
        events = connection.execute(
            sa.select(outbox.c.subject).where(outbox.c.type == "provisioning_certificate.added")
        ).scalars()
        return set(stored), {subject["fingerprint"] for subject in events}


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)
