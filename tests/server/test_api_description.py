"""The API description is valid, complete and true: schemathesis asks what it promises."""

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from authorization.api.ocpi_envelope import is_ocpi
from authorization.api.oicp_answers import is_oicp
from contract_service.api.opcp import is_opcp
from pki.api.est_description import PREFIX as EST
from server.description import api_description
from server.entry import flask_application
from tests.server.assembly import OURS, Application

# what they carry are octets to whoever knows neither DER nor files of records
schemathesis.serializer.alias(
    [
        "application/pkcs10",
        "application/ocsp-request",
        "text/csv",
        "application/x-ndjson",
    ],
    "application/octet-stream",
)

METHODS = {"get", "post", "put", "patch", "delete"}
EXAMPLES = 3
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
OICP_ERROR = {
    "application/json": {"schema": {"$ref": "#/components/schemas/OicpAuthorizationAnswer"}}
}
OCPI_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/OcpiError"}}}
OPCP_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/OpcpError"}}}
EST_ERROR = {
    "text/plain": {"schema": {"type": "string", "description": "`code: what to do`"}},
}


def takes_octets(operation: Mapping[str, Any]) -> bool:
    content = operation.get("requestBody", {}).get("content", {})
    return any(media["schema"].get("format") == "binary" for media in content.values())


def takes_anything(operation: Any) -> bool:
    """Whether it refuses within its answer: OCSP (RFC 6960 section 2.3), files line by line."""
    return operation.path.startswith("/ocsp") or takes_octets(operation.definition.raw)


def is_status(path: str) -> bool:
    return path.startswith(("/ocsp", "/crl/", "/ca/"))


@pytest.fixture(scope="module")
def description(application: Application) -> dict[str, Any]:
    return api_description(flask_application(application.services, with_management=True))


def operations(description: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method} {path}", operation


def test_it_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(description)] == []


def test_every_operation_needs_a_token_but_what_everybody_may_have(
    description: dict[str, Any],
) -> None:
    schemes = description["components"]["securitySchemes"]
    own = {"credentials_token"}
    assert {name for needed in description["security"] for name in needed} == set(schemes) - own
    for name, operation in operations(description):
        path = name.partition(" ")[2]
        if name == "post /oauth/token" or is_status(path) or "/cacerts" in path:
            assert operation["security"] == []
        elif is_ocpi(name.partition(" ")[2]):
            assert operation["security"] == [{"credentials_token": []}], name
        else:
            assert "security" not in operation, name
    assert description["paths"]["/oauth/token"]["post"]["security"] == []


def test_every_operation_documents_its_success_and_its_problems(
    description: dict[str, Any],
) -> None:
    for name, operation in operations(description):
        responses = dict(operation["responses"])
        assert {status for status in responses if status.startswith("2")}, name
        if name == "post /oauth/token":  # RFC 6749 section 5.2 says how that one fails
            continue
        if name == "post /v1/ccp/signedContractData":  # its 404 may be for the vehicle, in EXI
            assert responses.pop("404")["content"]["application/json"]
            responses["404"] = responses["403"]
        path = name.partition(" ")[2]
        if is_status(path):  # OCSP fails within its own answer, a file can be missing only
            assert set(responses) <= {"200", "304", "404", "503"}, name
            continue
        if path.startswith(EST):
            assert responses.pop("503")["content"] == EST_ERROR | PROBLEM
            for status in ("400", "401", "403", "404", "413", "415", "429"):
                assert set(responses[status]["content"]) == set(EST_ERROR), (name, status)
            continue
        told = OPCP_ERROR if is_opcp(path) else OICP_ERROR if is_oicp(path) else PROBLEM
        told = OCPI_ERROR if is_ocpi(path) else told
        for status in ("400", "401", "403", "404", "413", "415", "429", "503"):
            assert responses[status]["content"] == told, (name, status)


def test_requests_forbid_what_nobody_documented(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for name, operation in operations(description):
        if name == "post /oauth/token":  # RFC 6749 section 3.2: unknown parameters are ignored
            continue
        if is_ocpi(name.partition(" ")[2]):  # a partner may speak a later edition
            continue
        if takes_octets(operation) or name == "post /v1/sites/import-ocpi-locations":
            continue
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schema = schemas[media["schema"]["$ref"].rpartition("/")[2]]
            assert schema["additionalProperties"] is False, name


def test_every_operation_is_described_in_words(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        assert operation["summary"], name
        assert operation["tags"], name


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.mark.timeout(900)  # every route there is, in many ways
def test_answers_are_as_described(application: Application, description: dict[str, Any]) -> None:
    """As an administrator, so that no role ends a question early; on things and on no things."""
    refused = {"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}}
    api = schemathesis.openapi.from_dict(description, config=schemathesis.Config.from_dict(refused))
    api.app = application.wsgi
    token = {"Authorization": f"Bearer {application.tokens['admin']}"}
    failures: dict[str, str] = {}
    for found in api.get_all_operations():
        assert isinstance(found, Ok)
        known = asdict(application.things()) | {"operator_id": OURS, "evse_ids": []}
        for mode in GenerationMode:
            if mode is GenerationMode.NEGATIVE and takes_anything(found.ok()):
                continue
            try:
                explore(found.ok(), mode, known, token)
            except Exception as failure:
                told = "".join(traceback.format_exception(failure))
                failures[f"{mode} {found.ok().label}"] = told
    assert not failures, "\n".join(failures.values())


def explore(
    operation: Any, mode: GenerationMode, known: Mapping[str, object], token: Mapping[str, str]
) -> None:
    """Ask an operation what its description allows (POSITIVE) or forbids (NEGATIVE)."""

    checks = list(CHECKS)
    if takes_anything(operation):
        checks.remove(negative_data_rejection)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(generation_mode=mode), on_things=st.booleans())
    def ask(case: Any, on_things: bool) -> None:
        case.headers = {}
        if on_things and mode is GenerationMode.POSITIVE:
            case.path_parameters = insert(known, case.path_parameters)
            case.body = insert(known, case.body)
        case.call_and_validate(headers=token, checks=checks)

    ask()


def insert(known: Mapping[str, object], given: Any) -> Any:
    """Put what exists in the place of what was generated under its name."""
    if not isinstance(given, Mapping):
        return given
    return {name: known.get(name, value) for name, value in given.items()}
