"""Every refusal below OPCP's addresses has OPCP's body; the role table has every route."""

import uuid

import pytest
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from contract_service.api.opcp import (
    OPCP_RESPONSES,
    is_opcp,
    load_role_table,
    parse_role_table,
    route_key,
)
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from server.app import create_application, current_principal
from server.entry import flask_application
from server.opcp import guarded
from tests.server.assembly import Application


def test_the_role_table_has_every_opcp_route_and_no_other(application: Application) -> None:
    served = {
        route_key(method, rule.rule)
        for rule in flask_application(
            application.services, with_management=False
        ).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if is_opcp(rule.rule)
    }
    table = load_role_table().by_route
    assert served == set(table)


def test_every_opcp_route_stands_behind_the_table(application: Application) -> None:
    app = flask_application(application.services, with_management=False)
    for rule in app.url_map.iter_rules():
        if is_opcp(rule.rule):
            blueprint = rule.endpoint.rpartition(".")[0]
            before = app.before_request_funcs.get(blueprint, [])
            assert "require_role" in {function.__name__ for function in before}, rule


class Named(BaseModel):
    name: str = Field(min_length=1, max_length=3)


TABLE = parse_role_table(
    {
        "ask": {"route": "PUT /v1/oem/things/{name}", "roles": ["OEM"]},
        "fail": {"route": "GET /v1/oem/failing", "roles": ["OEM"]},
        "clash": {"route": "GET /v1/oem/clash", "roles": ["OEM"]},
    }
)


def authenticate(token: str) -> Principal:
    if token not in {"OEM", "MO"}:
        raise ServiceError(Kind.UNAUTHENTICATED, "invalid_token", "get another")
    return Principal(token, frozenset({ClientRole(token)}))


def ask(method: str, path: str, token: str | None = None, **sent: object) -> tuple[int, list[str]]:
    blueprint = APIBlueprint("things", __name__, abp_responses=OPCP_RESPONSES)

    @blueprint.put("/v1/oem/things/<name>")
    def put_thing(path: Named, body: Named) -> str:
        return path.name + body.name

    @blueprint.get("/v1/oem/failing")
    def fail() -> str:
        raise RuntimeError("PCID WVWZZZ1JZXW000001 must not leave")

    @blueprint.get("/v1/oem/clash")
    def clash() -> str:
        raise ServiceError(Kind.CONFLICT, "clash", "two of them", {"pcid": "another's"})

    app = create_application(
        version="0",
        public_url="http://127.0.0.1",
        authenticate=authenticate,
        ready=list,
        blueprints=[guarded(blueprint, TABLE, current_principal)],
        with_management=False,
    )
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    response = app.test_client().open(path, method=method, headers=headers, **sent)  # type: ignore[arg-type] # keywords of one test each
    if response.status_code == 200:
        return 200, [response.get_data(as_text=True)]
    told = response.get_json()
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert set(told) == {"errorMessages", "traceId"}
    assert str(uuid.UUID(told["traceId"])) == told["traceId"]
    assert len(set(told["errorMessages"])) == len(told["errorMessages"]) > 0
    return response.status_code, told["errorMessages"]


@pytest.mark.parametrize(
    ("status", "code", "asked"),
    [
        (401, "token_missing", ("PUT", "/v1/oem/things/a", None)),
        (401, "invalid_token", ("PUT", "/v1/oem/things/a", "X")),
        (403, "role_required", ("PUT", "/v1/oem/things/abcd", "MO")),
        (404, "route_unknown", ("GET", "/v1/oem/unknown", "OEM")),
        (404, "route_unknown", ("GET", "/v1/oem/unknown", None)),
        (405, "method_not_allowed", ("POST", "/v1/oem/things/a", "OEM")),
        (400, "clash", ("GET", "/v1/oem/clash", "OEM")),
        (500, "unexpected", ("GET", "/v1/oem/failing", "OEM")),
    ],
)
def test_refusals_have_opcps_body(
    status: int, code: str, asked: tuple[str, str, str | None]
) -> None:
    told, messages = ask(*asked)
    assert (told, messages[0].partition(":")[0]) == (status, code)
    assert not any("WVWZZZ" in message for message in messages)


def test_a_body_that_cannot_be_read_is_refused_alike() -> None:
    path = ("PUT", "/v1/oem/things/a", "OEM")
    assert ask(*path, json={"name": "b"}) == (200, ["ab"])
    assert ask(*path, data=b"{", content_type="application/json")[0] == 400
    assert ask(*path, data=b"{}", content_type="text/plain")[0] == 415
    assert ask(*path, data=b"x" * 70_000, content_type="application/json")[0] == 413
    status, messages = ask(*path, json={"name": ""})
    assert status == 400
    assert any(message.startswith("name : ") for message in messages)


def test_an_input_at_fault_is_named() -> None:
    assert ask("GET", "/v1/oem/clash", "OEM")[1] == ["clash: two of them", "pcid : another's"]
