"""`POST /oauth/token` in the dialects of real clients, and everything else that may be sent."""

import base64
import json
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole
from participants.api.rate_limits import TokenLimits
from participants.api.token import token_blueprint
from participants.api.token_request import (
    FORM,
    JSON,
    MAXIMUM_BODY_BYTES,
    TokenRequestError,
    read_token_request,
)
from participants.operations.create_client import ClientCredentials
from participants.operations.issue_token import IssueToken
from tests.participants.assembly import PUBLIC_URL, Participants, Process


def _http(issue_token: IssueToken, limits: TokenLimits) -> FlaskClient:
    app = OpenAPI("test")
    app.register_api(token_blueprint(issue_token, limits))
    return app.test_client()


@pytest.fixture
def http(process: Process) -> FlaskClient:
    return _http(process.issue_token, TokenLimits())


@pytest.fixture
def credentials(participants: Participants) -> ClientCredentials:
    return participants.client(ClientRole.CPO)


def _asked(credentials: ClientCredentials, **changes: Any) -> dict[str, Any]:
    asked = {
        "grant_type": "client_credentials",
        "client_id": credentials.client.client_id,
        "client_secret": credentials.client_secret,
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not ...}


def _refused(response: TestResponse, status: int, error: str) -> None:
    assert response.status_code == status
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert set(body) == {"error", "error_description"}
    assert body["error"] == error
    # RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E
    assert body["error_description"]
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in body["error_description"])


def _basic(client_id: str, secret: str) -> dict[str, str]:
    both = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(both.encode()).decode()}


def _dialects(credentials: ClientCredentials) -> dict[str, dict[str, Any]]:
    bare = {"grant_type": "client_credentials"}
    basic = _basic(credentials.client.client_id, credentials.client_secret)
    return {
        "OPCP": {"json": _asked(credentials, audience=PUBLIC_URL)},
        "MaEVe": {"json": _asked(credentials)},
        "CitrineOS": {"data": _asked(credentials, audience=f"{PUBLIC_URL}/")},
        "Basic with a form": {"data": bare, "headers": basic},
        "Basic with JSON": {"json": bare, "headers": basic},
        "Basic with the id twice": {
            "data": _asked(credentials, client_secret=...),
            "headers": basic,
        },
        "unknown members": {"json": _asked(credentials, scope="x", whatever=[1, {}])},
        "audience null": {"json": _asked(credentials, audience=None)},
        "an unknown form field twice": {
            "data": urlencode([*_asked(credentials).items(), ("resource", "a"), ("resource", "b")]),
            "content_type": FORM,
        },
        "empty form fields": {"data": _asked(credentials, audience="", scope="")},
        "a charset": {
            "data": json.dumps(_asked(credentials)),
            "content_type": "application/json; charset=utf-8",
        },
    }


@pytest.mark.parametrize(
    "dialect",
    [
        "OPCP",
        "MaEVe",
        "CitrineOS",
        "Basic with a form",
        "Basic with JSON",
        "Basic with the id twice",
        "unknown members",
        "audience null",
        "an unknown form field twice",
        "empty form fields",
        "a charset",
    ],
)
def test_each_dialect_gets_a_token(
    http: FlaskClient, process: Process, credentials: ClientCredentials, dialect: str
) -> None:
    response = http.post("/oauth/token", **_dialects(credentials)[dialect])
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    body = response.get_json()
    assert set(body) == {"access_token", "scope", "expires_in", "token_type"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == "cpo"
    assert process.authenticate(body["access_token"]) == credentials.client.principal


def test_a_wrong_secret_is_401_and_says_how_to_authenticate(
    http: FlaskClient, credentials: ClientCredentials
) -> None:
    wrong = _asked(credentials, client_secret="wrong")
    unknown = _asked(credentials, client_id="0" * 32)
    answers = [
        http.post("/oauth/token", json=wrong),
        http.post("/oauth/token", data=wrong),
        http.post("/oauth/token", json=unknown),
        http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers=_basic(credentials.client.client_id, "wrong"),
        ),
    ]
    for response in answers:
        _refused(response, 401, "invalid_client")
        assert response.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert len({response.get_data() for response in answers}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"grant_type": ...},
        {"grant_type": None},
        {"grant_type": ["client_credentials"]},
        {"client_id": ...},
        {"client_id": ""},
        {"client_id": 1},
        {"client_id": {"$ne": ""}},
        {"client_id": "x" * 65},
        {"client_secret": ...},
        {"client_secret": True},
        {"client_secret": "x" * 257},
        {"client_secret": "\ud800"},
        {"audience": [PUBLIC_URL]},
        {"audience": "x" * 2049},
    ],
)
def test_json_of_the_wrong_shape_is_400(
    http: FlaskClient, credentials: ClientCredentials, changes: dict[str, Any]
) -> None:
    response = http.post("/oauth/token", json=_asked(credentials, **changes))
    _refused(response, 400, "invalid_request")
    assert next(iter(changes)) in response.get_json()["error_description"]


@pytest.mark.parametrize("grant_type", ["password", "authorization_code", "CLIENT_CREDENTIALS"])
def test_another_grant_is_refused(
    http: FlaskClient, credentials: ClientCredentials, grant_type: str
) -> None:
    response = http.post("/oauth/token", json=_asked(credentials, grant_type=grant_type))
    _refused(response, 400, "unsupported_grant_type")


def test_another_audience_is_refused(http: FlaskClient, credentials: ClientCredentials) -> None:
    response = http.post("/oauth/token", json=_asked(credentials, audience="https://evil.example"))
    _refused(response, 400, "invalid_target")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"[" * 8000,
        b'{"a":' * 1500,
        b"1" * 8000,
        b'{"grant_type":"client_credentials","grant_type":"client_credentials"}',
        '{"grant_type":"client_credentials"}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_object_is_400(http: FlaskClient, body: bytes) -> None:
    _refused(http.post("/oauth/token", data=body, content_type=JSON), 400, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"grant_type",
        b"%ff=%ff",
        b"\xff",
        b"&".join(b"a%d=1" % i for i in range(100)),
        b"grant_type=client_credentials&client_id=a&client_id=b&client_secret=c",
    ],
)
def test_what_is_no_good_form_is_400(http: FlaskClient, body: bytes) -> None:
    _refused(http.post("/oauth/token", data=body, content_type=FORM), 400, "invalid_request")


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data; boundary=x"])
def test_another_media_type_is_415(http: FlaskClient, content_type: str | None) -> None:
    response = http.post("/oauth/token", data=b"x", content_type=content_type)
    _refused(response, 415, "invalid_request")


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic ", "Basic !!!", "Basic YWJj", "Basic /w==", "Basic JWZmOiVmZg=="],
)
def test_a_broken_basic_header_is_400(
    http: FlaskClient, credentials: ClientCredentials, header: str
) -> None:
    asked = {"grant_type": "client_credentials"}
    response = http.post("/oauth/token", json=asked, headers={"Authorization": header})
    _refused(response, 400, "invalid_request")


def test_credentials_come_in_one_way(http: FlaskClient, credentials: ClientCredentials) -> None:
    header = _basic(credentials.client.client_id, credentials.client_secret)
    both = _asked(credentials)
    other = {"grant_type": "client_credentials", "client_id": "0" * 32}
    for asked in (both, other):
        response = http.post("/oauth/token", json=asked, headers=header)
        _refused(response, 400, "invalid_request")


def test_a_large_body_is_not_read(http: FlaskClient, credentials: ClientCredentials) -> None:
    asked = json.dumps(_asked(credentials, padding="x" * MAXIMUM_BODY_BYTES))
    _refused(http.post("/oauth/token", data=asked, content_type=JSON), 413, "invalid_request")


def test_an_address_may_ask_so_often(process: Process, credentials: ClientCredentials) -> None:
    http = _http(process.issue_token, TokenLimits("3/minute", "100/minute"))
    asked = _asked(credentials, client_secret="wrong")
    near = {"REMOTE_ADDR": "192.0.2.1"}
    for _ in range(3):
        assert http.post("/oauth/token", json=asked, environ_base=near).status_code == 401
    response = http.post("/oauth/token", json=_asked(credentials), environ_base=near)
    _refused(response, 429, "too_many_requests")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    far = {"REMOTE_ADDR": "192.0.2.2"}
    assert http.post("/oauth/token", json=_asked(credentials), environ_base=far).status_code == 200


def test_an_ipv6_subscriber_is_one_address(process: Process) -> None:
    limits = TokenLimits("1/minute", "100/minute")
    assert limits.request_from("2001:db8::1") is None
    assert limits.request_from("2001:db8::ffff:1") is not None
    assert limits.request_from("2001:db8:0:1::1") is None
    assert limits.request_from("192.0.2.1") is None
    assert limits.request_from("::ffff:192.0.2.1") is not None
    assert limits.request_from(None) is None
    assert limits.request_from("a socket") is not None


def test_a_client_may_have_so_many_tokens_and_nobody_else_can_use_them_up(
    participants: Participants, process: Process, credentials: ClientCredentials
) -> None:
    http = _http(process.issue_token, TokenLimits("100/minute", "2/minute"))
    for _ in range(10):
        wrong = _asked(credentials, client_secret="wrong")
        assert http.post("/oauth/token", json=wrong).status_code == 401
    for _ in range(2):
        assert http.post("/oauth/token", json=_asked(credentials)).status_code == 200
    response = http.post("/oauth/token", json=_asked(credentials))
    _refused(response, 429, "too_many_requests")
    assert "access_token" not in response.get_data(as_text=True)
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    other = _asked(participants.client())
    assert http.post("/oauth/token", json=other).status_code == 200


def test_what_the_token_endpoint_cannot_help_is_left_to_the_server(
    participants: Participants, process: Process, credentials: ClientCredentials
) -> None:
    app = OpenAPI("test")
    app.register_api(token_blueprint(process.issue_token, TokenLimits()))
    kinds: list[Kind] = []

    def on_service_error(failure: ServiceError) -> tuple[str, int]:
        kinds.append(failure.kind)
        return "", 503

    app.register_error_handler(ServiceError, on_service_error)
    with participants.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM participants_token_keys")
        connection.commit()
    response = app.test_client().post("/oauth/token", json=_asked(credentials))
    assert response.status_code == 503
    assert kinds == [Kind.UNAVAILABLE]


def test_the_api_description_shows_one_form(process: Process) -> None:
    app = OpenAPI("test")
    app.register_api(token_blueprint(process.issue_token, TokenLimits()))
    schemas = app.api_doc["components"]["schemas"]
    operation = app.api_doc["paths"]["/oauth/token"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {JSON}  # of two, generated clients would have to choose
    for media in content.values():
        schema = schemas[media["schema"]["$ref"].rpartition("/")[2]]
        assert set(schema["required"]) == {"grant_type", "client_id", "client_secret"}
        assert schema["properties"]["audience"]["enum"] == [PUBLIC_URL, f"{PUBLIC_URL}/"]
    assert {"200", "400", "401", "413", "415", "429"} <= set(operation["responses"])


@given(
    media_type=st.sampled_from([JSON, FORM, ""]),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.text() | st.sampled_from(["grant_type", "client_id", "client_secret"]), inner
                )
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    authorization=st.none()
    | st.text(max_size=50)
    | st.binary(max_size=60).map(lambda raw: "Basic " + base64.b64encode(raw).decode()),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_requests_are_understood_or_refused(
    media_type: str, body: bytes, authorization: str | None
) -> None:
    """Nothing but TokenRequestError ever comes out."""
    try:
        asked = read_token_request(media_type, body, authorization)
    except TokenRequestError as refused:
        assert refused.status in {400, 415}
        return
    assert asked.grant_type == "client_credentials"
    assert 0 < len(asked.client_id) <= 64
