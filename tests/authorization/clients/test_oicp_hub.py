"""OICP 2.3 as a CPO, against small real servers on loopback: well behaved, and otherwise."""

import ipaddress
import json
import socket
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from authorization.clients.oicp import AskOicpHub, load_code_table, parse_code_table
from authorization.clients.partner_calls import PartnerCalls
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerQuestion,
    Silence,
    SilenceReason,
)
from authorization.operations.roaming_ports import Credentials
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvseId
from tests.authorization.partners import APP, CARD, FOREIGN, PLACE, POLICY, partner, question
from tests.foundation.receivers import Behave, Receiver, answering, receiver

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
SESSION = "b2688855-7f00-0002-6d8e-48d883f6abb6"
AUTHORIZED: dict[str, Any] = {
    "AuthorizationStatus": "Authorized",
    "SessionID": SESSION,
    "CPOPartnerSessionID": question().reference,
    "ProviderID": "DE-GDF",
    "StatusCode": {"Code": "000", "Description": "Success"},
}
UNREADABLE = Silence(SilenceReason.UNREADABLE)


class Stored:
    def __init__(self, credentials: Credentials | None = None) -> None:
        self.stored = credentials

    def credentials(self, partner_id: str) -> Credentials | None:
        return self.stored


def http(body: object, status: str = "200 OK") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


def ask(
    behave: Behave | object,
    asked: PartnerQuestion | None = None,
    credentials: Credentials | None = None,
) -> tuple[PartnerAnswer | Silence, Receiver]:
    doing: Behave = behave if callable(behave) else answering(http(behave))
    with receiver(doing) as at:
        hub = partner(base_url=f"http://127.0.0.1:{at.port}/hub")
        calls = PartnerCalls(Stored(credentials), POLICY, LOOPBACK)
        return AskOicpHub(calls, load_code_table())(hub, asked or question()), at


def sent(at: Receiver) -> tuple[list[str], Any]:
    head, _, body = at.requests[0].partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), json.loads(body)


def refused(code: str, **more: object) -> dict[str, object]:
    return {"AuthorizationStatus": "NotAuthorized", "StatusCode": {"Code": code}, **more}


def test_the_question_is_oicp_s_to_the_letter() -> None:
    evse_id = EvseId.parse("DE*ABC*E1*2")
    said, at = ask(AUTHORIZED, question(evse_id=evse_id), Credentials(token="abc"))
    assert said == PartnerAnswer(Outcome.ACCEPTED, SESSION, provider_id="DEGDF")
    head, body = sent(at)
    assert head[0] == "POST /hub/api/oicp/charging/v21/operators/DE*ABC/authorize/start HTTP/1.1"
    assert "Authorization: Bearer abc" in head
    assert "Content-Type: application/json" in head
    assert body == {
        "CPOPartnerSessionID": "r" * 36,
        "OperatorID": "DE*ABC",
        "EvseID": "DEABCE12",
        "Identification": {"PlugAndChargeIdentification": {"EvcoID": "DEGDFC123456783"}},
    }


def test_a_din_id_goes_out_in_its_iso_form_with_the_check_digit() -> None:
    _, at = ask(AUTHORIZED, question(Emaid.parse("DE*8EO*Aet5e4*9")))
    named = sent(at)[1]["Identification"]["PlugAndChargeIdentification"]["EvcoID"]
    assert (len(named), named[:7]) == (15, "DE8EOC0")


def test_a_card_is_asked_by_its_uid() -> None:
    said, at = ask(AUTHORIZED, question(CARD))
    assert isinstance(said, PartnerAnswer)
    identification = sent(at)[1]["Identification"]
    assert identification == {"RFIDMifareFamilyIdentification": {"UID": "04A2B3C4"}}


def test_a_station_with_several_evses_does_not_say_which() -> None:
    for evses in ((), ("DEABCE1", "DEABCE2")):
        place = replace(PLACE, evses=evses)
        _, at = ask(AUTHORIZED, question(place=place))
        assert "EvseID" not in sent(at)[1]


@pytest.mark.parametrize(
    "subject",
    [
        APP,
        replace(CARD, uid=replace(CARD.uid, key="98ED5CB9BE31")),  # 12 digits: a MAC, no card
        replace(CARD, uid=replace(CARD.uid, key="ABCDEFGH")),
        Emaid.parse("DE-GDF-012345678"),  # no C where OICP's ISO form has one
        Emaid.parse("DE*8EO*Aet5e4*X"),  # wrong check digit: it has no ISO form
    ],
)
def test_what_oicp_has_no_words_for_is_not_sent(subject: Any) -> None:
    said, at = ask(AUTHORIZED, question(subject))
    assert said == Silence(SilenceReason.NOT_ASKABLE)
    assert at.requests == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("000", Outcome.INVALID),
        ("018", Outcome.NOT_ALLOWED_HERE),
        ("019", Outcome.INVALID),
        ("102", Outcome.UNKNOWN),
        ("105", Outcome.UNKNOWN),
        ("106", Outcome.UNKNOWN),
        ("120", Outcome.UNKNOWN),
        ("121", Outcome.INVALID),
        ("200", Outcome.BLOCKED),
        ("210", Outcome.INVALID),
        ("300", Outcome.UNKNOWN),
        ("400", Outcome.INVALID),
    ],
)
def test_a_refusal_by_its_code(code: str, outcome: Outcome) -> None:
    assert ask(refused(code))[0] == PartnerAnswer(outcome)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("001", SilenceReason.FAILED),
        ("017", SilenceReason.NOT_AUTHENTICATED),
        ("021", SilenceReason.FAILED),
        ("122", SilenceReason.UNREACHED),
        ("310", SilenceReason.UNREACHED),
        ("999", SilenceReason.UNREADABLE),
    ],
)
def test_http_200_with_an_error_inside_is_silence(code: str, reason: SilenceReason) -> None:
    assert ask(refused(code))[0] == Silence(reason)
    assert ask({"StatusCode": {"Code": code}, "message": "no"})[0] == Silence(reason)


@pytest.mark.parametrize(
    "told",
    [
        {**AUTHORIZED, "StatusCode": {"Code": "210"}},  # yes and no at once
        {**AUTHORIZED, "StatusCode": {"Code": "001"}},
        {**AUTHORIZED, "SessionID": None},  # no session to settle by
        {**AUTHORIZED, "SessionID": "1"},
        {**AUTHORIZED, "SessionID": SESSION + "0" * 100},
        {**AUTHORIZED, "CPOPartnerSessionID": "an older question's"},  # mixed up, or a replay
        {**AUTHORIZED, "AuthorizationStatus": "authorized"},
        {**AUTHORIZED, "AuthorizationStatus": True},
        {**AUTHORIZED, "StatusCode": None},
        {**AUTHORIZED, "StatusCode": {"Code": 0}},
        {**AUTHORIZED, "ProviderID": "DE-GDF-C12345678"},
        {"Result": True, "StatusCode": {"Code": "000"}},  # an acknowledgement authorises nobody
        {},
        [AUTHORIZED],
        "Authorized",
        b"",
        b"<html>Authorized</html>",
        b'{"AuthorizationStatus":"Authorized"',
        b"\xff\xfe",
        b"[" * 2000,
    ],
)
def test_an_answer_that_is_none(told: object) -> None:
    answer: Any = answering(http(told)) if isinstance(told, bytes) else told
    assert ask(answer)[0] == UNREADABLE


def test_a_hub_that_answers_for_another_evcoid() -> None:
    other = {"PlugAndChargeIdentification": {"EvcoID": "DE-GDF-C87654321-0"}}
    own = {"PlugAndChargeIdentification": {"EvcoID": "DE-GDF-C12345678-3"}}
    card = {"RFIDMifareFamilyIdentification": {"UID": "04A2B3C4"}}
    answers = {
        "other": [other],
        "own": [card, other, own],
        "card": [card],
    }
    named = {}
    for name, stops in answers.items():
        said, _ = ask({**AUTHORIZED, "AuthorizationStopIdentifications": stops})
        assert isinstance(said, PartnerAnswer)
        named[name] = said.evcoid
    assert named == {"other": Emaid.parse("DEGDFC876543210"), "own": FOREIGN, "card": None}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", SilenceReason.NOT_AUTHENTICATED),
        ("403 Forbidden", SilenceReason.NOT_AUTHENTICATED),
        ("404 Not Found", SilenceReason.UNREADABLE),
        ("400 Bad Request", SilenceReason.UNREADABLE),
        ("429 Too Many Requests", SilenceReason.FAILED),
        ("500 Internal Server Error", SilenceReason.FAILED),
        ("503 Service Unavailable", SilenceReason.FAILED),
    ],
)
def test_an_http_status_that_is_no_success_accepts_nobody(
    status: str, reason: SilenceReason
) -> None:
    assert ask(answering(http(AUTHORIZED, status)))[0] == Silence(reason)


def test_a_redirect_is_not_followed() -> None:
    with receiver(answering(http(AUTHORIZED))) as elsewhere:
        moved = (
            f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\n"
            "Content-Length: 0\r\n\r\n"
        ).encode()
        assert ask(answering(moved))[0] == UNREADABLE
    assert elsewhere.requests == []


def fifty_megabytes(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n" + b" " * 65536)


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")


def one_byte_now_and_then(connection: socket.socket, _: bytes) -> None:
    with suppress(OSError):
        for byte in http(AUTHORIZED):
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


def hangs_up(connection: socket.socket, _: bytes) -> None:
    connection.sendall(http(AUTHORIZED)[:-20])


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (fifty_megabytes, SilenceReason.UNREADABLE),
        (endless, SilenceReason.UNREADABLE),
        (one_byte_now_and_then, SilenceReason.TIMED_OUT),
        (hangs_up, SilenceReason.UNREADABLE),
    ],
)
def test_a_partner_that_misbehaves_costs_bounded_time(
    behave: Behave, reason: SilenceReason
) -> None:
    began = time.monotonic()
    assert ask(behave)[0] == Silence(reason)
    assert time.monotonic() - began < POLICY.total.total_seconds() + 1.0


def test_nobody_there() -> None:
    with receiver(answering(b"")) as at:
        port = at.port
    hub = partner(base_url=f"http://127.0.0.1:{port}")
    for networks in (LOOPBACK, []):  # a private address is never called
        calls = PartnerCalls(Stored(), POLICY, networks)
        said = AskOicpHub(calls, load_code_table())(hub, question())
        assert said == Silence(SilenceReason.NOT_CONNECTED)


def test_no_call_goes_to_another_host_or_with_credentials_that_cannot_be_opened() -> None:
    class Broken(Stored):
        def credentials(self, partner_id: str) -> Credentials | None:
            raise ServiceError(Kind.UNAVAILABLE, "sealed_blob_unreadable", "no")

    with receiver(answering(http(AUTHORIZED))) as at:
        hub = partner(base_url=f"http://127.0.0.1:{at.port}")
        elsewhere = f"http://localhost:{at.port}/"
        said = PartnerCalls(Stored(), POLICY, LOOPBACK).post(hub, elsewhere, b"{}")
        assert said == Silence(SilenceReason.NOT_ASKABLE)
        said = PartnerCalls(Broken(), POLICY, LOOPBACK).post(hub, hub.base_url, b"{}")
        assert said == Silence(SilenceReason.NOT_ASKABLE)
    assert at.requests == []


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"refusals": {"000": "accepted"}, "silence": {}},
        {"refusals": {"000": "nonsense"}, "silence": {}},
        {"refusals": {"000": "invalid"}, "silence": {"000": "failed"}},
        {"refusals": {}, "silence": {"001": "accepted"}},
    ],
)
def test_nonsense_in_the_code_table_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_code_table(raw)
