"""Contracts in bulk over HTTP and on the command line, up to a process that is killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from contract_service.api.contract_life_cycle import MAXIMUM_BULK_BYTES, MAXIMUM_BULK_LINES
from contract_service.store.contract_pool_tables import contract_data, prepared_answers
from contract_service.store.tables import contracts
from exi import Schema
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.record_file import FileFormat
from foundation.sealing import Sealer
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from server.cli import cli
from server.installation import Installation
from server.wiring import Services
from tests.contract_service.pools.manufacturer import manufacturer
from tests.databases import copy_sqlite
from tests.server.assembly import THEIRS, Answer, Application, new_emaid, new_pcid
from tests.server.test_bulk_vehicles import JSON_LINES, lines, wait_for

CREATE = ("create", "--organization", "Test", "--country", "DE", "--json")
BULK = "/v1/contracts/provisioning"


def line(emaid: str, pcid: str) -> bytes:
    return json.dumps({"emaid": emaid, "pcid": pcid}).encode() + b"\n"


def post(
    application: Application,
    body: bytes,
    query: str = "",
    media_type: str = JSON_LINES,
    client: str = "mo",
) -> Answer:
    return application.ask("POST", BULK + query, body, client=client, content_type=media_type)


@pytest.fixture(scope="module")
def hierarchy(application: Application) -> Application:
    """The application with a hierarchy and its CPS leaf."""
    services = application.services
    # as the `ca` commands do it: serving processes open no offline key
    ceremony = Services(
        services.settings,
        database=application.database,
        installation=Installation(Sealer(bytes(range(32))), demo=False),
        offline_keys=True,
    )
    request = HierarchyRequest(Edition.ISO15118_2, KeyAlgorithm.P256, "Example", "DE")
    ceremony.create_hierarchy(LOCAL_ADMINISTRATOR, request)

    # authorities, signers and trust anchors are remembered for half a second

    def has_signer() -> bool:
        services.renew_cps_signers(services.clock())
        return bool(services.find_cps_signers(Schema.ISO15118_2).newest)

    def takes_vehicles() -> bool:
        try:
            application.published_vehicle()
        except ServiceError:
            return False
        return True

    wait_for(has_signer)
    wait_for(takes_vehicles)
    return application


def command(services: Services, name: str, *words: str, stdin: bytes | None = None) -> Result:
    # the group wires its own services: the subcommand is asked with those of the test
    group = cli.get_command(None, name)  # type: ignore[arg-type] # it does not look at it
    assert group is not None
    return CliRunner().invoke(group, list(words), obj=services, input=stdin, standalone_mode=False)


def test_a_provider_provisions_many_and_reads_of_every_line(hierarchy: Application) -> None:
    emaid, pcid = new_emaid(), hierarchy.published_vehicle()
    file = line(emaid, pcid) + b"{}\n" + line(new_emaid(THEIRS), pcid)
    answer = post(hierarchy, file)
    assert answer.status == 200
    told = answer.json
    told_lines = told.pop("lines")
    counts = {"provisioned": 1, "replaced": 0, "unchanged": 0, "refused": 2}
    assert told == {"dry_run": False, **counts}
    assert told_lines[0] == {"line": 1, "emaid": emaid, "outcome": "provisioned"}
    assert [one["code"] for one in told_lines[1:]] == ["invalid_record", "not_your_provider"]
    assert set(told_lines[2]) == {"line", "emaid", "outcome", "code", "detail", "fields"}
    shown = hierarchy.ask("GET", f"/v1/contracts/{emaid}", client="mo")
    assert shown.json["pcid"] == pcid
    assert post(hierarchy, file).json["unchanged"] == 1


def test_a_dry_run_changes_no_row(hierarchy: Application) -> None:
    file = line(new_emaid(), hierarchy.published_vehicle())
    before = hierarchy.rows()
    answer = post(hierarchy, file, "?dry_run=true")
    assert (answer.status, answer.json["provisioned"], answer.json["dry_run"]) == (200, 1, True)
    assert hierarchy.rows() == before


def test_csv_is_read_as_well(hierarchy: Application) -> None:
    body = f"emaid,pcid\r\n{new_emaid()},{hierarchy.published_vehicle()}\r\n".encode()
    answer = post(hierarchy, b"\xef\xbb\xbf" + body, media_type="text/csv; charset=utf-8")
    assert (answer.status, answer.json["provisioned"]) == (200, 1)
    refused = post(hierarchy, b"a,b\n1,2\n", media_type="text/csv")
    assert (refused.status, refused.code) == (400, "invalid_header")


@pytest.mark.parametrize(
    ("body", "query", "media_type", "status", "code"),
    [
        (b"{}", "", "application/json", 415, "body_not_contracts"),
        (b"{}", "?dry_run=maybe", JSON_LINES, 400, "invalid_request"),
        (b"{}", "?dryRun=true", JSON_LINES, 400, "invalid_request"),
        (b"x" * (MAXIMUM_BULK_BYTES + 1), "", JSON_LINES, 413, "too_many_contracts"),
        (b"x" * 10_000_000, "", JSON_LINES, 413, None),
        (b"\n" * (MAXIMUM_BULK_LINES + 1), "", JSON_LINES, 413, "too_many_contracts"),
    ],
)
def test_what_is_no_file_of_contracts_is_refused(
    application: Application,
    body: bytes,
    query: str,
    media_type: str,
    status: int,
    code: str | None,
) -> None:
    answer = post(application, body, query, media_type)
    assert answer.status == status
    assert answer.code == (code or answer.code)


def test_by_hand_a_contract_is_renewed_by_its_provider(hierarchy: Application) -> None:
    emaid = new_emaid()
    path = f"/v1/contracts/{emaid}/renew"
    assert hierarchy.ask("POST", path, client="mo").code == "contract_unknown"
    post(hierarchy, line(emaid, hierarchy.published_vehicle()))
    assert hierarchy.ask("POST", path, client="other_mo").code == "not_your_provider"
    (renewed,) = hierarchy.ask("POST", path, client="mo").json["renewed"]
    assert set(renewed) == {"schema", "fingerprint", "serial", "not_before", "not_after"}
    certificates = hierarchy.ask("GET", f"/v1/contracts/{emaid}/certificates", client="mo").json
    fingerprints = {one["fingerprint"] for one in certificates["certificates"]}
    assert renewed["fingerprint"] in fingerprints
    assert len(fingerprints) == 2


def test_only_providers_and_administrators_provision_in_bulk(application: Application) -> None:
    for client in ("cpo", "oem", "cps", "auditor"):
        assert post(application, b"{}\n", client=client).code == "role_required"
    assert application.ask("POST", BULK, b"{}\n", content_type=JSON_LINES).status == 401


@pytest.mark.parametrize("file_format", FileFormat)
def test_the_command_provisions_reports_and_fails_where_a_line_failed(
    hierarchy: Application, tmp_path: Path, file_format: FileFormat
) -> None:
    emaid, pcid, strange = new_emaid(), hierarchy.published_vehicle(), new_pcid()
    file, report = tmp_path / f"contracts.{file_format}", tmp_path / "report.jsonl"
    if file_format is FileFormat.CSV:
        file.write_text(f"pcid,emaid\n{pcid},{emaid}\n{strange},{new_emaid()}\n")
    else:
        file.write_bytes(line(emaid, pcid) + line(new_emaid(), strange))
    services = hierarchy.services
    dry = command(services, "contract", "provision", str(file), "--dry-run", "--json")
    told = json.loads(dry.output)
    assert (told["provisioned"], told["refused"], dry.return_value) == (1, 1, 1)
    done = command(services, "contract", "provision", str(file), "--report", str(report))
    assert done.return_value == 1
    assert "1 provisioned" in done.output
    assert "[vehicle_unknown]" in done.output
    assert strange not in done.output
    written = [json.loads(one) for one in report.read_text().splitlines()]
    assert [one["outcome"] for one in written] == ["provisioned", "refused"]
    again = command(services, "contract", "provision", "-", "--json", stdin=line(emaid, pcid))
    assert (json.loads(again.output)["unchanged"], again.return_value) == (1, 0)


def test_a_killed_command_leaves_whole_contracts_and_is_run_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """SIGKILL in the middle of a file: what stands has all its parts, the rest is not there."""
    url = copy_sqlite(sqlite_template, tmp_path / "evtrust.sqlite")
    database = Database(url)
    count = 150
    pcids = [new_pcid() for _ in range(count)]
    vehicles, file, report = (tmp_path / name for name in ("v.jsonl", "c.jsonl", "report.jsonl"))
    vehicles.write_bytes(lines(*pcids))
    file.write_bytes(b"".join(line(new_emaid(), pcid) for pcid in pcids))
    root = tmp_path / "root.der"
    root.write_bytes(manufacturer().root.der)
    environment = os.environ | {"EVTRUST_HOME": str(tmp_path), "EVTRUST_DATABASE_URL": url}

    def evtrust(*words: str) -> list[str]:
        return [sys.executable, "-c", "from server.cli import main; main()", *words]

    for words in (
        ("init", "--json"),
        ("ca", *CREATE),
        ("anchor", "add", str(root), "--role", CertificateRole.OEM_ROOT.value),
        ("vehicle", "publish", str(vehicles)),
    ):
        subprocess.run(evtrust(*words), env=environment, check=True, capture_output=True)
    signing = "from server.settings import load_settings; from server.wiring import Services; "
    signing += "s = Services(load_settings()); s.renew_cps_signers(s.clock())"
    subprocess.run(
        [sys.executable, "-c", signing], env=environment, check=True, capture_output=True
    )
    provision = evtrust("contract", "provision", str(file), "--json")
    process = subprocess.Popen(
        [*provision, "--report", str(report)],
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
    standing = whole(database)
    assert 0 < reported <= standing < count
    finished = subprocess.run(provision, env=environment, check=True, capture_output=True)
    told = json.loads(finished.stdout)
    assert (told["unchanged"], told["provisioned"]) == (standing, count - standing)
    assert whole(database) == count
    database.close()


def whole(database: Database) -> int:
    """Return how many contracts stand; each has its data, an answer and its events."""
    with database.read() as connection:

        def column(of: "sa.Column[str]") -> set[str]:
            return set(connection.scalars(sa.select(of)))

        events = connection.execute(
            sa.select(outbox.c.subject).where(outbox.c.type == "contract_data.created")
        ).scalars()
        told = {subject["data_id"] for subject in events}
        pooled = column(contract_data.c.data_id)
        assert column(contracts.c.contract_id) == column(contract_data.c.contract_id)
        assert column(prepared_answers.c.data_id) == pooled == told
    return len(pooled)
