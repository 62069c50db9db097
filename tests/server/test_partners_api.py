"""`/v1/partners` and a question to a hub, through the whole application."""

import json
import secrets
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.store.tables import partner_references
from foundation.identifiers import Emaid
from tests.foundation.receivers import Receiver, answering, receiver
from tests.server.assembly import PARTNER, Application

SESSION = "b2688855-7f00-0002-6d8e-48d883f6abb6"


@pytest.fixture
def hub() -> Iterator[Receiver]:
    told = {
        "AuthorizationStatus": "Authorized",
        "SessionID": SESSION,
        "StatusCode": {"Code": "000"},
    }
    body = json.dumps(told).encode()
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with receiver(answering(answer)) as at:
        yield at


def put(application: Application, partner_id: str, body: object) -> Any:
    answer = application.ask("PUT", f"/v1/partners/{partner_id}", body, client="admin")
    application.see_partners()
    return answer


def test_a_partner_from_registration_to_removal(application: Application) -> None:
    given = {
        **PARTNER,
        "operator_ids": ["DEQQQ"],
        "priority": 7,
        "silence": {"accepted_a_day": 3, "minutes": 30, "energy_wh": 10000},
        "credentials": {"token": "s3cret-of-theirs"},
    }
    path = f"peer-{secrets.token_hex(4)}"
    made = put(application, path, given)
    assert made.status == 200, made
    assert b"s3cret" not in made.body
    assert "credentials" not in made.json
    shown = application.ask("GET", f"/v1/partners/{path}", client="auditor").json
    assert shown == made.json
    assert (shown["allowed_host"], shown["priority"]) == ("http://127.0.0.1:9999", 7)
    assert (shown["failures"], shown["left_alone_until"]) == (0, None)
    listed = application.ask("GET", "/v1/partners", client="admin").json["partners"]
    assert shown in listed
    assert put(application, path, given).json == made.json
    moved = put(application, path, {**given, "base_url": "http://127.0.0.1:9998"})
    assert (moved.status, moved.code) == (409, "partner_host_fixed")
    assert application.ask("DELETE", f"/v1/partners/{path}", client="admin").status == 204
    assert application.ask("GET", f"/v1/partners/{path}", client="admin").status == 404


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"protocol": "oicp-2.2"}, 400, "invalid_request"),
        ({"base_url": "http://10.0.0.1"}, 422, "partner_address"),
        ({"base_url": "http://127.0.0.1:22"}, 422, "partner_address"),
        ({"base_url": "http://127.0.0.1:9999/"}, 422, "invalid_partner"),
        ({"base_url": "https://a" + "a" * 600}, 400, "invalid_request"),
        ({"provider_ids": ["DE-ZZZ"]}, 400, "invalid_request"),
        ({"provider_ids": ["DEAAA"]}, 422, "provider_is_ours"),
        ({"provider_ids": ["DEZZZ"] * 501}, 400, "invalid_request"),
        ({"silence": {"accepted_a_day": 1}}, 422, "invalid_partner"),
        ({"silence": {"accepted_a_day": -1}}, 400, "invalid_request"),
        ({"priority": 1001}, 400, "invalid_request"),
        ({"credentials": {}}, 400, "invalid_request"),
        ({"credentials": {"token": "a b"}}, 422, "invalid_credentials"),
        ({"credentials": {"certificate_chain": "x"}}, 422, "invalid_credentials"),
        ({"unheard": 1}, 400, "invalid_request"),
    ],
)
def test_a_partner_that_cannot_be_meant_is_refused(
    application: Application, changed: dict[str, object], status: int, code: str
) -> None:
    before = application.rows()
    answer = put(application, "odd-one", {**PARTNER, **changed})
    assert (answer.status, answer.code) == (status, code)
    assert application.rows() == before


def test_a_card_of_somebody_else_s_is_asked_at_the_hub(
    application: Application, hub: Receiver
) -> None:
    things = application.things()
    body = {"protocol": "oicp-2.3", "base_url": f"http://127.0.0.1:{hub.port}", "is_default": True}
    partner_id = f"hub-{secrets.token_hex(4)}"
    assert put(application, partner_id, body).status == 200
    uid = secrets.token_hex(7).upper()
    asked = {
        "station_id": things.station_id,
        "identification": {"type": "rfid", "value": uid},
    }
    try:
        answer = application.ask("POST", "/v1/authorizations", asked, client="cpo").json
    finally:
        application.ask("DELETE", f"/v1/partners/{partner_id}", client="admin")
    assert (answer["outcome"], answer["evidence"]) == ("accepted", "rfid")
    head, _, sent = hub.requests[0].partition(b"\r\n\r\n")
    assert uid.encode() not in head
    assert json.loads(sent)["CPOPartnerSessionID"] == answer["reference"]
    with application.database.read() as connection:
        row = connection.execute(
            sa.select(partner_references).where(
                partner_references.c.reference == answer["reference"]
            )
        ).one()
    assert (row.partner_id, row.partner_reference, row.asked_us) == (partner_id, SESSION, False)
    read = application.ask("GET", f"/v1/authorizations/{answer['reference']}", client="cpo")
    assert read.json["outcome"] == "accepted"
    expected = {"partner_id": partner_id, "reference": SESSION, "asked_us": False}
    assert read.json["partner"] == expected


def test_nobody_waits_for_a_partner_that_hangs(application: Application) -> None:
    """Not even within the batch that the question came in."""
    things, answered = application.things(), threading.Event()

    def hangs(connection: socket.socket, _: bytes) -> None:
        answered.wait(3)  # until the driver of ours has an answer
        connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    def ask(identification: dict[str, str]) -> Any:
        asked = {"station_id": things.station_id, "identification": identification}
        return application.ask("POST", "/v1/authorizations", asked, client="cpo").json

    uid = secrets.token_hex(7).upper()
    path = f"/v1/contracts/{things.emaid}/access-methods"
    assert application.ask("POST", path, {"kind": "rfid", "uid": uid}, client="mo").status == 201
    told: list[Any] = []
    with receiver(hangs) as at:
        body = {"protocol": "oicp-2.3", "base_url": f"http://127.0.0.1:{at.port}"}
        put(application, "hanging", {**body, "is_default": True})
        card = {"type": "rfid", "value": secrets.token_hex(7)}
        slow = threading.Thread(target=lambda: told.append(ask(card)), daemon=True)
        slow.start()
        own = ask({"type": "rfid", "value": uid})
        before = list(told)
        answered.set()
        slow.join(5)
    application.ask("DELETE", "/v1/partners/hanging", client="admin")
    assert (own["outcome"], before) == ("accepted", [])
    [foreign] = told
    assert foreign["outcome"] == "unknown"
    assert foreign["reasons"][-1]["code"] == "partner_silent"


def test_own_contracts_are_decided_without_a_look_at_partners(
    application: Application, hub: Receiver
) -> None:
    things = application.things()
    body = {"protocol": "oicp-2.3", "base_url": f"http://127.0.0.1:{hub.port}", "is_default": True}
    partner_id = f"hub-{secrets.token_hex(4)}"
    put(application, partner_id, body)
    try:
        for identification in (
            {"type": "mac", "value": things.mac},
            {"type": "emaid", "value": Emaid.parse(things.free_emaid).canonical},
        ):
            application.ask(
                "POST",
                "/v1/authorizations",
                {"station_id": things.station_id, "identification": identification},
                client="cpo",
            )
    finally:
        application.ask("DELETE", f"/v1/partners/{partner_id}", client="admin")
    assert hub.requests == []
