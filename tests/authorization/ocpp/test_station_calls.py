"""What waits for stations: in order, bounded, answered once, given up in time."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.store.tables import station_calls
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR
from server.wiring_web import WebServices
from tests.authorization.chains import make
from tests.authorization.ocpp import published
from tests.authorization.ocpp.assembly import Csms, new_csms, pem_csr
from tests.authorization.store.test_stations import at_once
from tests.server.assembly import THEIRS

ROOT = make("A root").pem
HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab" * 32,
    "issuerKeyHash": "cd" * 32,
    "serialNumber": "1f",
}
INSTALL = {"certificateType": "V2GRootCertificate", "certificate": ROOT}
QUEUED: list[tuple[str, dict[str, Any]]] = [
    ("InstallCertificate", INSTALL),
    ("DeleteCertificate", {"certificateHashData": HASH}),
    ("GetInstalledCertificateIds", {}),
    ("GetInstalledCertificateIds", {"certificateType": ["V2GCertificateChain"]}),
]
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_calls_wait_in_order_as_the_station_understands_them(csms: Csms, version: str) -> None:
    made = []
    for action, payload in QUEUED:
        answer = csms.queue(action, payload, version)
        assert answer.status == 201, answer
        made.append(answer.json)
    assert csms.calls() == made
    for call, (action, payload) in zip(made, QUEUED, strict=True):
        assert published.errors(version, call["action"], call["payload"]) == []
        if version == "1.6":
            assert call["action"] == "DataTransfer"
            assert call["payload"]["vendorId"] == "org.openchargealliance.iso15118pnc"
            assert call["payload"]["messageId"] == action
            inner = json.loads(call["payload"]["data"])
            assert published.errors("2.0.1", action, inner) == []
            assert inner == payload
        else:
            assert (call["action"], call["payload"]) == (action, payload)


def test_only_21_knows_oem_roots(csms: Csms) -> None:
    payload = INSTALL | {"certificateType": "OEMRootCertificate"}
    assert csms.queue("InstallCertificate", payload, "2.1").status == 201
    refused = csms.queue("InstallCertificate", payload, "2.0.1")
    assert refused.status == 400
    assert "payload.certificateType" in refused.json["fields"]


def test_the_same_call_is_not_queued_twice(csms: Csms) -> None:
    first = csms.queue("InstallCertificate", INSTALL)
    assert csms.queue("InstallCertificate", INSTALL).json == first.json
    assert csms.calls() == [first.json]
    csms.answer(first.json["id"], {"status": "Failed"})
    again = csms.queue("InstallCertificate", INSTALL)
    assert again.json["id"] != first.json["id"]


def test_at_once_it_is_queued_once(csms: Csms) -> None:
    ends = at_once(*[lambda: csms.queue("InstallCertificate", INSTALL)] * 8)
    assert ends == ["done"] * 8
    assert len(csms.calls()) == 1


@pytest.mark.parametrize(
    ("action", "payload", "named"),
    [
        ("InstallCertificate", {}, "payload.certificate"),
        ("InstallCertificate", INSTALL | {"certificateType": "Other"}, "payload.certificateType"),
        ("InstallCertificate", INSTALL | {"certificate": "x"}, "payload.certificate"),
        ("InstallCertificate", INSTALL | {"certificate": ROOT + ROOT}, "payload.certificate"),
        ("InstallCertificate", INSTALL | {"certificate": ROOT[:-90]}, "payload.certificate"),
        ("InstallCertificate", INSTALL | {"certificate": "x" * 5501}, "payload.certificate"),
        ("InstallCertificate", INSTALL | {"more": 1}, "payload.more"),
        ("DeleteCertificate", {}, "payload.certificateHashData"),
        (
            "DeleteCertificate",
            {"certificateHashData": HASH | {"serialNumber": "x"}},
            "payload.certificateHashData.serialNumber",
        ),
        ("GetInstalledCertificateIds", {"certificateType": []}, "payload.certificateType"),
        ("GetInstalledCertificateIds", {"certificateType": ["x"]}, "payload.certificateType.0"),
        ("CertificateSigned", {"certificateChain": ROOT}, "action"),
        ("Reset", {}, "action"),
    ],
)
def test_only_what_a_station_could_read_is_queued(
    csms: Csms, action: str, payload: object, named: str
) -> None:
    answer = csms.queue(action, payload)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert named in answer.json["fields"]
    assert csms.calls() == []


def test_a_station_has_so_many_calls_and_no_more(csms: Csms) -> None:
    def delete(number: int) -> int:
        data = HASH | {"serialNumber": f"{number:x}"}
        return csms.queue("DeleteCertificate", {"certificateHashData": data}).status

    assert {delete(number) for number in range(32)} == {201}
    refused = csms.queue("GetInstalledCertificateIds", {})
    assert (refused.status, refused.code) == (409, "too_many_calls")
    assert delete(3) == 201  # which waits already
    # a certificate is not kept from a station by what its operator queues
    csms.answered("2.0.1", "SignCertificate", {"csr": pem_csr()})
    waiting = csms.calls()
    assert len(waiting) == 33
    csms.answer(waiting[0]["id"], {"status": "Accepted"})
    assert csms.queue("GetInstalledCertificateIds", {}).status == 201


@pytest.mark.parametrize(
    ("action", "payload", "answer", "state"),
    [
        ("InstallCertificate", INSTALL, {"status": "Accepted"}, "accepted"),
        ("InstallCertificate", INSTALL, {"status": "Failed"}, "rejected"),
        ("DeleteCertificate", QUEUED[1][1], {"status": "NotFound"}, "rejected"),
        (
            "GetInstalledCertificateIds",
            {},
            {
                "status": "Accepted",
                "certificateHashDataChain": [
                    {
                        "certificateType": "V2GCertificateChain",
                        "certificateHashData": HASH,
                        "childCertificateHashData": [HASH, HASH],
                    }
                ],
            },
            "accepted",
        ),
        (
            "InstallCertificate",
            INSTALL,
            {"errorCode": "NotImplemented", "errorDescription": "no", "errorDetails": {}},
            "rejected",
        ),
    ],
)
def test_a_stations_answer_is_kept(
    csms: Csms, action: str, payload: object, answer: dict[str, Any], state: str
) -> None:
    call_id = csms.queue(action, payload).json["id"]
    if "errorCode" not in answer:
        assert published.errors("2.0.1", action, answer, response=True) == []
    for _ in range(2):  # telling it again changes nothing
        told = csms.answer(call_id, answer)
        assert told.status == 200, told
        assert (told.json["state"], told.json["answer"]) == (state, answer)
    assert csms.shown(call_id) == told.json
    assert csms.calls() == []
    other = csms.answer(call_id, {"errorCode": "InternalError"})
    assert (other.status, other.code) == (409, "call_answered")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"status": "Accepted", "data": '{"status":"Accepted"}'}, "accepted"),
        ({"status": "Accepted", "data": '{"status":"Rejected"}'}, "rejected"),
        ({"status": "UnknownVendorId"}, "rejected"),
        ({"status": "Rejected", "data": "whatever"}, "rejected"),
        ({"errorCode": "NotSupported"}, "rejected"),
    ],
)
def test_an_answer_over_ocpp_16(csms: Csms, answer: dict[str, Any], state: str) -> None:
    csms.transferred("SignCertificate", {"csr": pem_csr()})
    call_id = csms.call()["id"]
    assert csms.answer(call_id, answer).json["state"] == state


@pytest.mark.parametrize(
    ("version", "answer", "named"),
    [
        ("2.0.1", {}, "status"),
        ("2.0.1", {"status": "NotFound"}, "status"),
        ("2.0.1", {"status": "Accepted", "data": "{}"}, "data"),
        ("2.0.1", {"status": "Accepted", "statusInfo": {}}, "statusInfo.reasonCode"),
        ("2.0.1", {"errorCode": "x", "status": "Accepted"}, "status"),
        ("1.6", {"status": "Accepted"}, "data"),
        ("1.6", {"status": "Accepted", "data": "[]"}, "data"),
        ("1.6", {"status": "Accepted", "data": '{"status":"Failed!"}'}, "data.status"),
        ("1.6", {"status": "Failed"}, "status"),
    ],
)
def test_an_answer_off_the_schema_leaves_the_call_waiting(
    csms: Csms, version: str, answer: dict[str, Any], named: str
) -> None:
    call_id = csms.queue("InstallCertificate", INSTALL, version).json["id"]
    refused = csms.answer(call_id, answer)
    assert (refused.status, refused.code) == (400, "invalid_request")
    assert named in refused.json["fields"]
    assert csms.shown(call_id)["state"] == "waiting"


@pytest.mark.parametrize("text", ["\x00", "\u202e<script>", "'; DROP TABLE", "ä" * 1024])
def test_whatever_a_station_writes_is_kept_as_text(csms: Csms, text: str) -> None:
    call_id = csms.queue("InstallCertificate", INSTALL).json["id"]
    answer = {"status": "Failed", "statusInfo": {"reasonCode": "x", "additionalInfo": text}}
    assert csms.answer(call_id, answer).json["answer"] == answer
    assert csms.shown(call_id)["answer"] == answer


def test_two_answers_at_once_are_one(csms: Csms) -> None:
    call_id = csms.queue("InstallCertificate", INSTALL).json["id"]
    statuses = ["Accepted", "Rejected", "Failed", "Accepted"]
    ends: list[int] = []

    def answering(status: str) -> None:
        ends.append(csms.answer(call_id, {"status": status}).status)

    at_once(*[lambda status=status: answering(status) for status in statuses])
    assert set(ends) <= {200, 409}
    final = csms.shown(call_id)["answer"]["status"]
    assert ends.count(200) == statuses.count(final)


def test_each_sees_its_own_stations_calls(csms: Csms) -> None:
    theirs = new_csms(csms.application, operator=THEIRS)
    call_id = csms.queue("InstallCertificate", INSTALL).json["id"]
    ask = csms.application.ask
    for client in ("other_cpo", "mo", "oem", "cps"):
        for method, path, body in (
            ("GET", csms.path, None),
            ("GET", f"{csms.path}/{call_id}", None),
            ("POST", f"{csms.path}/{call_id}", {"status": "Accepted"}),
            ("POST", csms.path, {"ocpp_version": "2.1", "action": QUEUED[2][0], "payload": {}}),
        ):
            refused = ask(method, path, body, client=client)
            assert (refused.status, refused.code) == (403, "station_not_yours"), (client, path)
    # by way of one's own station, another's call is not found
    for path in (f"{theirs.path}/{call_id}", f"{theirs.path}/{UNKNOWN}"):
        assert ask("GET", path, client="other_cpo").code == "call_not_found"
        answer = ask("POST", path, {"status": "Accepted"}, client="other_cpo")
        assert (answer.status, answer.code) == (404, "call_not_found")
    assert ask("GET", csms.path, client="auditor").json == csms.calls()
    assert ask("GET", f"{csms.path}/{call_id}", client="auditor").status == 200
    refused = ask("POST", f"{csms.path}/{call_id}", {"status": "Accepted"}, client="auditor")
    assert refused.status == 403
    assert csms.shown(call_id)["state"] == "waiting"


def test_calls_outlive_the_process(csms: Csms) -> None:
    call = csms.queue("InstallCertificate", INSTALL).json
    services = csms.application.services
    fresh = WebServices(
        services.settings, database=services.database, installation=services.installation
    )
    (found,) = fresh.call_operations.list(LOCAL_ADMINISTRATOR, csms.station_id)
    assert (found.call_id, found.message.payload) == (call["id"], call["payload"])


def events_of(csms: Csms) -> list[tuple[str, str]]:
    with csms.application.database.read() as connection:
        rows = connection.execute(
            sa.select(outbox.c.type, outbox.c.subject)
            .where(outbox.c.type.like("station_call.%"))
            .order_by(outbox.c.id)
        ).all()
    return [
        (row.type, row.subject["call_id"])
        for row in rows
        if row.subject["station_id"] == csms.station_id
    ]


def test_calls_are_given_up_and_forgotten_in_time(csms: Csms) -> None:
    long = csms.queue("InstallCertificate", INSTALL).json["id"]
    short = csms.queue("GetInstalledCertificateIds", {}).json["id"]

    later = csms.later(8)
    (waiting,) = later.call_operations.list(LOCAL_ADMINISTRATOR, csms.station_id)
    assert waiting.call_id == long  # even before anything marked the other one
    assert later.expire_calls(later.clock()) >= 1
    assert [call["id"] for call in csms.calls("expired")] == [short]
    later.expire_calls(later.clock())
    assert events_of(csms) == [
        ("station_call.queued", long),
        ("station_call.queued", short),
        ("station_call.expired", short),
    ]
    # a late answer is what the station did, whatever we gave up
    assert csms.answer(short, {"status": "Accepted"}).json["state"] == "accepted"

    later = csms.later(31)
    later.expire_calls(later.clock())
    assert csms.shown(long)["state"] == "expired"
    much_later = csms.later(31 + 91)
    much_later.expire_calls(much_later.clock())
    with csms.application.database.read() as connection:
        kept = connection.execute(
            sa.select(sa.func.count())
            .select_from(station_calls)
            .where(station_calls.c.station_id == csms.station_id)
        ).scalar_one()
    assert kept == 0


def test_a_certificate_is_not_delivered_after_its_end(csms: Csms) -> None:
    csms.answered("2.0.1", "SignCertificate", {"csr": pem_csr()})
    shown = csms.shown(csms.call()["id"])
    assert shown["created_at"] < shown["expires_at"]
    assert csms.later(31).call_operations.list(LOCAL_ADMINISTRATOR, csms.station_id) == ()
