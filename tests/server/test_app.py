"""The application denies by default, keeps tenants apart, and refuses in problem documents."""

import re
from collections.abc import Mapping
from dataclasses import fields
from http import HTTPStatus

import pytest
from flask import Flask

from authorization.api.oicp_answers import is_oicp
from contract_service.api.opcp import is_opcp
from foundation.principal import LOCAL_ADMINISTRATOR
from server.app import create_application
from server.bodies import MAXIMUM_BODY_BYTES
from server.description import OWN_AUTHENTICATION, PUBLIC
from server.entry import flask_application
from tests.server.assembly import OURS, Answer, Application, Things
from tests.server.rule import EVERYONE
from tests.server.rule_bodies import CACERTS, EST
from tests.server.rules import RULES


def filled(template: object, things: Things) -> object:
    """Replace `{name}` by the field of `things`, in texts at any depth."""
    if isinstance(template, Mapping):
        return {name: filled(value, things) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, things) for value in template]
    if not isinstance(template, str):
        return template
    for field in fields(things):
        template = template.replace(f"{{{field.name}}}", getattr(things, field.name))
    template = template.replace("{version}", "2.0.1").replace("{action}", "Reset")
    template = template.replace("{method_id}", things.token_id)
    return template.replace("{provider_id}", OURS).replace("{operator_id}", OURS)


PLAUSIBLE = Things(
    **{
        field.name: "0" * 8 + "-0000-0000-0000-" + "0" * 12
        for field in fields(Things)
        if field.name != "emaid"
    },
    emaid="DEAAAC12345678",
)
"""Things that nobody has, in their right form."""


def filled_path(template: str) -> str:
    """Fill a path with plausible parameters."""
    return str(filled(template, PLAUSIBLE))


def routes(app: Flask) -> dict[tuple[str, str], str | None]:
    """Return (method, path template) -> blueprint of every route."""
    return {
        (method, re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)): (
            rule.endpoint.rpartition(".")[0] or None
        )
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_a_rule_or_is_public(application: Application) -> None:
    app = flask_application(application.services, with_management=True)
    known = PUBLIC | {EST} | set(OWN_AUTHENTICATION)  # those are asked in tests/authorization/ocpi
    assert {route for route, blueprint in routes(app).items() if blueprint not in known} == set(
        RULES
    )


def test_what_is_public_is_known(application: Application) -> None:
    app = flask_application(application.services, with_management=True)
    public = PUBLIC - {CACERTS}
    assert {route for route, blueprint in routes(app).items() if blueprint in public} == {
        ("POST", "/oauth/token"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/docs/swagger"),
        ("GET", "/docs/swagger/{filename}"),
        ("GET", "/docs/oauth2-redirect.html"),
    }


@pytest.mark.parametrize("route", sorted(RULES), ids=" ".join)
def test_without_a_token_nothing_is_told_or_done(
    application: Application, route: tuple[str, str]
) -> None:
    method, path = route
    for sent in (method, "OPTIONS", "HEAD"):
        answer = application.ask(sent, path, {} if sent == "POST" else None)
        assert answer.status in {401, 405}, (sent, answer)
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert sent == "HEAD" or answer.code == "token_missing"
    assert application.ask(method, path, headers={"X-API-Key": "x"}).code == "invalid_token"


@pytest.mark.parametrize("route", sorted(RULES), ids=" ".join)
def test_only_those_who_may_act_act(application: Application, route: tuple[str, str]) -> None:
    things, rule = application.things(), RULES[route]
    method, path = route[0], str(filled(rule.path or route[1], things))
    body = filled(rule.body, things)
    before = application.rows()
    for client in sorted(EVERYONE - rule.allowed):
        answer = application.ask(method, path, body, client=client)
        if client in rule.blind:
            assert answer.status == 200, (client, answer)
            assert not seen(things, answer), (client, answer)
        else:
            assert answer.status in {403, 404}, (client, answer)
            assert answer.code
        assert application.rows() == before, client
    own_first = sorted(rule.allowed, key=lambda client: client not in {"cpo", "mo", "oem"})
    for position, client in enumerate(own_first):
        answer = application.ask(method, path, body, client=client)
        if position == 0:  # else the refusals above prove nothing
            told = answer.code if isinstance(rule.success, str) else answer.status
            assert told == rule.success, (client, answer)
        else:
            assert answer.status not in {401, 403}, (client, answer)


def seen(things: Things, answer: Answer) -> bool:
    """Whether anything of ours stands in the answer."""
    text = answer.body.decode()
    return any(getattr(things, field.name) in text for field in fields(things))


JSON_ROUTES = sorted(
    route for route, rule in RULES.items() if rule.body is not None and rule.allowed
)


NO_OBJECTS = (
    b"",
    b"null",
    b"[]",
    b'"{}"',
    b"{",
    b'{"a": NaN}',
    b'{"a": "\xff"}',
    b'{"a": "\\ud800"}',
    b'{"a": %s}' % (b"9" * 5000),
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"unknown_member": 1}',
    "{}".encode("utf-16"),
)


@pytest.mark.parametrize("route", JSON_ROUTES, ids=" ".join)
def test_a_body_of_the_wrong_shape_is_400(application: Application, route: tuple[str, str]) -> None:
    method, path = route
    for body in NO_OBJECTS:
        answer = application.ask(method, filled_path(path), body, client="admin")
        assert answer.status == 400, (body[:24], answer)
        assert answer.code == "invalid_request"


@pytest.mark.parametrize("route", JSON_ROUTES, ids=" ".join)
def test_another_media_type_is_415(application: Application, route: tuple[str, str]) -> None:
    method, path = route
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = application.ask(
            method, filled_path(path), b"{}", client="admin", content_type=media_type
        )
        assert (answer.status, answer.code) == (415, "body_not_json")


@pytest.mark.parametrize("route", JSON_ROUTES, ids=" ".join)
def test_a_large_body_is_413(application: Application, route: tuple[str, str]) -> None:
    method, path = route
    large = b'{"a": "%s"}' % (b"x" * MAXIMUM_BODY_BYTES)
    answer = application.ask(method, filled_path(path), large, client="admin")
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert is_opcp(path) or is_oicp(path) or answer.json["title"] == "Content Too Large"


def test_an_unknown_address_is_404_with_and_without_a_token(application: Application) -> None:
    for client in (None, "admin"):
        for path in ("/nothing", "/v1", "/v1/contracts/", "/v1//contracts", "//v1/contracts"):
            answer = application.ask("GET", path, client=client)
            assert (answer.status, answer.code) == (404, "route_unknown"), path
            assert "Location" not in answer.headers  # it would carry the asker's Host


@pytest.mark.parametrize("client", [None, "admin"])
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/authorizations", {"POST"}),
        ("GET", "/ocpp/2.0.1/station-1/Authorize", {"POST"}),
        ("PUT", "/v1/contracts", {"GET", "POST"}),
        ("GET", "/oauth/token", {"POST"}),
        ("POST", "/livez", {"GET"}),
        ("TRACE", "/v1/contracts", {"GET", "POST"}),
        ("MADE-UP", "/v1/contracts", {"GET", "POST"}),
        ("PUT", "/ocsp", {"GET", "POST"}),
        ("POST", "/crl/mo-sub2-g1.crl", {"GET"}),
        ("DELETE", "/ca/mo-sub2-g1.cer", {"GET"}),
    ],
)
def test_another_method_is_405_and_names_the_right_ones(
    application: Application, method: str, path: str, allowed: set[str], client: str | None
) -> None:
    answer = application.ask(method, path, client=client)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    named = {word.strip() for word in answer.headers["Allow"].split(",")}
    assert named - {"HEAD", "OPTIONS"} == allowed


def test_head_answers_as_get_without_a_body(application: Application) -> None:
    for path in ("/livez", "/v1/contracts"):
        answer = application.ask("HEAD", path, client="mo")
        assert (answer.status, answer.body) == (200, b"")


def test_the_unexpected_is_a_500_that_shows_a_trace_id_and_nothing_else(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: str) -> object:
        raise RuntimeError("VIN WVWZZZ1JZXW000001 must not leave")

    app = create_application(
        version="0",
        public_url="http://127.0.0.1",
        authenticate=broken,  # type: ignore[arg-type] # it never returns
        ready=list,
        blueprints=(),
        with_management=False,
    )
    app.add_url_rule("/v1/things", "things", lambda: "")
    response = app.test_client().get("/v1/things", headers={"X-API-Key": "x"})
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert response.content_type == "application/problem+json"
    assert response.get_json()["trace_id"]
    for text in (response.get_data(as_text=True), caplog.text):
        assert "WVWZZZ" not in text
        assert "RuntimeError" not in text or text is caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/contracts"),
        ("GET", "/nothing"),
        ("POST", "/v1/authorizations"),
        ("POST", "/ocpp/1.6/x/Authorize"),
        ("POST", "/oauth/token"),
        ("GET", "/crl/nothing.crl"),
        ("GET", "/ca/nothing.cer"),
        ("PUT", "/ocsp"),
        ("GET", "/ocsp/AAAA"),
    ],
)
def test_no_refusal_may_be_cached(application: Application, method: str, path: str) -> None:
    answer = application.ask(method, path, {} if method == "POST" else None)
    assert answer.headers["Cache-Control"] == "no-store"


def test_not_ready_is_503_and_says_why() -> None:
    app = create_application(
        version="0",
        public_url="http://127.0.0.1",
        authenticate=lambda _: LOCAL_ADMINISTRATOR,
        ready=lambda: ["the database does not answer"],
        blueprints=(),
        with_management=False,
    )
    response = app.test_client().get("/readyz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.get_json() == {"ready": False, "reasons": ["the database does not answer"]}
    assert app.test_client().get("/livez").status_code == HTTPStatus.OK
