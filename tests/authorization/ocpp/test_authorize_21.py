"""Authorize of OCPP 2.1: open types, longer texts, and otherwise the answers of 2.0.1."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.api.answer_table import load_answer_table
from authorization.api.ocpp import AnswerAuthorize201
from authorization.api.ocpp_authorize_21 import AnswerAuthorize21
from authorization.model.outcome import Outcome
from authorization.operations.ports import DecisionRecord
from autocharge.model.resolution import Resolved
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.verdict import Fault
from tests.authorization.chains import chain_pem
from tests.authorization.fakes import (
    CPO,
    EMAID,
    MAC,
    MO,
    OTHER_CPO,
    VIN,
    World,
    invalid,
    token,
)
from tests.authorization.ocpp import published

EVCCID = "WDB-V-" + "ABC" * 10 + "-X"
CHAIN = chain_pem("DEABCC12345678")


def id_token(kind: str, text: str, **more: object) -> dict[str, Any]:
    return {"idToken": {"idToken": text, "type": kind, **more}}


def ask(world: World, payload: object, who: Principal = CPO, station: str = "CS-1") -> Any:
    handle = AnswerAuthorize21(world.authorize, load_answer_table())
    status, answer = handle(who, {"station_id": station}, json.dumps(payload).encode())
    assert status == 200
    read = json.loads(answer)
    assert published.errors("2.1", "Authorize", payload) == []
    assert published.errors("2.1", "Authorize", read, response=True) == []
    return read


def known() -> World:
    world = World()
    world.resolve.answers = {
        MAC: Resolved("e1", EMAID, ()),
        VIN: Resolved("e2", EMAID, ()),
        EVCCID.replace("-", ""): Resolved("e3", EMAID, ()),
    }
    world.tokens.tokens = {(token().kind, "04A2B3C4"): token()}
    return world


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        ("MacAddress", "98:ED:5C:B9:BE:31", "Accepted"),
        ("MacAddress", f"VID:{MAC}", "Accepted"),
        ("MacAddress", "", "Invalid"),
        ("EVCCID", MAC, "Accepted"),
        ("EVCCID", EVCCID, "Accepted"),
        ("EVCCID", "x" * 255, "Invalid"),
        ("VIN", VIN.lower(), "Accepted"),
        ("VIN", VIN[:-1] + "6", "Unknown"),
        ("VIN", "nonsense", "Invalid"),
        ("ISO14443", "04:A2:B3:C4", "Accepted"),
        ("ISO15693", "04A2B3C5", "Unknown"),
        ("Central", "04A2B3C4", "Unknown"),
        ("DirectPayment", "anything", "Unknown"),
        ("something new", "anything", "Unknown"),
        ("evccid", MAC, "Unknown"),  # types are compared as written
        ("eMAID", "nonsense", "Invalid"),
    ],
)
def test_types(kind: str, text: str, status: str) -> None:
    world = known()
    answer = ask(world, id_token(kind, text))
    assert answer["idTokenInfo"]["status"] == status
    assert ("certificateStatus" in answer) is (kind == "eMAID")
    (record,) = world.log.records.values()
    assert isinstance(record, DecisionRecord)
    assert answer["customData"] == {
        "vendorId": "evtrust",
        "reference": record.decision.reference,
    }


def test_a_vehicles_evccid_beside_its_mac() -> None:
    """EVerest says `VID:` and a MAC as MacAddress, and adds where it had it from."""
    info = [{"type": "EVCCID", "additionalIdToken": EVCCID}]
    answer = ask(known(), id_token("MacAddress", f"VID:{MAC}", additionalInfo=info))
    assert answer["idTokenInfo"]["status"] == "Accepted"
    # where the main text is unreadable the other one counts, and only under that type
    answer = ask(known(), id_token("MacAddress", "VID:", additionalInfo=info))
    assert answer["idTokenInfo"]["status"] == "Accepted"
    other = [{"type": "VIN", "additionalIdToken": EVCCID}]
    answer = ask(known(), id_token("MacAddress", "VID:", additionalInfo=other))
    assert answer["idTokenInfo"]["status"] == "Invalid"
    # a readable but unknown one is not talked round by what stands beside it
    answer = ask(known(), id_token("MacAddress", "98ED5CB9BE32", additionalInfo=info))
    assert answer["idTokenInfo"]["status"] == "Unknown"


@pytest.mark.parametrize("fault", [None, *Fault])
def test_certificates_are_answered_as_in_201(fault: Fault | None) -> None:
    payload = {**id_token("eMAID", "DEABCC12345678"), "certificate": CHAIN}
    answers = []
    for translator in (AnswerAuthorize201, AnswerAuthorize21):
        world = World()
        if fault is not None:
            world.validate.verdict = invalid(fault)
        handle = translator(world.authorize, load_answer_table())
        _, answer = handle(CPO, {"station_id": "CS-1"}, json.dumps(payload).encode())
        answers.append(json.loads(answer) | {"customData": None})
    assert answers[0] == answers[1]
    assert answers[0]["certificateStatus"]


def test_a_longer_chain_is_read() -> None:
    """Of ISO 15118-20: past the 5500 characters of 2.0.1."""
    padded = CHAIN + "\n" * (10_000 - len(CHAIN))
    answer = ask(World(), {**id_token("eMAID", "DEABCC12345678"), "certificate": padded})
    assert answer["certificateStatus"] == "Accepted"


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({}, "idToken"),
        (id_token("x" * 21, "x"), "idToken.type"),
        (id_token("EVCCID", "x" * 256), "idToken.idToken"),
        (id_token("EVCCID", "x", additionalInfo=[]), "idToken.additionalInfo"),
        (
            id_token("EVCCID", "x", additionalInfo=[{"type": "x", "additionalIdToken": "x" * 256}]),
            "idToken.additionalInfo.0.additionalIdToken",
        ),
        (
            id_token("EVCCID", "x", additionalInfo=[{"type": "x", "additionalIdToken": ""}] * 11),
            "idToken.additionalInfo",
        ),
        ({**id_token("eMAID", "x"), "certificate": "x" * 10_001}, "certificate"),
        ({**id_token("eMAID", "x"), "more": 1}, "more"),
    ],
)
def test_what_is_off_the_schema_is_an_error(payload: object, named: str) -> None:
    world = World()
    handle = AnswerAuthorize21(world.authorize, load_answer_table())
    with pytest.raises(ServiceError) as caught:
        handle(CPO, {"station_id": "CS-1"}, json.dumps(payload).encode())
    assert caught.value.kind is Kind.MALFORMED
    assert named in caught.value.fields
    assert world.log.records == {}


@pytest.mark.parametrize(("who", "station"), [(OTHER_CPO, "CS-1"), (MO, "CS-1"), (CPO, "CS-2")])
def test_another_operators_station_is_forbidden(who: Principal, station: str) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(World(), id_token("EVCCID", MAC), who, station)
    assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "station_not_yours")


@given(st.text(max_size=20), st.text(max_size=255))
def test_whatever_a_vehicle_presents_is_decided(kind: str, text: str) -> None:
    world = World()
    try:
        body = json.dumps(id_token(kind, text), ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return
    handle = AnswerAuthorize21(world.authorize, load_answer_table())
    _, answer = handle(CPO, {"station_id": "CS-1"}, body)
    assert json.loads(answer)["idTokenInfo"]["status"] in {"Invalid", "Unknown"}
    (record,) = world.log.records.values()
    assert record.decision.outcome is not Outcome.ACCEPTED


def test_decisions_hold_no_identifier() -> None:
    world = known()
    ask(world, id_token("EVCCID", EVCCID))
    (record,) = world.log.records.values()
    assert EVCCID.replace("-", "") not in repr(replace(record, client_id=""))
