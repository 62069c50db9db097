"""Contracts in bulk: each line alone, every line reported, nothing changed when done again."""

import io
import json
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.contract_file import (
    MAXIMUM_RECORD_BYTES,
    ContractRecord,
    ContractToProvision,
    read_contracts,
)
from contract_service.operations.provision_contracts import Outcome, ProvisionContracts
from contract_service.profiles.renewal import load_renewal_policy
from exi import Schema
from foundation.clock import parse_time
from foundation.errors import Refused, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.line_report import LineReport, bulk_report
from foundation.principal import Principal
from foundation.record_file import FileFormat
from pki.model.roles import KeyAlgorithm
from tests.contract_service.provisioning.works import (
    EMAID,
    MAKER,
    OPERATOR,
    PCID,
    PROVIDER,
    STRANGER,
    Works,
)
from tests.pki.issuing.house import ADMIN
from tests.server.assembly import all_rows

OTHER_EMAID, OTHER_PCID = "DEABCC99999999", "WP0SECOND123456789"
THEIR_EMAID = "DEXYZC12345678"


def line(emaid: object = EMAID, pcid: object = PCID, **more: object) -> bytes:
    return json.dumps({"emaid": emaid, "pcid": pcid, **more}).encode() + b"\n"


def records(file: bytes, file_format: FileFormat = FileFormat.JSON_LINES) -> list[ContractRecord]:
    return list(read_contracts(io.BytesIO(file), file_format))


def run(
    works: Works, file: bytes, who: Principal = PROVIDER, *, dry_run: bool = False
) -> list[LineReport]:
    provision = ProvisionContracts(
        works.provision, works.vehicles, works.pool, load_renewal_policy(), works.clock
    )
    return list(provision(who, records(file), dry_run=dry_run))


def outcomes(reports: Sequence[LineReport]) -> list[tuple[int, str]]:
    return [(report.line, report.code or str(report.outcome)) for report in reports]


@pytest.fixture
def fleet(works: Works) -> Works:
    """A hierarchy and two vehicles."""
    works.found()
    works.car()
    works.car(OTHER_PCID)
    return works


# the files


def test_both_formats_hold_the_same_and_a_byte_order_mark_is_passed_over() -> None:
    ends = "2027-01-01T00:00:00Z"
    rows = (
        b"\xef\xbb\xbfemaid,pcid,schema,valid_until\r\n"
        + f"{EMAID},{PCID},iso15118-20,{ends}\r\n".encode()
        + f'"{OTHER_EMAID}",{OTHER_PCID},,\r\n'.encode()
    )
    lines = b"\xef\xbb\xbf" + line(schema="iso15118-20", valid_until=ends)
    lines += line(OTHER_EMAID, OTHER_PCID, schema=None)
    wanted = [
        ContractToProvision(EMAID, PCID, Schema.ISO15118_20, parse_time(ends)),
        ContractToProvision(OTHER_EMAID, OTHER_PCID, Schema.ISO15118_2, None),
    ]
    assert [one.contract for one in records(rows, FileFormat.CSV)] == wanted
    assert [one.contract for one in records(lines)] == wanted
    assert [one.line for one in records(rows, FileFormat.CSV)] == [2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        line(pcid=7),
        line(schema="iso15118-3"),
        line(valid_until="tomorrow"),
        line(valid_until="9999-12-31T23:59:59-14:00"),
        line(valid_until="2027-01-01T00:00:00"),
        line(colour="red"),
    ],
)
def test_a_line_that_cannot_be_read_stops_no_other(wrong: bytes) -> None:
    broken, whole = records(wrong + line())
    assert isinstance(broken.contract, Refused)
    assert broken.contract.code == "invalid_record"
    assert isinstance(whole.contract, ContractToProvision)


def test_a_line_of_ten_megabytes_is_one_refusal() -> None:
    broken, whole = records(b"x" * 10_000_000 + b"\n" + line())
    assert isinstance(broken.contract, Refused)
    assert (broken.contract.code, whole.line) == ("record_too_long", 2)
    longest = line(colour="r" * (MAXIMUM_RECORD_BYTES + 1))
    assert [getattr(one.contract, "code", None) for one in records(longest)] == ["record_too_long"]


@pytest.mark.parametrize(
    "cell",
    ["=HYPERLINK(1)", "@SUM(A1:A9)", "+DEABCC12345678", "-DEABCC12345678", "DE\x1b[2J5678901"],
)
def test_what_a_spreadsheet_or_terminal_would_obey_is_never_repeated(
    fleet: Works, cell: str
) -> None:
    (report,) = run(fleet, line(cell))
    assert (report.outcome, report.emaid) == (Outcome.REFUSED, None)
    told = json.dumps(bulk_report([report], Outcome, dry_run=False))
    assert cell not in json.loads(told)["lines"][0].values()
    assert "\x1b" not in told


@given(st.binary(max_size=3000), st.sampled_from(FileFormat))
def test_any_bytes_are_records_in_order_or_no_file(file: bytes, file_format: FileFormat) -> None:
    try:
        found = records(file, file_format)
    except ServiceError as refusal:
        assert refusal.code == "invalid_header"
        return
    starts = [record.line for record in found]
    assert starts == sorted(set(starts))
    assert len(starts) <= file.count(b"\n") + 1


# provisioning


def test_each_line_succeeds_or_fails_alone_and_is_reported(fleet: Works) -> None:
    file = (
        line("de-abc-c12345678")
        + b"rubbish\n"
        + line(THEIR_EMAID)
        + line(OTHER_EMAID, "WP0nobody123456789")
        + line(OTHER_EMAID, "?")
        + line("DEABCC1")
        + line()
        + line(pcid=OTHER_PCID)
        + line(OTHER_EMAID, OTHER_PCID.lower(), valid_until="2020-01-01T00:00:00Z")
        + line(OTHER_EMAID, OTHER_PCID.lower())
    )
    reports = run(fleet, file)
    assert outcomes(reports) == [
        (1, "provisioned"),
        (2, "invalid_record"),
        (3, "not_your_provider"),
        (4, "vehicle_unknown"),
        (5, "invalid_pcid"),
        (6, "invalid_emaid"),
        (7, "unchanged"),
        (8, "emaid_used_by_another_vehicle"),
        (9, "contract_ends_too_early"),
        (10, "provisioned"),
    ]
    assert reports[0].emaid == "de-abc-c12345678"
    told = json.dumps(bulk_report(reports, Outcome, dry_run=False)).upper()
    assert PCID not in told
    assert OTHER_PCID.upper() not in told
    assert fleet.contracts.find(Emaid.parse(THEIR_EMAID)) is None
    contract = fleet.contracts.find(Emaid.parse(EMAID))
    assert contract is not None
    assert contract.pcid == Pcid.parse(PCID)


def test_done_again_nothing_changes(fleet: Works) -> None:
    ends = (fleet.now + timedelta(days=200, microseconds=7)).isoformat()
    file = line(valid_until=ends) + line(OTHER_EMAID, OTHER_PCID)
    assert outcomes(run(fleet, file)) == [(1, "provisioned"), (2, "provisioned")]
    before = all_rows(fleet.database)
    assert outcomes(run(fleet, file)) == [(1, "unchanged"), (2, "unchanged")]
    assert all_rows(fleet.database) == before


def test_what_is_due_ends_otherwise_or_is_for_an_earlier_key_is_replaced(fleet: Works) -> None:
    def again(**more: object) -> str:
        ((_, outcome),) = outcomes(run(fleet, line(**more)))
        return outcome

    assert again() == "provisioned"
    ends = (fleet.now + timedelta(days=100)).isoformat()
    assert (again(valid_until=ends), again(valid_until=ends)) == ("replaced", "unchanged")
    fleet.car()  # another key
    assert (again(), again()) == ("replaced", "unchanged")
    later = (fleet.now + timedelta(days=3000)).isoformat()
    assert again(valid_until=later) == "replaced"
    fleet.now += timedelta(days=340)
    fleet.renew_signers()
    fleet.refresh()
    assert (again(), again()) == ("replaced", "unchanged")


def test_a_dry_run_stores_nothing_and_says_what_would_be(fleet: Works) -> None:
    run(fleet, line())
    before = all_rows(fleet.database)
    file = (
        line()
        + line(OTHER_EMAID, OTHER_PCID)
        + line(OTHER_EMAID, "WP0nobody123456789")
        + line(pcid=OTHER_PCID)
        + line("DEABC012345678", OTHER_PCID)
    )
    reports = run(fleet, file, dry_run=True)
    assert outcomes(reports)[:4] == [
        (1, "unchanged"),
        (2, "provisioned"),
        (3, "vehicle_unknown"),
        (4, "emaid_used_by_another_vehicle"),
    ]
    assert all_rows(fleet.database) == before
    # and the run itself says the same of each
    assert outcomes(run(fleet, file)) == outcomes(reports)


def test_a_suspended_contract_is_refused(fleet: Works) -> None:
    run(fleet, line())
    fleet.suspend(PROVIDER, EMAID)
    for dry_run in (True, False):
        assert outcomes(run(fleet, line(), dry_run=dry_run)) == [(1, "contract_not_active")]


def test_only_providers_provision_and_only_what_is_theirs(fleet: Works) -> None:
    for who in (MAKER, OPERATOR):
        with pytest.raises(ServiceError, match="role"):
            run(fleet, line(), who)
    assert outcomes(run(fleet, line(), STRANGER)) == [(1, "not_your_provider")]
    assert fleet.contracts.find(Emaid.parse(EMAID)) is None
    assert outcomes(run(fleet, line(), ADMIN)) == [(1, "provisioned")]


def test_the_edition_of_a_line_counts(works: Works) -> None:
    works.found(KeyAlgorithm.P521).car(algorithm=KeyAlgorithm.P521)
    file = line() + line(schema="iso15118-20")
    assert outcomes(run(works, file)) == [(1, "vehicle_unknown"), (2, "provisioned")]


def test_two_files_at_once_in_opposite_order_leave_one_contract_each(fleet: Works) -> None:
    lines = [line(f"DEABCC{number:08}") for number in range(6)]
    results: list[list[LineReport]] = []
    start = threading.Barrier(2)

    def provision(file: bytes) -> None:
        start.wait()
        results.append(run(fleet, file))

    threads = [
        threading.Thread(target=provision, args=(b"".join(order),))
        for order in (lines, lines[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    pooled = fleet.pool.of_vehicle(Pcid.parse(PCID), Schema.ISO15118_2)
    assert len({one.data.emaid for one in pooled}) == len(pooled) == 6
    every: list[Any] = [report for reports in results for report in reports]
    # whoever lost a race over a new contract is told so, and runs the file again
    assert {report.code for report in every} <= {None, "contract_exists"}
    assert outcomes(run(fleet, b"".join(lines))) == [(at, "unchanged") for at in range(1, 7)]


def test_now_is_the_clocks(fleet: Works, now: datetime) -> None:
    """What was due by the machine's clock alone is not due."""
    run(fleet, line())
    fleet.now = now + timedelta(days=300)
    assert outcomes(run(fleet, line())) == [(1, "unchanged")]
