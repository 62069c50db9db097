"""The role table refuses nonsense, base64 of DER is read strictly, errors have OPCP's body."""

import base64
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.api.opcp import (
    MAXIMUM_CERTIFICATE_BYTES,
    error_body,
    is_opcp,
    load_role_table,
    parse_role_table,
    read_der,
    write_der,
)
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

PATH = "/v1/oem/provCerts/<pcid>"


def client(*roles: ClientRole) -> Principal:
    return Principal("someone", frozenset(roles))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/root/rootCerts", set()),
        ("DELETE", "/v1/root/rootCerts/<root_certificate_id>", set()),
        ("GET", "/v1/root/rootCerts", {"CPO", "MO", "OEM", "CPS", "AUDITOR"}),
        ("HEAD", "/v1/root/ctl", {"CPO", "MO", "OEM", "CPS", "AUDITOR"}),
        ("GET", PATH, {"MO", "OEM", "AUDITOR"}),
        ("DELETE", PATH, {"OEM"}),
        ("PUT", "/v1/oem/provCerts", {"OEM"}),
        ("PUT", "/v1/cps/generate/signedContractData", {"MO"}),
        ("PUT", "/v1/ccp/signedContractData", {"CPS"}),
        ("POST", "/v1/ccp/signedContractData", {"CPO"}),
        ("DELETE", "/v1/ccp/signedContractData/<string:emaid>", {"MO"}),
        ("POST", "/v1/ccp/signedContractData/<pcid>/<emaid>/default", {"OEM"}),
    ],
)
def test_an_operation_opens_to_its_roles_and_to_admin_alone(
    method: str, path: str, allowed: set[str]
) -> None:
    table = load_role_table()
    table.require(client(ClientRole.ADMIN), method, path)
    for role in set(ClientRole) - {ClientRole.ADMIN}:
        if role.value in allowed:
            table.require(client(role), method, path)
        else:
            with pytest.raises(ServiceError, match="role_required"):
                table.require(client(role), method, path)
    with pytest.raises(ServiceError, match="role_required"):
        table.require(client(), method, path)


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "POST"])
def test_what_the_table_does_not_have_is_forbidden_to_admin_too(method: str) -> None:
    with pytest.raises(ServiceError, match="operation_without_roles"):
        load_role_table().require(client(ClientRole.ADMIN), method, PATH)


GOOD = {"route": "GET /v1/ccp/lookupContract/{emaid}", "roles": ["OEM"]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"roles": ["OEMS"]}, "roles are of"),
        ({"roles": ["ADMIN"]}, "ADMIN always may"),
        ({"roles": "OEM"}, "roles are of"),
        ({"roles": ["OEM", "OEM"]}, "twice"),
        ({"route": "GET /v1/contracts"}, "a route is"),
        ({"route": "GET /v1/ccps"}, "a route is"),
        ({"route": "FETCH /v1/ccp/x"}, "a route is"),
        ({"route": 7}, "a route is"),
        ({"route": "PUT /v1/ccp/x", "roles": ["AUDITOR"]}, "an AUDITOR reads"),
        ({"owner": "OEM"}, "and nothing else"),
    ],
)
def test_nonsense_in_the_table_is_refused(changed: dict[str, object], said: str) -> None:
    parse_role_table({"lookupContract": GOOD})
    with pytest.raises(ValueError, match=said):
        parse_role_table({"lookupContract": GOOD | changed})


def test_two_spellings_of_one_route_are_refused() -> None:
    other = GOOD | {"route": "GET /v1/ccp/lookupContract/{contract}"}
    with pytest.raises(ValueError, match="twice"):
        parse_role_table({"lookupContract": GOOD, "lookup": other})


@given(st.binary(min_size=0, max_size=64).map(lambda body: b"\x30" + body))
def test_der_is_read_back(der: bytes) -> None:
    assert read_der(write_der(der), "vehicleCertificate") == der


@given(st.text(max_size=60))
def test_any_other_text_is_malformed(text: str) -> None:
    try:
        der = read_der(text, "caCertificate")
    except ServiceError as refused:
        assert refused.kind is Kind.MALFORMED
        assert refused.fields == {"caCertificate": "not base64 of DER"}
    else:
        assert base64.b64encode(der).decode() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TUlJ",
        "MAA",
        "MAA=\n",
        " MAA=",
        "MA A=",
        "MAA-",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "\uff2dAA=",
    ],
)
def test_only_the_base64_alphabet_is_read(text: str) -> None:
    with pytest.raises(ServiceError, match="invalid_der"):
        read_der(text, "x")


def test_the_bound_counts_bytes_not_characters() -> None:
    longest = b"\x30" + bytes(MAXIMUM_CERTIFICATE_BYTES - 1)
    assert read_der(write_der(longest), "x") == longest
    for text in (write_der(longest + bytes(3)), "A" * 1_000_000):
        with pytest.raises(ServiceError) as caught:
            read_der(text, "x")
        assert caught.value.kind is Kind.TOO_LARGE


def test_an_error_names_each_input_that_is_at_fault() -> None:
    trace_id = str(uuid.uuid4())
    told = json.loads(error_body("invalid_request", "look", {"pcid": "too short"}, trace_id))
    assert told == {
        "errorMessages": ["invalid_request: look", "pcid : too short"],
        "traceId": trace_id,
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/root/rootCerts", True),
        ("/v1/root", True),
        ("/v1/roots", False),
        ("/cps/signer", True),
        ("/cps/signers", False),
        ("/cps/simpleenroll", False),  # EST in the dialect of a CSMS
        ("/v1/contracts", False),
        ("/v1/oem/", True),
    ],
)
def test_which_addresses_are_opcp(path: str, expected: bool) -> None:
    assert is_opcp(path) is expected
