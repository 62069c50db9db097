"""OCPP Authorize: every row of the answer table in the words of 2.0.1 and of 1.6."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.api.answer_table import load_answer_table
from authorization.api.ocpp import AnswerAuthorize201
from authorization.model.limits import Limit
from autocharge.model.resolution import Resolved
from contract_service.model.contract import ContractStatus
from pki.model.verdict import Fault
from tests.authorization.api.conftest import Api, build
from tests.authorization.chains import authorities, chain_pem, leaf, recorded
from tests.authorization.fakes import (
    CONTRACT,
    CPO,
    EMAID,
    MAC,
    MO,
    OTHER_CPO,
    World,
    invalid,
    token,
)
from tests.authorization.model.test_certificate_hash import hash_data

V201 = "/ocpp/2.0.1/CS-1/Authorize"
V16 = "/ocpp/1.6/CS-1/Authorize"
CHAIN: dict[str, Any] = {
    "idToken": {"idToken": "DEABCC12345678", "type": "eMAID"},
    "certificate": chain_pem("DEABCC12345678"),
}
FIELDS = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")


def hash_entry(texts: tuple[str, str, str, str]) -> dict[str, Any]:
    return dict(zip(FIELDS, texts, strict=True)) | {"responderURL": "http://ocsp.example/"}


OWN_HASH = hash_entry(hash_data(leaf("DEABCC12345678"), authorities()[2]))


def id_token(kind: str, text: str) -> dict[str, Any]:
    return {"idToken": {"idToken": text, "type": kind}}


def test_an_accepted_chain(api: Api) -> None:
    answer = api.post(V201, CHAIN)
    assert answer.status == 200
    reference = answer.json["customData"]["reference"]
    assert answer.json == {
        "idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": "2026-12-01T00:05:00Z"},
        "certificateStatus": "Accepted",
        "customData": {"vendorId": "evtrust", "reference": reference},
    }
    assert api.get(f"/v1/authorizations/{reference}").status == 200


def test_a_station_remembers_no_longer_than_the_answer_holds() -> None:
    world = World()
    world.validate.verdict = replace(
        world.validate.verdict, valid_until=world.now.replace(minute=1)
    )
    info = build(world).post(V201, CHAIN).json["idTokenInfo"]
    assert info["cacheExpiryDateTime"] == "2026-12-01T00:01:00Z"


@pytest.mark.parametrize(
    ("fault", "status", "certificate_status"),
    [
        (Fault.EXPIRED, "Expired", "CertificateExpired"),
        (Fault.REVOKED, "Invalid", "CertificateRevoked"),
        (Fault.ON_HOLD, "Invalid", "CertificateRevoked"),
        (Fault.CHAIN, "Invalid", "CertChainError"),
        (Fault.REVOCATION_UNKNOWN, "Invalid", "CertChainError"),
        (Fault.SIGNATURE, "Invalid", "SignatureError"),
    ],
)
def test_faults_of_the_chain(api: Api, fault: Fault, status: str, certificate_status: str) -> None:
    api.world.validate.verdict = invalid(fault)
    answer = api.post(V201, CHAIN).json
    assert answer["idTokenInfo"] == {"status": status}
    assert answer["certificateStatus"] == certificate_status


@pytest.mark.parametrize(
    ("contract_status", "status"),
    [(ContractStatus.SUSPENDED, "Blocked"), (ContractStatus.TERMINATED, "Invalid")],
)
def test_a_contract_that_does_not_stand(
    api: Api, contract_status: ContractStatus, status: str
) -> None:
    api.world.contracts.contracts = [replace(CONTRACT, status=contract_status)]
    answer = api.post(V201, CHAIN).json
    assert answer["idTokenInfo"] == {"status": status}
    assert answer["certificateStatus"] == "ContractCancelled"


@pytest.mark.parametrize(
    ("limit", "v201", "v16"),
    [
        (Limit.CONCURRENT, "ConcurrentTx", "ConcurrentTx"),
        (Limit.NO_CREDIT, "NoCredit", "Blocked"),
        (Limit.NOT_ALLOWED_HERE, "NotAtThisLocation", "Blocked"),
        (Limit.NOT_ALLOWED_EVSE_TYPE, "NotAllowedTypeEVSE", "Blocked"),
        (Limit.NOT_NOW, "NotAtThisTime", "Blocked"),
        (Limit.STEP_UP, "Invalid", "Invalid"),
    ],
)
def test_limits(limit: Limit, v201: str, v16: str) -> None:
    api = build(World(limits=(limit,)))
    api.world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    answer = api.post(V201, CHAIN).json
    assert answer["idTokenInfo"]["status"] == v201
    assert answer["certificateStatus"] == "Accepted"
    assert ("personalMessage" in answer["idTokenInfo"]) is (limit is Limit.STEP_UP)
    answer = api.post(V16, {"idTag": f"VID:{MAC}"}).json
    assert answer == {"idTagInfo": {"status": v16}}


def test_a_step_up_tells_the_driver_what_to_do() -> None:
    message = (
        build(World(limits=(Limit.STEP_UP,)))
        .post(V201, CHAIN)
        .json["idTokenInfo"]["personalMessage"]
    )
    assert (message["format"], message["language"]) == ("UTF8", "en")
    assert message["content"]


def test_hash_data(api: Api) -> None:
    api.world.contracts.recorded = {EMAID.key: (recorded("DEABCC12345678"),)}
    emaid = id_token("eMAID", "DE-ABC-C12345678")
    _, sub1, sub2 = authorities()
    upper = hash_entry(hash_data(sub2, sub1))
    answer = api.post(V201, {**emaid, "iso15118CertificateHashData": [OWN_HASH, upper]}).json
    assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == (
        "Accepted",
        "Accepted",
    )
    answer = api.post(V201, {**emaid, "iso15118CertificateHashData": [upper]}).json
    assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == (
        "Invalid",
        "CertChainError",
    )


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        ("MacAddress", "98ED5CB9BE31", "Accepted"),
        ("MacAddress", "VID:98ED5CB9BE31", "Accepted"),
        ("MacAddress", "98ED5CB9BE32", "Unknown"),
        ("MacAddress", "", "Invalid"),
        ("MacAddress", "000000000000", "Invalid"),
        ("ISO14443", "04:A2:B3:C4", "Accepted"),
        ("ISO15693", "04A2B3C4", "Accepted"),
        ("ISO14443", "04A2B3C5", "Unknown"),
        ("ISO14443", "", "Invalid"),
        ("Central", "04A2B3C4", "Unknown"),
        ("KeyCode", "1234", "Unknown"),
        ("Local", "04A2B3C4", "Unknown"),
        ("NoAuthorization", "", "Unknown"),
    ],
)
def test_other_tokens_have_no_certificate_status(
    api: Api, kind: str, text: str, status: str
) -> None:
    api.world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    api.world.tokens.tokens = {(token().kind, "04A2B3C4"): token()}
    answer = api.post(V201, id_token(kind, text))
    assert answer.status == 200
    assert answer.json["idTokenInfo"]["status"] == status
    assert "certificateStatus" not in answer.json
    assert len(api.world.log.records) == 1


@pytest.mark.parametrize(
    ("body", "certificate_status"),
    [
        (id_token("eMAID", "DEABCC12345678"), "NoCertificateAvailable"),
        (id_token("eMAID", "DEABCC87654321"), "NoCertificateAvailable"),
        (id_token("eMAID", "nonsense"), "NoCertificateAvailable"),
        (CHAIN | id_token("eMAID", "nonsense"), "CertChainError"),
        (CHAIN | id_token("eMAID", "DEABCC87654321"), "CertChainError"),
        (CHAIN | {"certificate": ""}, "CertChainError"),
        (CHAIN | {"certificate": "nonsense"}, "CertChainError"),
        (CHAIN | {"certificate": str(CHAIN["certificate"])[:-100]}, "CertChainError"),
        (
            {**id_token("eMAID", "nonsense"), "iso15118CertificateHashData": [OWN_HASH]},
            "CertChainError",
        ),
    ],
)
def test_what_the_vehicle_got_wrong_is_a_status(
    api: Api, body: object, certificate_status: str
) -> None:
    answer = api.post(V201, body)
    assert answer.status == 200
    assert answer.json["idTokenInfo"] == {"status": "Invalid"}
    assert answer.json["certificateStatus"] == certificate_status
    assert answer.json["customData"]["reference"] in api.world.log.records


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "idToken"),
        ([], "body"),
        (b"{", "body"),
        ({"idToken": "x"}, "idToken"),
        (id_token("EMAID", "x"), "idToken.type"),
        (id_token("eMAID", "x" * 37), "idToken.idToken"),
        (CHAIN | {"certificate": "x" * 5501}, "certificate"),
        (CHAIN | {"more": 1}, "more"),
        (CHAIN | {"iso15118CertificateHashData": []}, "iso15118CertificateHashData"),
        (CHAIN | {"iso15118CertificateHashData": [OWN_HASH] * 5}, "iso15118CertificateHashData"),
        (
            CHAIN | {"iso15118CertificateHashData": [OWN_HASH | {"serialNumber": "x"}]},
            "iso15118CertificateHashData.0.serialNumber",
        ),
        (
            CHAIN | {"iso15118CertificateHashData": [{"hashAlgorithm": "SHA256"}]},
            "iso15118CertificateHashData.0.issuerNameHash",
        ),
        (CHAIN | {"customData": {}}, "customData.vendorId"),
    ],
)
def test_what_is_off_the_schema_is_an_error(api: Api, body: object, named: str) -> None:
    answer = api.post(V201, body)
    assert answer.status == 400
    assert named in answer.json["fields"]
    assert not api.world.log.records


def test_custom_data_and_additional_info_are_let_pass(api: Api) -> None:
    custom: dict[str, Any] = {"customData": {"vendorId": "v", "anything": [1, {"a": 2}]}}
    info = {"additionalIdToken": "x", "type": "y", **custom}
    body = {
        "idToken": {
            "idToken": "DEABCC12345678",
            "type": "eMAID",
            "additionalInfo": [info],
            **custom,
        },
        "certificate": CHAIN["certificate"],
        "iso15118CertificateHashData": [OWN_HASH | custom],
        **custom,
    }
    assert api.post(V201, body).json["idTokenInfo"]["status"] == "Accepted"


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ("VID:98ED5CB9BE31", "Accepted"),
        ("vid:98ed5cb9be31", "Accepted"),
        ("VID:000098ED5CB9BE31", "Accepted"),
        ("VID:98ED5CB9BE32", "Invalid"),
        ("VID:", "Invalid"),
        ("04A2B3C4", "Accepted"),
        ("04A2B3C5", "Invalid"),
        ("", "Invalid"),
    ],
)
def test_ocpp_16(api: Api, tag: str, status: str) -> None:
    api.world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    api.world.tokens.tokens = {(token().kind, "04A2B3C4"): token()}
    answer = api.post(V16, {"idTag": tag})
    assert answer.status == 200
    info = answer.json["idTagInfo"]
    assert info.pop("status") == status
    assert info == ({"expiryDate": "2026-12-01T00:05:00Z"} if status == "Accepted" else {})


def test_ocpp_16_bad_payloads(api: Api) -> None:
    for body in ({}, {"idTag": "x" * 21}, {"idTag": 5}, {"idTag": "x", "more": 1}, b"nonsense"):
        assert api.post(V16, body).status == 400


def test_other_actions_versions_and_stations(api: Api) -> None:
    for path in ("/ocpp/2.0.1/CS-1/Heartbeat", "/ocpp/1.5/CS-1/Authorize"):
        answer = api.post(path, {})
        assert (answer.status, answer.json["code"]) == (404, "ocpp_action_unknown")
    for path in ("/ocpp/2.0.1/CS-2/Authorize", f"/ocpp/2.0.1/{'x' * 60}/Authorize"):
        assert api.post(path, CHAIN).status == 403
    assert api.post("/ocpp/1.6/CS%001/Authorize", {"idTag": "x"}).status == 403
    for stranger in (OTHER_CPO, MO):
        assert api.post(V201, CHAIN, stranger).status == 403
    assert api.send("GET", V201).status == 405


@given(st.sampled_from(["eMAID", "MacAddress", "ISO14443", "Central"]), st.text(max_size=36))
def test_whatever_a_vehicle_presents_gets_an_answer(kind: str, text: str) -> None:
    try:
        body = orjson.dumps(id_token(kind, text))
    except TypeError:  # a lone surrogate
        return
    handle = AnswerAuthorize201(World().authorize, load_answer_table())
    status, answer = handle(CPO, {"station_id": "CS-1"}, body)
    assert status == 200
    assert orjson.loads(answer)["idTokenInfo"]["status"] in {"Invalid", "Unknown"}
