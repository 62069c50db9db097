"""Each row of the answer table, to each asker, in the exact words of its protocol."""

import json
from typing import Any

import pytest

from authorization.api.answer_table import load_answer_table
from authorization.api.ocpi_answers import load_ocpi_answers
from authorization.api.ocpp import AnswerAuthorize16, AnswerAuthorize201
from authorization.api.ocpp_authorize_21 import AnswerAuthorize21
from authorization.api.ocpp_data_transfer import AnswerDataTransfer, InOcpp20
from authorization.api.oicp import AnswerAuthorizeStart
from authorization.api.oicp_answers import load_oicp_table
from authorization.operations.answer_hub import AnswerHub
from authorization.operations.authorize_for_partner import AuthorizeForPartner
from foundation.hot_routes import Handle
from tests.authorization.answers.rows import ROWS, UID, in_order
from tests.authorization.chains import chain_pem
from tests.authorization.fakes import ADMIN, CPO, EMAID, MAC, World
from tests.authorization.ocpi.world import OcpiWorld
from tests.authorization.ocpp import published
from tests.authorization.ocpp.assembly import HAS2BE, PNC

TABLE = load_answer_table()
STEP_UP = "limit: step_up"
EMAID_TOKEN = {"idToken": EMAID.canonical, "type": "eMAID"}
BY_CHAIN = {"idToken": EMAID_TOKEN, "certificate": chain_pem("DEABCC12345678")}
TOKENS = ({"idToken": UID, "type": "ISO14443"}, {"idToken": MAC, "type": "MacAddress"})
V16, V201, V21 = "1.6", "2.0.1", "2.1"


def world_of(case: str) -> World:
    world = in_order()
    ROWS[case].prepare(world)
    return world


def asked(handle: Handle, version: str, action: str, payload: object) -> Any:
    """Return the response, which the published schema of the version must allow."""
    status, body = handle(CPO, {"station_id": "CS-1"}, json.dumps(payload).encode())
    assert status == 200
    answer = json.loads(body)
    assert published.errors(version, action, payload) == []
    assert published.errors(version, action, answer, response=True) == []
    return answer


def handle_2(world: World, version: str) -> Handle:
    translator = AnswerAuthorize201 if version == V201 else AnswerAuthorize21
    handle: Handle = translator(world.authorize, TABLE)
    return handle


@pytest.mark.parametrize("version", [V201, V21])
@pytest.mark.parametrize("case", ROWS)
def test_ocpp_2(case: str, version: str) -> None:
    row = ROWS[case]
    if row.ocpp is not None:
        answer = asked(handle_2(world_of(case), version), version, "Authorize", BY_CHAIN)
        assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == row.ocpp
        assert ("personalMessage" in answer["idTokenInfo"]) is (case == STEP_UP)
    for token in TOKENS if row.token is not None else ():
        answer = asked(handle_2(world_of(case), version), version, "Authorize", {"idToken": token})
        assert answer["idTokenInfo"]["status"] == row.token
        assert "certificateStatus" not in answer


@pytest.mark.parametrize("vendor_id", [PNC, HAS2BE])
@pytest.mark.parametrize("case", ROWS)
def test_ocpp_16_plug_and_charge(case: str, vendor_id: str) -> None:
    row = ROWS[case]
    if row.ocpp is None:
        return
    handle: Handle = AnswerAuthorize201(world_of(case).authorize, TABLE)
    if vendor_id == HAS2BE:
        handle = InOcpp20(handle)
    transfer = AnswerDataTransfer({(vendor_id, "Authorize"): handle}, lambda *_: None)
    payload = {"vendorId": vendor_id, "messageId": "Authorize", "data": json.dumps(BY_CHAIN)}
    outer = asked(transfer, V16, "DataTransfer", payload)
    assert outer["status"] == "Accepted"
    answer = json.loads(outer["data"])
    assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == row.ocpp
    if vendor_id == PNC:
        assert published.errors(V201, "Authorize", answer, response=True) == []


@pytest.mark.parametrize("case", ROWS)
def test_ocpp_16(case: str) -> None:
    row = ROWS[case]
    for id_tag in (UID, f"VID:{MAC}") if row.id_tag is not None else ():
        handle = AnswerAuthorize16(world_of(case).authorize, TABLE)
        answer = asked(handle, V16, "Authorize", {"idTag": id_tag})
        assert answer["idTagInfo"]["status"] == row.id_tag


@pytest.mark.parametrize("version", [V201, V21])
def test_an_emaid_alone_is_no_certificate(version: str) -> None:
    answer = asked(handle_2(in_order(), version), version, "Authorize", {"idToken": EMAID_TOKEN})
    assert answer["idTokenInfo"]["status"] == "Invalid"
    assert answer["certificateStatus"] == "NoCertificateAvailable"


@pytest.mark.parametrize("case", ROWS)
def test_oicp(case: str) -> None:
    contract_code, card_code = ROWS[case].oicp
    by_contract = {"PlugAndChargeIdentification": {"EvcoID": EMAID.with_check_digit()}}
    by_card = {"RFIDMifareFamilyIdentification": {"UID": UID}}
    for code, identification in ((contract_code, by_contract), (card_code, by_card)):
        if code is None:
            continue
        world = world_of(case)
        hub = AnswerHub(
            world.authorize,
            world.stations,
            world.contracts,
            world.tokens,
            lambda _client_id: None,
            world,  # type: ignore[arg-type] # a start looks no session up
        )
        body = {"OperatorID": "DE*ABC", "EvseID": "DE*ABC*E1", "Identification": identification}
        start = AnswerAuthorizeStart(hub, load_oicp_table())
        status, told = start(ADMIN, {"operator_id": "DE*ABC"}, json.dumps(body).encode())
        answer = json.loads(told)
        assert (status, answer["StatusCode"]["Code"]) == (200, code)
        authorized = "Authorized" if code == "000" else "NotAuthorized"
        assert answer["AuthorizationStatus"] == authorized


def test_ocpi(world: OcpiWorld) -> None:
    held = world.registered()
    table = load_ocpi_answers()
    assert set(table.allowed.values()) <= {
        "ALLOWED",
        "BLOCKED",
        "EXPIRED",
        "NO_CREDIT",
        "NOT_ALLOWED",
    }
    for case, row in ROWS.items():
        for_emaid, for_card = row.ocpi
        for expected, uid, kind, versions in (
            (for_emaid, EMAID.canonical, "EMAID", ("2.3.0",)),
            (for_card, UID, "RFID", ("2.2.1", "2.3.0")),
        ):
            for version in versions if expected is not None else ():
                decision = world_of(case)
                world.authorize = AuthorizeForPartner(
                    decision.authorize, decision.stations, decision.contracts.by_id
                )
                told = world.ask(
                    "POST",
                    f"/ocpi/{version}/emsp/tokens/{uid}/authorize?type={kind}",
                    {"location_id": "LOC1", "evse_uids": ["E1"]},
                    token=held,
                )
                if expected == "2004":
                    assert (told.http, told.code) == (404, 2004), (case, kind)
                else:
                    assert (told.http, told.code) == (200, 1000), (case, kind)
                    assert told.data["allowed"] == expected, (case, kind)
