"""`/v1/contracts` over HTTP, in an application with the service's own error documents."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from flask import Response
from flask.testing import FlaskClient

from contract_service.api.contracts import ContractOperations, contracts_blueprint
from contract_service.api.issuing import AnswerCertificateRequest
from contract_service.api.schemas import CertificateBody
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from server.app import create_application, current_principal
from tests.contract_service.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    OPERATOR,
    PROVIDER,
    STRANGER,
    Contracts,
    csr,
)

CLIENTS = {
    principal.client_id: principal for principal in (PROVIDER, STRANGER, OPERATOR, AUDITOR, ADMIN)
}
PATH = f"/v1/contracts/{EMAID}"
Ask = Callable[..., Any]


def _authenticate(token: str) -> Principal:
    try:
        return CLIENTS[token]
    except KeyError:
        raise ServiceError(Kind.UNAUTHENTICATED, "token_invalid", "get a new token") from None


@pytest.fixture
def client(contracts: Contracts) -> FlaskClient:
    operations = ContractOperations(
        create=contracts.create,
        list=contracts.list,
        show=contracts.show,
        suspend=contracts.suspend,
        resume=contracts.resume,
        terminate=contracts.terminate,
        bind_pcid=contracts.bind_pcid,
        issue_certificate=AnswerCertificateRequest(contracts.issue),
    )
    app = create_application(
        version="0",
        public_url="http://localhost",
        authenticate=_authenticate,
        ready=list,
        blueprints=[contracts_blueprint(operations, current_principal)],
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


def test_a_contract_through_its_life(ask: Ask) -> None:
    created = ask(
        "POST",
        "/v1/contracts",
        {"emaid": EMAID, "pcid": "huboemprovcqa0615", "valid_until": "2028-01-01T00:00:00+01:00"},
    )
    assert created.status_code == 201
    body = created.get_json()
    assert body["emaid"] == "DEABCC12345678"
    assert len(body["emaid_with_check_digit"]) == 15
    assert (body["status"], body["provider_id"]) == ("active", "DEABC")
    assert (body["pcid"], body["valid_until"]) == ("huboemprovcqa0615", "2027-12-31T23:00:00Z")
    assert ask("GET", PATH).get_json() == body
    assert ask("GET", "/v1/contracts/deabcc12345678").get_json() == body
    assert ask("POST", f"{PATH}/suspend").get_json()["status"] == "suspended"
    assert ask("POST", f"{PATH}/suspend").get_json()["status"] == "suspended"
    assert ask("POST", f"{PATH}/resume").get_json()["status"] == "active"
    assert ask("PUT", f"{PATH}/pcid", {"pcid": None}).get_json()["pcid"] is None
    assert ask("POST", f"{PATH}/terminate").get_json()["status"] == "terminated"
    assert _code(ask("POST", f"{PATH}/resume")) == (409, "contract_terminated")
    assert _code(ask("POST", "/v1/contracts", {"emaid": EMAID})) == (409, "contract_exists")


@pytest.mark.parametrize("armoured", [True, False])
def test_a_certificate_is_issued_and_listed(ask: Ask, armoured: bool) -> None:
    ask("POST", "/v1/contracts", {"emaid": EMAID})
    encoded = base64.encodebytes(csr()).decode()
    if armoured:
        begin, end = (f"-----{word} CERTIFICATE REQUEST-----\n" for word in ("BEGIN", "END"))
        encoded = begin + encoded + end
    issued = ask("POST", f"{PATH}/certificates", {"csr": encoded})
    assert issued.status_code == 201
    body = issued.get_json()
    leaf, *above = x509.load_pem_x509_certificates(body["certificate_chain"].encode())
    assert leaf.subject.rfc4514_string() == "CN=DEABCC12345678"
    assert len(above) == 2
    assert f"{leaf.serial_number:X}" == body["serial"]
    assert ask("GET", f"{PATH}/certificates").get_json() == {"certificates": [body]}
    assert CertificateBody.model_validate(body).model_dump_json().encode() == issued.data


def test_contracts_are_listed_in_pages(ask: Ask) -> None:
    for i in range(3):
        ask("POST", "/v1/contracts", {"emaid": f"DEABCC0000000{i}"})
    first = ask("GET", "/v1/contracts?limit=2").get_json()
    second = ask("GET", f"/v1/contracts?limit=2&after={first['next']}").get_json()
    shown = [contract["emaid"] for contract in first["contracts"] + second["contracts"]]
    assert sorted(shown) == [f"DEABCC0000000{i}" for i in range(3)]
    assert second["next"] is None
    assert ask("GET", "/v1/contracts", who=STRANGER).get_json() == {"contracts": [], "next": None}


def test_strangers_are_answered_alike_for_known_and_unknown(ask: Ask) -> None:
    ask("POST", "/v1/contracts", {"emaid": EMAID})
    for who in (STRANGER, OPERATOR):
        for path in (PATH, "/v1/contracts/DEABCC99999999"):
            for method, action, body in (
                ("GET", "", None),
                ("GET", "/certificates", None),
                ("POST", "/suspend", None),
                ("POST", "/terminate", None),
                ("PUT", "/pcid", {"pcid": None}),
                ("POST", "/certificates", {"csr": base64.b64encode(csr()).decode()}),
            ):
                refused = ask(method, path + action, body, who=who)
                assert _code(refused) == (403, "not_your_provider")
    assert _code(ask("GET", "/v1/contracts/DEABCC99999999")) == (404, "contract_unknown")
    assert ask("GET", PATH, who=AUDITOR).status_code == 200
    assert _code(ask("POST", f"{PATH}/suspend", who=AUDITOR)) == (403, "not_your_provider")


def test_nobody_is_let_in_without_a_token(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 401
    assert client.post("/v1/contracts", json={"emaid": EMAID}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"emaid": None},
        {"emaid": 5},
        {"emaid": ["DEABCC12345678"]},
        {"emaid": EMAID, "emaids": []},
        {"emaid": EMAID, "allow_bare_emaid": "yes"},
        {"emaid": EMAID, "allow_bare_emaid": None},
        {"emaid": EMAID, "pcid": "short"},
        {"emaid": EMAID, "pcid": "\u0661" * 17},
        {"emaid": EMAID, "valid_until": 1},
        {"emaid": EMAID, "valid_until": "2028-01-01T00:00:00"},
        {"emaid": EMAID, "valid_until": "9999-12-31T23:59:59-12:00"},
        {"emaid": EMAID, "valid_from": "0001-01-01T00:00:00+12:00"},
        {"emaid": "D" * 19},
        {"emaid": "DEABCC1234567\x00"},
        {"emaid": "DEABCC1234567\ud800"},
        {"emaid": "DE-ABC-C12345678-Z"},
    ],
)
def test_what_is_malformed_is_refused_and_not_repeated(ask: Ask, body: object) -> None:
    refused = ask("POST", "/v1/contracts", body if body is not None else "null")
    assert refused.status_code == 400
    assert refused.content_type == "application/problem+json"
    assert "C1234567" not in refused.text
    assert ask("GET", "/v1/contracts").get_json()["contracts"] == []


def test_a_term_that_ends_before_it_begins_is_refused(ask: Ask) -> None:
    body = {"emaid": EMAID, "valid_until": "2020-01-01T00:00:00Z"}
    assert _code(ask("POST", "/v1/contracts", body)) == (422, "term_ends_before_it_begins")


def test_a_request_that_is_none_is_refused(ask: Ask) -> None:
    ask("POST", "/v1/contracts", {"emaid": EMAID})
    for text in ("hello", "-----BEGIN CERTIFICATE-----", "\u00e9"):
        assert _code(ask("POST", f"{PATH}/certificates", {"csr": text})) == (400, "invalid_csr")
    for text in ("A" * 20_000, "\ud800"):
        assert ask("POST", f"{PATH}/certificates", {"csr": text}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "after=x",
        "after=" + "%00" * 36,
        "unknown=1",
        "provider_id=DEABC123",
        "provider_id=DEAB%00",
    ],
)
def test_a_page_that_cannot_be_is_refused(ask: Ask, query: str) -> None:
    assert ask("GET", f"/v1/contracts?{query}").status_code == 400


@pytest.mark.parametrize("wrong", ["x", "%00" * 14, "%ED%A0%80" * 4, "D" * 10_000, "DE%20ABC"])
def test_what_is_no_emaid_is_refused(ask: Ask, wrong: str) -> None:
    path = f"/v1/contracts/{wrong}"
    assert ask("GET", path).status_code == 400
    assert ask("POST", f"{path}/suspend").status_code == 400
    assert ask("PUT", f"{path}/pcid", {"pcid": None}).status_code == 400
    request = {"csr": base64.b64encode(csr()).decode()}
    assert ask("POST", f"{path}/certificates", request).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        (PATH, {}, {"csr"}),
        (PATH, {"csr": ""}, {"csr"}),
        (PATH, {"csr": 1}, {"csr"}),
        (PATH, {"csr": "x", "subject": "DEXYZ"}, {"subject"}),
        (PATH, [], {"body"}),
        ("/v1/contracts/DE", {"csr": "x"}, {"emaid"}),
    ],
)
def test_a_request_of_another_shape_is_told_its_fields(
    ask: Ask, path: str, body: object, fields: set[str]
) -> None:
    refused = ask("POST", f"{path}/certificates", body)
    assert _code(refused) == (400, "invalid_request")
    assert set(refused.get_json()["fields"]) == fields


def test_ten_megabytes_are_refused(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/contracts",
        data=b'{"emaid": "' + b"A" * 10_000_000 + b'"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {PROVIDER.client_id}"},
    )
    assert answer.status_code == 413


def test_the_description_names_every_route(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    described = {(path, method) for path, methods in paths.items() for method in methods}
    assert {
        ("/v1/contracts", "post"),
        ("/v1/contracts", "get"),
        ("/v1/contracts/{emaid}", "get"),
        ("/v1/contracts/{emaid}/suspend", "post"),
        ("/v1/contracts/{emaid}/resume", "post"),
        ("/v1/contracts/{emaid}/terminate", "post"),
        ("/v1/contracts/{emaid}/pcid", "put"),
        ("/v1/contracts/{emaid}/certificates", "post"),
        ("/v1/contracts/{emaid}/certificates", "get"),
    } <= described
