"""`/v1/autocharge/quarantines` over HTTP, in an application with the service's error documents."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient

from autocharge.api.quarantines import QuarantineOperations, quarantines_blueprint
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from server.app import create_application, current_principal
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    MAC_SPELLINGS,
    OPERATOR,
    PROVIDER,
    STRANGER,
    Autocharge,
)
from tests.autocharge.quarantines.assembly import BERLIN, HOUR, MAC, MUNICH, Quarantines

CLIENTS = {
    principal.client_id: principal for principal in (PROVIDER, STRANGER, OPERATOR, AUDITOR, ADMIN)
}
PATH = "/v1/autocharge/quarantines"
NEW = {"type": "mac", "value": MAC_SPELLINGS[0], "reason": "sold with its card"}
WHY = {"reason": "the driver says it was not him"}
Ask = Callable[..., Any]


def _authenticate(token: str) -> Principal:
    try:
        return CLIENTS[token]
    except KeyError:
        raise ServiceError(Kind.UNAUTHENTICATED, "token_invalid", "get a new token") from None


@pytest.fixture
def world(autocharge: Autocharge) -> Quarantines:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    return Quarantines(autocharge)


@pytest.fixture
def client(world: Quarantines) -> FlaskClient:
    operations = QuarantineOperations(world.quarantine, world.list, world.release)
    app = create_application(
        version="0",
        public_url="http://localhost",
        authenticate=_authenticate,
        ready=list,
        blueprints=[quarantines_blueprint(operations, current_principal)],
        with_management=True,
    )
    return app.test_client()


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    def ask(method: str, path: str, body: object = None, who: Principal = PROVIDER) -> Any:
        headers = {"Authorization": f"Bearer {who.client_id}"}
        return client.open(path, method=method, headers=headers, json=body)

    return ask


def _code(response: Response) -> tuple[int, str]:
    assert response.content_type == "application/problem+json"
    return response.status_code, response.get_json()["code"]


def test_a_quarantine_through_its_life(ask: Ask) -> None:
    created = ask("POST", PATH, NEW)
    assert created.status_code == 201
    [body] = created.get_json()["quarantines"]
    assert (body["type"], body["provider_id"], body["operator_id"]) == ("mac", "DEABC", None)
    assert (body["cause"], body["created_by"], body["release"]) == ("reported", "emp-abc", None)
    assert body["reasons"] == [{"code": "reported", "detail": NEW["reason"]}]
    listed = {"quarantine": body, "masked_identifier": "…BE31"}
    one = f"{PATH}/{body['quarantine_id']}"
    assert ask("GET", one).get_json() == listed
    assert ask("GET", PATH).get_json() == {"quarantines": [listed], "next": None}
    released = ask("POST", f"{one}/release", WHY)
    assert released.status_code == 200
    release = released.get_json()["release"]
    assert (release["released_by"], release["reason"]) == ("emp-abc", WHY["reason"])
    assert ask("GET", PATH).get_json()["quarantines"] == []
    [old] = ask("GET", f"{PATH}?released=true").get_json()["quarantines"]
    assert old["quarantine"]["release"] == release
    assert MAC.key not in repr((created.text, released.text, old))


def test_what_was_found_names_its_suspects_and_they_can_be_disbelieved(
    ask: Ask, world: Quarantines
) -> None:
    now = world.autocharge.now
    world.read(BERLIN, now)
    world.read(MUNICH, now + HOUR)
    [listed] = ask("GET", PATH).get_json()["quarantines"]
    assert listed["quarantine"]["suspected"] == ["DEAAA", "DEMMM"]
    assert listed["quarantine"]["reasons"][0]["code"] == "impossible_travel"
    path = f"{PATH}/{listed['quarantine']['quarantine_id']}/release"
    assert _code(ask("POST", path, {**WHY, "disbelieve": ["DE*ZZZ"]})) == (
        422,
        "operator_not_suspected",
    )
    released = ask("POST", path, {**WHY, "disbelieve": ["de*mmm"]})
    assert released.get_json()["release"]["disbelieved"] == ["DEMMM"]


def test_strangers_learn_nothing(ask: Ask) -> None:
    [body] = ask("POST", PATH, NEW).get_json()["quarantines"]
    for quarantine_id in (body["quarantine_id"], str(uuid.uuid4())):
        one = f"{PATH}/{quarantine_id}"
        assert _code(ask("GET", one, who=STRANGER)) == (404, "quarantine_unknown")
        assert _code(ask("POST", f"{one}/release", WHY, STRANGER)) == (404, "quarantine_unknown")
        assert _code(ask("GET", one, who=OPERATOR)) == (403, "role_required")
        assert _code(ask("POST", f"{one}/release", WHY, OPERATOR)) == (403, "role_required")
        assert _code(ask("POST", f"{one}/release", WHY, AUDITOR)) == (403, "role_required")
    assert _code(ask("POST", PATH, NEW, STRANGER)) == (404, "enrolment_unknown")
    assert ask("GET", PATH, who=STRANGER).get_json()["quarantines"] == []


def test_nobody_is_let_in_without_a_token(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 401
    assert client.post(PATH, json=NEW).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"reason": None},
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 201},
        {"reason": "a\x00b"},
        {"reason": "a\ud800b"},
        {"reason": ["x"]},
        {"type": "pcid"},
        {"value": "98ed5cb9be3g"},
        {"value": "000000000000"},
        {"value": "9" * 10_000},
        {"provider_id": "DEXYZ"},
    ],
)
def test_what_is_malformed_is_refused_and_not_repeated(ask: Ask, change: dict[str, object]) -> None:
    refused = ask("POST", PATH, {**NEW, **change})
    assert refused.status_code == 400
    assert refused.content_type == "application/problem+json"
    assert "98ed" not in refused.text.lower()
    assert ask("GET", PATH).get_json()["quarantines"] == []


@pytest.mark.parametrize(
    "disbelieve", ["DEMMM", ["x"], ["DEMMM"] * 21, ["DE\x00AB"], [None], [["DEMMM"]], {"a": 1}]
)
def test_operators_are_checked(ask: Ask, disbelieve: object) -> None:
    [body] = ask("POST", PATH, NEW).get_json()["quarantines"]
    path = f"{PATH}/{body['quarantine_id']}/release"
    assert ask("POST", path, {**WHY, "disbelieve": disbelieve}).status_code == 400


@pytest.mark.parametrize("wrong", ["x", "%00" * 36, "A" * 36, "0" * 10_000])
def test_what_is_no_id_is_refused(ask: Ask, wrong: str) -> None:
    for method, path, body in (
        ("GET", f"{PATH}/{wrong}", None),
        ("POST", f"{PATH}/{wrong}/release", WHY),
        ("GET", f"{PATH}?after={wrong}", None),
        ("GET", f"{PATH}?limit={wrong}", None),
        ("GET", f"{PATH}?released={wrong}", None),
    ):
        assert ask(method, path, body).status_code == 400
