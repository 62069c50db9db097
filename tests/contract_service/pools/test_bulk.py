"""Vehicles in bulk: each line alone, every line reported, nothing half-written."""

import base64
import csv
import io
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.vehicle import VehicleToPublish
from contract_service.model.vehicle_file import (
    MAXIMUM_RECORD_BYTES,
    VehicleRecord,
    read_vehicles,
)
from contract_service.operations.publish_vehicles import (
    BATCH,
    Outcome,
    PublishVehicles,
)
from exi.schema import Schema
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Pcid
from foundation.line_report import LineReport, bulk_report
from foundation.principal import Principal
from foundation.record_file import FileFormat
from tests.contract_service.pools.manufacturer import (
    ADMIN,
    OEM,
    OTHER_OEM,
    PCID,
    PROVIDER,
    VehiclePool,
    manufacturer,
    refusal,
)
from tests.pki.validation.authorities import Authority
from tests.pki.validation.test_chain_parser import pem

MAKER = manufacturer()
NEWER = manufacturer("", Schema.ISO15118_20)
LEAF = MAKER.vehicle()
OTHER_LEAF = MAKER.vehicle("WVWsecond12345678")
NAMESPACE_20 = "urn:iso:15118:20:2022:MsgDef"


def b64(der: bytes) -> str:
    return base64.b64encode(der).decode()


def members(leaf: Authority, write: Callable[[bytes], str] = b64, **more: object) -> dict[str, Any]:
    return {
        "vehicleCertificate": write(leaf.der),
        "subCA2Certificate": write(MAKER.sub_ca_2.der),
        "subCA1Certificate": write(MAKER.sub_ca_1.der),
        **more,
    }


def json_lines(*records: object) -> bytes:
    return b"".join(
        record if isinstance(record, bytes) else json.dumps(record).encode() + b"\n"
        for record in records
    )


def csv_file(*records: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for one in records for name in one)))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def records(file: bytes, file_format: FileFormat = FileFormat.JSON_LINES) -> list[VehicleRecord]:
    return list(read_vehicles(io.BytesIO(file), file_format))


def run(
    pool: VehiclePool,
    given: Sequence[VehicleRecord] | Iterator[VehicleRecord],
    who: Principal = OEM,
    *,
    dry_run: bool = False,
) -> list[LineReport]:
    publish = PublishVehicles(pool.publish.check, pool.open_work, pool.reader)
    return list(publish(who, given, dry_run=dry_run))


def outcomes(reports: Sequence[LineReport]) -> list[tuple[int, str]]:
    return [(report.line, report.code or report.outcome) for report in reports]


# the files


@pytest.mark.parametrize("write", [b64, pem])
@pytest.mark.parametrize("file_format", FileFormat)
def test_both_formats_hold_base64_and_pem(
    write: Callable[[bytes], str], file_format: FileFormat
) -> None:
    extra: dict[str, Any] = {"previousPcid": PCID, "xsdMsgDefNamespace": NAMESPACE_20}
    key_ids = ["45:B8", "0a"]
    if file_format is FileFormat.CSV:
        first = members(LEAF, write, v2gRootAuthorityKeyIdentifiers=" ".join(key_ids), **extra)
        file = csv_file(first, members(OTHER_LEAF, write))
    else:
        first = members(LEAF, write, v2gRootAuthorityKeyIdentifiers=key_ids, **extra)
        file = json_lines(first, members(OTHER_LEAF, write))
    one, other = records(file, file_format)
    assert one.vehicle == MAKER.publication(
        LEAF,
        schema=Schema.ISO15118_20,
        v2g_root_key_ids=("45b8", "0a"),
        previous_pcid=PCID,
    )
    assert other.vehicle == MAKER.publication(OTHER_LEAF)


def test_lines_are_numbered_from_where_a_record_begins() -> None:
    file = csv_file(members(LEAF, pem), members(OTHER_LEAF, pem))
    lines = file.split(b"\n")
    found = [record.line for record in records(file, FileFormat.CSV)]
    assert found[0] == 2
    assert found[1] > 20  # the first one's PEM runs over many lines
    assert lines[found[1] - 1].startswith(b'"-----BEGIN')
    blank = json_lines(b"\n", members(LEAF), b"  \r\n", members(OTHER_LEAF))
    assert [record.line for record in records(blank)] == [2, 4]


WRONG_LINES: list[tuple[object, str]] = [
    (b"{\n", "invalid_record"),
    (b"[]\n", "invalid_record"),
    (b"\xff\xfe\n", "invalid_record"),
    (b"[" * 5000 + b"\n", "invalid_record"),
    ({}, "invalid_record"),
    ({"vehicleCertificate": 7, "subCA1Certificate": "MIIB"}, "invalid_record"),
    (members(LEAF, colour="red"), "invalid_record"),
    (members(LEAF, xsdMsgDefNamespace="urn:x"), "invalid_record"),
    (members(LEAF, v2gRootAuthorityKeyIdentifiers=["zz"]), "invalid_record"),
    (members(LEAF, v2gRootAuthorityKeyIdentifiers=["aa"] * 11), "invalid_record"),
    (members(LEAF, v2gRootAuthorityKeyIdentifiers="aa"), "invalid_record"),
    (members(LEAF, vehicleCertificate="%"), "invalid_der"),
    (members(LEAF, vehicleCertificate=pem(LEAF.der) * 2), "certificate_not_single"),
    (members(LEAF, vehicleCertificate=pem(LEAF.der) * 100), "record_too_long"),
    (
        members(LEAF, vehicleCertificate="-----BEGIN EC PARAMETERS-----"),
        "certificate_chain_malformed",
    ),
    (b"x" * 1_000_000 + b"\n", "record_too_long"),
    (b"x" * (MAXIMUM_RECORD_BYTES + 1), "record_too_long"),
]


@pytest.mark.parametrize(("wrong", "code"), WRONG_LINES)
def test_a_line_that_cannot_be_read_stops_no_other(wrong: object, code: str) -> None:
    file = json_lines(members(LEAF), wrong)
    file += b"" if file.endswith(b"\n") else b"\n"
    before, broken, after = records(file + json_lines(members(OTHER_LEAF)))
    assert isinstance(broken.vehicle, Refused)
    assert (broken.line, broken.vehicle.code) == (2, code)
    assert before.vehicle == MAKER.publication(LEAF)
    assert after == VehicleRecord(3, MAKER.publication(OTHER_LEAF))


@pytest.mark.parametrize(
    "broken",
    [
        b'"never closed\n',
        b'a,"b\n',
        b"one value\n",
        b'"a""b,c\n',
        b"\xff,\xff,\xff\n",
        b"x" * 100_000 + b"\n",
        b'"' + b"y" * 100_000 + b'"\n',
    ],
)
@pytest.mark.parametrize("write", [b64, pem])
def test_a_csv_record_that_cannot_be_read_stops_no_other(
    broken: bytes, write: Callable[[bytes], str]
) -> None:
    one, other = csv_file(members(LEAF, write)), csv_file(members(OTHER_LEAF, write))
    rest = other.partition(b"\n")[2]
    found = records(one + broken + rest, FileFormat.CSV)
    read = [record.vehicle for record in found if isinstance(record.vehicle, VehicleToPublish)]
    assert read[0] == MAKER.publication(LEAF)
    assert any(isinstance(record.vehicle, Refused) for record in found)
    if write is b64:  # an open quote takes no more than its own line with it
        assert read == [MAKER.publication(LEAF), MAKER.publication(OTHER_LEAF)]


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\n",
        b"vehicleCertificate\n",
        b"vehicleCertificate,subCA1Certificate,colour\n",
        b"vehicleCertificate,subCA1Certificate,subCA1Certificate\n",
        b'"vehicleCertificate\n',
        b"\xff\n",
        b"v" * 20_000,
    ],
)
def test_a_csv_file_says_what_its_columns_are(header: bytes) -> None:
    with pytest.raises(ServiceError) as refused:
        records(header + b"MIIB,MIIB\n", FileFormat.CSV)
    assert (refused.value.kind, refused.value.code) == (Kind.MALFORMED, "invalid_header")


@given(st.binary(max_size=3000), st.sampled_from(FileFormat))
def test_any_bytes_are_records_or_refusals(file: bytes, file_format: FileFormat) -> None:
    head = b"vehicleCertificate,subCA1Certificate\n" if file_format is FileFormat.CSV else b""
    for record in records(head + file, file_format):
        assert 1 <= record.line <= file.count(b"\n") + 2
        assert isinstance(record.vehicle, VehicleToPublish | Refused)


@given(st.text('"\n,ab', max_size=400))
def test_quotes_and_line_ends_anywhere_lose_no_later_line(text: str) -> None:
    head = b"vehicleCertificate,subCA1Certificate\n"
    found = records(head + text.encode() + b"\n", FileFormat.CSV)
    starts = [record.line for record in found]
    assert starts == sorted(set(starts))


# publishing


def test_each_line_succeeds_or_fails_alone_and_is_reported(pool: VehiclePool) -> None:
    stranger = manufacturer("nobody trusts")
    file = json_lines(
        members(LEAF),
        b"rubbish\n",
        members(MAKER.vehicle("WBAanother1234567")),
        members(OTHER_LEAF),
        members(LEAF),
        members(stranger.vehicle("WVWthird123456789"[:17])),
    )
    reports = run(pool, records(file))
    assert outcomes(reports) == [
        (1, "added"),
        (2, "invalid_record"),
        (3, "not_your_wmi"),
        (4, "added"),
        (5, "unchanged"),
        (6, "chain_not_valid"),
    ]
    for report in reports:
        assert (report.outcome == Outcome.REFUSED) == (report.detail is not None)
    told = bulk_report(reports, Outcome, dry_run=False)
    assert (told["added"], told["unchanged"], told["refused"]) == (2, 1, 3)
    text = json.dumps(told).upper()
    assert PCID.upper() not in text
    assert "WBAANOTHER" not in text
    assert pool.event_types() == ["added", "added"]


def test_done_again_nothing_changes(pool: VehiclePool) -> None:
    file = json_lines(members(LEAF), members(OTHER_LEAF))
    run(pool, records(file))
    events = pool.events()
    assert outcomes(run(pool, records(file))) == [(1, "unchanged"), (2, "unchanged")]
    assert pool.events() == events


def test_a_dry_run_stores_nothing_and_says_what_would_be(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(OTHER_LEAF))
    file = json_lines(members(LEAF), members(OTHER_LEAF), b"{}\n")
    reports = run(pool, records(file), dry_run=True)
    assert outcomes(reports) == [(1, "added"), (2, "unchanged"), (3, "invalid_record")]
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2) is None
    assert pool.event_types() == ["added"]


def test_the_later_of_two_lines_of_one_pcid_counts_whatever_its_spelling(
    pool: VehiclePool,
) -> None:
    second = MAKER.vehicle(PCID.upper())
    assert outcomes(run(pool, records(json_lines(members(LEAF), members(second))))) == [
        (1, "added"),
        (2, "updated"),
    ]
    stored = pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2)
    assert stored is not None
    assert stored.certificate == second.der


def test_only_manufacturers_publish(pool: VehiclePool) -> None:
    for who in (PROVIDER, Principal("nobody", frozenset())):
        refused = refusal(partial(run, pool, records(json_lines(members(LEAF))), who))
        assert refused.code == "role_required"
    assert outcomes(run(pool, records(json_lines(members(LEAF))), OTHER_OEM)) == [
        (1, "not_your_wmi")
    ]
    assert outcomes(run(pool, records(json_lines(members(LEAF))), ADMIN)) == [(1, "added")]


def test_what_was_reported_stands_and_what_was_not_is_not_there(pool: VehiclePool) -> None:
    """The process dies in its second batch: its first stands, nothing is half there."""
    whole = [VehicleRecord(at, MAKER.publication(LEAF)) for at in range(1, BATCH + 1)]

    def dies() -> Iterator[VehicleRecord]:
        yield from whole
        yield VehicleRecord(BATCH + 1, MAKER.publication(OTHER_LEAF))
        raise KeyboardInterrupt

    publish = PublishVehicles(pool.publish.check, pool.open_work, pool.reader)
    reported: list[LineReport] = []
    with pytest.raises(KeyboardInterrupt):
        reported.extend(publish(OEM, dies()))  # keeps what came before
    assert len(reported) == BATCH
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2) is not None
    assert pool.reader.find(Pcid.parse("WVWsecond12345678"), Schema.ISO15118_2) is None
    assert pool.event_types() == ["added"]


def test_a_vehicle_that_is_being_deleted_stops_no_other_line(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))

    def refuses(_: Principal, __: Pcid) -> None:
        raise ServiceError(Kind.UNAVAILABLE, "later", "try later")

    refusal(partial(replace(pool.delete, vehicle_deleted=refuses), OEM, PCID))
    reports = run(pool, records(json_lines(members(LEAF), members(OTHER_LEAF))))
    assert outcomes(reports) == [(1, "vehicle_being_deleted"), (2, "added")]
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2) is None
    assert pool.event_types() == ["added", "deleted", "added"]


def test_two_files_at_once_in_opposite_order_wait_for_each_other_in_no_ring(
    pool: VehiclePool,
) -> None:
    leaves = [MAKER.vehicle(f"WVWring{number:010}") for number in range(12)]
    forwards = [
        VehicleRecord(at, MAKER.publication(leaf)) for at, leaf in enumerate(leaves, start=1)
    ]
    results: list[list[LineReport]] = []

    def publish(order: list[VehicleRecord]) -> None:
        results.append(run(pool, order))

    threads = [
        threading.Thread(target=publish, args=(order,))
        for order in (forwards, forwards[::-1], forwards, forwards[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    every = [report.outcome for reports in results for report in reports]
    assert every.count(Outcome.ADDED) == 12
    assert every.count(Outcome.UNCHANGED) == 36
