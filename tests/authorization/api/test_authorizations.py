"""`/v1/authorizations` and `/v1/autocharge/resolve`: shapes in and out, and every bad input."""

from collections.abc import Mapping

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authorization.api.authorizations import to_claim
from authorization.api.schemas import AuthorizationRequest, read_body
from authorization.model.certificate_hash import HashAlgorithm
from authorization.model.decision import RULES_VERSION
from autocharge.model.resolution import Conflicting, Resolved, Suspended
from foundation.errors import ServiceError
from foundation.hot_routes import MAX_BODY_BYTES
from pki.model.verdict import Fault
from tests.authorization.api.conftest import Api
from tests.authorization.chains import authorities, chain_pem, leaf, recorded
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    EMAID,
    MAC,
    MO,
    OTHER_CPO,
    OTHER_EMAID,
    OTHER_MO,
    VIN,
    invalid,
    token,
)
from tests.authorization.model.test_certificate_hash import hash_data

CHAIN: dict[str, str] = {
    "type": "contract_certificate",
    "emaid": "DE-ABC-C12345678",
    "certificate_chain": chain_pem("DEABCC12345678"),
}
FIELDS = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")


def hashes(*texts: tuple[str, str, str, str]) -> Mapping[str, object]:
    return {
        "type": "contract_certificate",
        "emaid": "DEABCC12345678",
        "certificate_hash_data": [dict(zip(FIELDS, one, strict=True)) for one in texts],
    }


OWN_HASH = hash_data(leaf("DEABCC12345678"), authorities()[2])


def test_an_accepted_chain(api: Api) -> None:
    answer = api.authorize(CHAIN)
    assert answer.status == 200
    reference = answer.json.pop("reference")
    assert answer.json == {
        "outcome": "accepted",
        "evcoid": "DEABCC12345678",
        "evidence": "contract_certificate",
        "assurance": "station_attested",
        "certificate_status": "Accepted",
        "valid_until": "2027-03-11T00:00:00Z",
        "reasons": [
            {
                "code": "certificate_chain_valid",
                "detail": "the chain leads to a trusted root and names the claimed EMAID",
            },
            {"code": "contract_stands", "detail": "the contract is active and in its term"},
        ],
    }
    read = api.get(f"/v1/authorizations/{reference}")
    assert read.status == 200
    assert read.json == answer.json | {
        "reference": reference,
        "decided_at": "2026-12-01T00:00:00Z",
        "operator_id": "DEABC",
        "station_id": "CS-1",
        "evse_id": None,
        "rules_version": RULES_VERSION,
        "partner": None,
    }
    assert api.get(f"/v1/authorizations/{reference}", MO).status == 200
    assert api.get(f"/v1/authorizations/{reference}", AUDITOR).status == 200
    for stranger in (OTHER_CPO, OTHER_MO):
        assert api.get(f"/v1/authorizations/{reference}", stranger).status == 404
    assert api.get("/v1/authorizations/nothing").status == 404


def test_an_evse_instead_of_a_station(api: Api) -> None:
    body = {"evse_id": "de*abc*e1", "identification": CHAIN}
    answer = api.post("/v1/authorizations", body)
    assert (answer.status, answer.json["outcome"]) == (200, "accepted")
    read = api.get(f"/v1/authorizations/{answer.json['reference']}").json
    assert (read["station_id"], read["evse_id"]) == ("CS-1", "DEABCE1")


def test_every_identifier_type(api: Api) -> None:
    api.world.resolve.answers = {
        MAC: Resolved("e1", EMAID, ()),
        VIN: Resolved("e2", EMAID, ()),
    }
    api.world.tokens.tokens = {(token().kind, "04A2B3C4"): token()}
    asked = [
        ("mac", "VID:98ED5CB9BE31", "accepted", "autocharge"),
        ("mac", "000098ed5cb9be31", "accepted", "autocharge"),
        ("evccid", "98-ED-5C-B9-BE-31", "accepted", "autocharge"),
        ("evccid", "WDBVABCDEFGHIJKLMNO7", "unknown", "autocharge"),
        ("vin", VIN.lower(), "accepted", "autocharge"),
        ("emaid", "DE-ABC-C12345678", "invalid", "emaid"),
        ("rfid", "04:a2:b3:c4", "accepted", "rfid"),
        ("app", "04A2B3C4", "unknown", "app"),
        ("ad_hoc", "card 1234", "unknown", "ad_hoc"),
    ]
    for kind, value, outcome, evidence in asked:
        answer = api.authorize({"type": kind, "value": value})
        assert answer.status == 200, kind
        assert (answer.json["outcome"], answer.json["evidence"]) == (outcome, evidence)
        assert answer.json["assurance"] == "identifier"
        assert answer.json["reasons"]
        assert answer.json["certificate_status"] == (
            "NoCertificateAvailable" if kind == "emaid" else None
        )


def test_a_contract_certificate_without_one_is_a_bare_emaid(api: Api) -> None:
    answer = api.authorize({"type": "contract_certificate", "emaid": "DEABCC12345678"})
    assert (answer.json["outcome"], answer.json["certificate_status"], answer.json["evidence"]) == (
        "invalid",
        "NoCertificateAvailable",
        "emaid",
    )


def test_a_refusal_is_an_answer_with_its_reasons(api: Api) -> None:
    api.world.validate.verdict = invalid(Fault.REVOKED, "certificate_revoked", "other")
    answer = api.authorize(CHAIN)
    assert answer.status == 200
    assert (answer.json["outcome"], answer.json["certificate_status"]) == (
        "invalid",
        "CertificateRevoked",
    )
    assert [reason["code"] for reason in answer.json["reasons"]] == ["certificate_revoked", "other"]


def test_hash_data(api: Api) -> None:
    own, other = recorded("DEABCC12345678"), recorded("DEABCC87654321")
    api.world.contracts.recorded = {EMAID.key: (own,), OTHER_EMAID.key: (other,)}
    _, sub1, sub2 = authorities()
    upper = (OWN_HASH[0], *(text.upper() for text in OWN_HASH[1:]))
    for accepted in (hashes(OWN_HASH), hashes(hash_data(sub2, sub1), upper)):  # type: ignore[arg-type]
        assert api.authorize(accepted).json["outcome"] == "accepted"
    others = hash_data(leaf("DEABCC87654321"), sub2)
    for refused in (hashes(hash_data(sub2, sub1)), hashes(others)):
        answer = api.authorize(refused).json
        assert (answer["outcome"], answer["certificate_status"]) == ("invalid", "CertChainError")
        assert [reason["code"] for reason in answer["reasons"]] == ["certificate_hash_unknown"]


def test_a_rehearsal(api: Api) -> None:
    body = {"station_id": "CS-1", "identification": CHAIN, "at": "2027-01-01T00:00:00+01:00"}
    answer = api.post("/v1/authorizations", body, ADMIN)
    assert answer.status == 200
    assert (answer.json["sandbox"], answer.json["reference"]) == (True, None)
    assert not api.world.log.records
    refused = api.post("/v1/authorizations", body)
    assert (refused.status, refused.json["code"]) == (403, "administrators_only")


def test_a_station_of_another_operator_and_an_unknown_one_are_alike(api: Api) -> None:
    def ask(station_id: str, who: str) -> object:
        principal = OTHER_CPO if who == "other" else MO
        body = {"station_id": station_id, "identification": CHAIN}
        answer = api.post("/v1/authorizations", body, principal)
        assert answer.status == 403
        return answer.json

    assert ask("CS-1", "other") == ask("CS-9", "other") == ask("CS-1", "mo")


@pytest.mark.parametrize(
    ("identification", "status", "named"),
    [
        ({}, 400, "identification"),
        ([], 400, "identification"),
        ("text", 400, "identification"),
        (None, 400, "identification"),
        ({"type": "nothing", "value": "x"}, 400, "identification"),
        ({"type": "mac"}, 400, "identification.value"),
        ({"type": "mac", "value": 5}, 400, "identification.value"),
        ({"type": "mac", "value": ""}, 400, "identification.value"),
        ({"type": "mac", "value": MAC, "more": 1}, 400, "identification.more"),
        ({"type": "mac", "value": "0" * 12}, 400, "identification.value"),
        ({"type": "mac", "value": "x" * 261}, 400, "identification.value"),
        ({"type": "vin", "value": "WDB"}, 400, "identification.value"),
        ({"type": "evccid", "value": "98ED5CB9BE3"}, 400, "identification.value"),
        ({"type": "emaid", "value": "DE"}, 400, "identification.value"),
        ({"type": "rfid", "value": "é"}, 400, "identification.value"),
        (CHAIN | {"emaid": "nonsense"}, 400, "identification.emaid"),
        (CHAIN | {"certificate_chain": "nonsense"}, 400, "identification.certificate_chain"),
        (CHAIN | {"certificate_chain": CHAIN["certificate_chain"][:-100]}, 400, None),
        (CHAIN | {"certificate_chain": CHAIN["certificate_chain"] * 4}, 413, None),
        (CHAIN | {"certificate_chain": "x" * 50_000}, 400, None),
        (hashes(OWN_HASH, OWN_HASH, OWN_HASH, OWN_HASH, OWN_HASH), 400, None),
        (hashes(), 400, None),
        (hashes(("SHA1", "aa", "aa", "1")), 400, None),
        (
            hashes(("SHA256", "zz", "aa", "1")),
            400,
            "identification.certificate_hash_data.0.issuerNameHash",
        ),
    ],
)
def test_bad_identifications(
    api: Api, identification: object, status: int, named: str | None
) -> None:
    answer = api.post(
        "/v1/authorizations", {"station_id": "CS-1", "identification": identification}
    )
    assert answer.status == status
    assert answer.json["code"]
    assert named is None or named in answer.json["fields"]
    assert MAC not in str(answer.json)
    assert not api.world.log.records


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"\\ud800"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 60_000, 400),
        (b'{"station_id": "CS-1"}', 400),
        (b"x" * (10 * 1024 * 1024), 413),
        (orjson.dumps({"identification": CHAIN}), 400),
        (orjson.dumps({"identification": CHAIN, "station_id": "a/b"}), 400),
        (orjson.dumps({"identification": CHAIN, "station_id": "a\x00"}), 400),
        (
            orjson.dumps({"identification": CHAIN, "station_id": "CS-1", "evse_id": "DE*ABC*E1"}),
            400,
        ),
        (orjson.dumps({"identification": CHAIN, "evse_id": "nonsense"}), 400),
        (orjson.dumps({"identification": CHAIN, "station_id": "CS-1", "at": "2027-01-01"}), 400),
        (orjson.dumps({"identification": CHAIN, "station_id": "CS-1", "at": 5}), 400),
        (
            orjson.dumps(
                {
                    "identification": CHAIN,
                    "station_id": "CS-1",
                    "at": "0001-01-01T00:00:00+14:00",
                }
            ),
            400,
        ),
        (orjson.dumps({"identification": CHAIN, "station_id": "CS-1", "more": 1}), 400),
    ],
)
def test_bad_bodies(api: Api, body: bytes, status: int) -> None:
    answer = api.post("/v1/authorizations", body, ADMIN)
    assert answer.status == status
    assert answer.json["code"]


def test_a_body_of_unknown_length_is_bounded() -> None:
    with pytest.raises(ServiceError) as caught:
        read_body(AuthorizationRequest, b" " * (MAX_BODY_BYTES + 1))
    assert caught.value.code == "body_too_large"


def test_no_token_no_answer(api: Api) -> None:
    assert api.client.post("/v1/authorizations", data=b"{}").status_code == 401


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
requests = st.fixed_dictionaries(
    {
        "station_id": st.just("CS-1"),
        "identification": st.one_of(
            json_values,
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(
                        ["mac", "evccid", "vin", "emaid", "rfid", "app", "ad_hoc", "x"]
                    ),
                    "value": st.text(max_size=40) | json_values,
                }
            ),
            st.fixed_dictionaries(
                {"type": st.just("contract_certificate")},
                optional={
                    "emaid": st.just("DEABCC12345678") | st.text(max_size=20) | json_values,
                    "certificate_chain": st.text(max_size=40) | json_values,
                    "certificate_hash_data": st.lists(
                        st.fixed_dictionaries(
                            {name: st.text(max_size=10) | json_values for name in FIELDS}
                            | {"hashAlgorithm": st.sampled_from([*HashAlgorithm, "x"])}
                        ),
                        max_size=5,
                    ),
                },
            ),
        ),
    },
    optional={"at": st.text(max_size=30) | json_values, "evse_id": json_values},
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests)
def test_any_json_is_a_claim_or_a_service_error(body: object) -> None:
    try:
        raw = orjson.dumps(body)
    except TypeError:  # a lone surrogate, or an integer of more than 64 bits
        return
    try:
        to_claim(read_body(AuthorizationRequest, raw))
    except ServiceError as refusal:
        assert refusal.kind in {"malformed", "too_large", "invalid"}


@pytest.mark.parametrize(
    ("resolution", "result", "evcoid"),
    [
        (Resolved("e1", EMAID, ("left_padded",)), "resolved", "DEABCC12345678"),
        (Suspended("e1", EMAID, ()), "suspended", "DEABCC12345678"),
        (Conflicting(()), "conflicting", None),
        (None, "unknown", None),
    ],
)
def test_resolve(api: Api, resolution: object, result: str, evcoid: str | None) -> None:
    api.world.resolve.answers = {} if resolution is None else {MAC: resolution}  # type: ignore[dict-item]
    answer = api.post("/v1/autocharge/resolve", {"type": "mac", "value": "98:ED:5C:B9:BE:31"})
    assert answer.status == 200
    assert (answer.json["result"], answer.json["evcoid"]) == (result, evcoid)
    assert (answer.json["evidence"], answer.json["assurance"]) == ("autocharge", "identifier")
    assert api.post("/v1/autocharge/resolve", {"type": "vin", "value": VIN}).status == 200
    assert api.post("/v1/autocharge/resolve", {"type": "mac", "value": MAC}, AUDITOR).status == 403
    assert api.post("/v1/autocharge/resolve", {"type": "emaid", "value": MAC}).status == 400
    assert api.post("/v1/autocharge/resolve", {"type": "mac", "value": "1"}).status == 400


def test_the_routes_are_described(api: Api) -> None:
    described = api.client.get("/openapi.json", headers={"Authorization": "Bearer cpo"}).get_json()
    paths = described["paths"]
    body = paths["/v1/authorizations"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"].endswith("/AuthorizationRequest")
    assert "/ocpp/2.0.1/{station_id}/Authorize" in paths
    assert "/ocpp/1.6/{station_id}/Authorize" in paths
    assert "/v1/autocharge/resolve" in paths
