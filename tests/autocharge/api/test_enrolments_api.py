"""`/v1/autocharge/enrolments` over HTTP, in an application with the service's error documents."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient

from autocharge.api.enrolments import EnrolmentOperations, enrolments_blueprint
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from server.app import create_application, current_principal
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    EVCCID20_SPELLINGS,
    MAC_SPELLINGS,
    OPERATOR,
    OTHER_EMAID,
    PROVIDER,
    STRANGER,
    VIN_SPELLINGS,
    Autocharge,
)

CLIENTS = {
    principal.client_id: principal for principal in (PROVIDER, STRANGER, OPERATOR, AUDITOR, ADMIN)
}
PATH = "/v1/autocharge/enrolments"
PROVIDER_PATH = "/v1/autocharge/providers/{provider_id}"
ENROLMENT = {"emaid": EMAID, "type": "mac", "value": MAC_SPELLINGS[0]}
Ask = Callable[..., Any]


def _authenticate(token: str) -> Principal:
    try:
        return CLIENTS[token]
    except KeyError:
        raise ServiceError(Kind.UNAUTHENTICATED, "token_invalid", "get a new token") from None


@pytest.fixture
def client(autocharge: Autocharge) -> FlaskClient:
    operations = EnrolmentOperations(
        enrol=autocharge.enrol,
        list=autocharge.list,
        set_state=autocharge.set_state,
        remove=autocharge.remove,
        replace=autocharge.replace,
        set_precedence=autocharge.set_precedence,
        switch_vehicle=autocharge.switch_vehicle,
        choose=autocharge.choose,
        history=autocharge.history,
    )
    app = create_application(
        version="0",
        public_url="http://localhost",
        authenticate=_authenticate,
        ready=list,
        blueprints=[enrolments_blueprint(operations, current_principal)],
        with_management=True,
    )
    return app.test_client()


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    def ask(method: str, path: str, body: object = None, who: Principal = PROVIDER) -> Any:
        headers = {"Authorization": f"Bearer {who.client_id}"}
        if body is None:
            return client.open(path, method=method, headers=headers)
        return client.open(path, method=method, headers=headers, json=body)

    return ask


def _code(response: Response) -> tuple[int, str]:
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    return response.status_code, problem["code"]


@pytest.mark.parametrize(
    ("named", "spellings", "shown"),
    [
        ("mac", MAC_SPELLINGS, ("mac", "…BE31")),
        ("evccid", EVCCID20_SPELLINGS, ("evccid20", "…7789")),
        ("vin", VIN_SPELLINGS, ("vin", "…2788")),
    ],
)
def test_an_enrolment_through_its_life(
    ask: Ask, named: str, spellings: tuple[str, ...], shown: tuple[str, str]
) -> None:
    created = [
        ask("POST", PATH, {"emaid": EMAID, "type": named, "value": text}) for text in spellings
    ]
    assert {response.status_code for response in created} == {201}
    body = created[0].get_json()
    assert all(response.get_json() == body for response in created)
    assert (body["type"], body["emaid"], body["status"]) == (shown[0], "DEABCC12345678", "active")
    one = f"{PATH}/{body['enrolment_id']}"
    listed = ask("GET", one).get_json()
    pseudonym = listed["pseudonym"]
    assert listed == {"enrolment": body, "masked_identifier": shown[1], "pseudonym": pseudonym}
    assert len(pseudonym) == 26
    assert ask("GET", PATH).get_json() == {"enrolments": [listed], "next": None}
    assert ask("POST", f"{one}/suspend").get_json()["status"] == "suspended"
    assert ask("POST", f"{one}/resume").get_json()["status"] == "active"
    assert ask("DELETE", one).status_code == 204
    assert _code(ask("GET", one)) == (404, "enrolment_unknown")
    assert _code(ask("DELETE", one)) == (404, "enrolment_unknown")


def test_two_owners_of_one_mac(ask: Ask) -> None:
    ask("POST", PATH, ENROLMENT)
    second = {"emaid": OTHER_EMAID, "type": "evccid", "value": MAC_SPELLINGS[4]}
    refused = ask("POST", PATH, second, who=STRANGER)
    assert _code(refused) == (409, "identifier_enrolled")
    assert "DEABC" not in refused.text


def test_strangers_learn_nothing(ask: Ask) -> None:
    known = ask("POST", PATH, ENROLMENT).get_json()["enrolment_id"]
    assert _code(ask("POST", PATH, ENROLMENT, who=STRANGER)) == (403, "not_your_provider")
    for who in (STRANGER, OPERATOR):
        for enrolment_id in (known, str(uuid.uuid4())):
            for method, action in (
                ("GET", ""),
                ("POST", "/suspend"),
                ("POST", "/resume"),
                ("DELETE", ""),
            ):
                refused = ask(method, f"{PATH}/{enrolment_id}{action}", who=who)
                assert _code(refused) == (404, "enrolment_unknown")
    assert ask("GET", PATH, who=STRANGER).get_json()["enrolments"] == []
    assert ask("GET", PATH, who=OPERATOR).status_code == 403
    assert ask("GET", f"{PATH}/{known}").get_json()["enrolment"]["status"] == "active"


def test_nobody_is_let_in_without_a_token(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 401
    assert client.post(PATH, json=ENROLMENT).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"emaid": None},
        {"emaid": "nonsense at all"},
        {"type": "pcid"},
        {"type": None},
        {"value": None},
        {"value": 98},
        {"value": ["98ed5cb9be31"]},
        {"value": ""},
        {"value": "000000000000"},
        {"value": "FFFFFFFFFFFF"},
        {"value": "98ed5cb9be3g"},
        {"value": "98ed5cb9be31\x00"},
        {"value": "98ed5cb9be\ud800x"},
        {"value": "9" * 10_000},
        {"type": "vin", "value": "98ed5cb9be31"},
        {"vin": "1M8GDM9AXKP042788"},
    ],
)
def test_what_is_malformed_is_refused_and_not_repeated(ask: Ask, change: dict[str, object]) -> None:
    refused = ask("POST", PATH, {**ENROLMENT, **change})
    assert refused.status_code == 400
    assert refused.content_type == "application/problem+json"
    assert "98ed" not in refused.text.lower()
    assert "999999" not in refused.text
    assert ask("GET", PATH).get_json()["enrolments"] == []


@pytest.mark.parametrize("wrong", ["x", "%00" * 36, "%ED%A0%80" * 12, "A" * 36, "0" * 10_000])
def test_what_is_no_id_is_refused(ask: Ask, wrong: str) -> None:
    for method, path in (
        ("GET", f"{PATH}/{wrong}"),
        ("DELETE", f"{PATH}/{wrong}"),
        ("POST", f"{PATH}/{wrong}/suspend"),
        ("GET", f"{PATH}?after={wrong}"),
        ("GET", f"{PATH}?emaid={wrong}"),
        ("GET", f"{PATH}?limit={wrong}"),
    ):
        assert ask(method, path).status_code == 400


def test_a_contract_that_does_not_stand_is_refused(ask: Ask) -> None:
    refused = ask("POST", PATH, {**ENROLMENT, "emaid": "DEABCC99999999"})
    assert _code(refused) == (422, "contract_not_active")


def test_no_route_takes_an_identifier_in_its_address(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    mine = {path: methods for path, methods in paths.items() if path.startswith("/v1/autocharge")}
    assert {(path, method) for path, methods in mine.items() for method in methods} == {
        (PATH, "post"),
        (PATH, "get"),
        (f"{PATH}/{{enrolment_id}}", "get"),
        (f"{PATH}/{{enrolment_id}}", "delete"),
        (f"{PATH}/{{enrolment_id}}/suspend", "post"),
        (f"{PATH}/{{enrolment_id}}/resume", "post"),
        (f"{PATH}/{{enrolment_id}}/replace", "post"),
        (f"{PATH}/{{enrolment_id}}/precedence", "put"),
        (f"{PATH}/{{enrolment_id}}/vehicle", "put"),
        (f"{PATH}/{{enrolment_id}}/history", "get"),
        (PROVIDER_PATH, "get"),
        (PROVIDER_PATH, "put"),
    }
    parameters = {
        parameter["name"]
        for methods in mine.values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
    }
    assert parameters == {"enrolment_id", "emaid", "after", "limit", "reason", "provider_id"}


def test_the_history_outlives_the_enrolment(ask: Ask) -> None:
    enrolment_id = ask("POST", PATH, ENROLMENT).get_json()["enrolment_id"]
    one = f"{PATH}/{enrolment_id}"
    ask("POST", f"{one}/suspend?reason=fraud_suspected")
    ask("DELETE", f"{one}?reason=vehicle_sold")
    shown = ask("GET", f"{one}/history").get_json()
    assert [
        (line["event"], line["from"], line["to"], line["reason"]) for line in shown["entries"]
    ] == [
        ("enrol", None, "active", "requested"),
        ("suspend", "active", "suspended", "fraud_suspected"),
        ("remove", "suspended", "removed", "vehicle_sold"),
    ]
    assert {line["client_id"] for line in shown["entries"]} == {PROVIDER.client_id}
    first = ask("GET", f"{one}/history?limit=2").get_json()
    second = ask("GET", f"{one}/history?limit=2&after={first['next']}").get_json()
    assert first["entries"] + second["entries"] == shown["entries"]
    assert second["next"] is None
    for unknown, who in ((one, STRANGER), (one, OPERATOR), (f"{PATH}/{uuid.uuid4()}", PROVIDER)):
        assert _code(ask("GET", f"{unknown}/history", who=who)) == (404, "enrolment_unknown")
    assert ask("GET", f"{one}/history", who=AUDITOR).status_code == 200


def test_a_controller_change_and_the_switches(ask: Ask) -> None:
    enrolment_id = ask("POST", PATH, ENROLMENT).get_json()["enrolment_id"]
    one = f"{PATH}/{enrolment_id}"
    replaced = ask("POST", f"{one}/replace", {"type": "mac", "value": "98ed5cb9be32"})
    [after] = replaced.get_json()["enrolments"]
    assert after["enrolment_id"] == enrolment_id
    assert ask("GET", one).get_json()["masked_identifier"] == "…BE32"
    [off] = ask("PUT", f"{one}/vehicle", {"autocharge": "off"}).get_json()["enrolments"]
    assert off["switched_off"] is True
    provider = PROVIDER_PATH.format(provider_id="DEABC")
    assert ask("GET", provider).get_json() == {
        "provider_id": "DEABC",
        "autocharge": "on",
        "first_session": None,
        "changed_at": None,
    }
    assert ask("PUT", provider, {"autocharge": "off"}).get_json()["autocharge"] == "off"
    assert ask("GET", one).get_json()["enrolment"]["provider_off"] is True
    assert _code(ask("PUT", provider, {"autocharge": "on"}, who=STRANGER)) == (
        403,
        "not_your_provider",
    )
    moved = ask("PUT", f"{one}/precedence", {"position": 7})
    assert moved.get_json()["precedence"] == 1
