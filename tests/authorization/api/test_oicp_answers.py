"""Each row of the decision's outcomes as OICP says it, and nonsense in the table refused."""

import copy
import json
import tomllib
from dataclasses import replace
from typing import Any

import pytest

from authorization.api.oicp_answers import (
    IDENTIFICATIONS,
    TABLE,
    Told,
    decision_body,
    error_body,
    load_oicp_table,
    parse_oicp_table,
    refused_body,
)
from authorization.model.claim import EmaidClaim
from authorization.model.decision import decide
from authorization.model.oicp import MAX_ADDITIONAL_INFO_CHARACTERS
from authorization.model.outcome import Outcome
from tests.authorization.fakes import CONTRACT, EMAID, NOW

ACCEPTED = decide(EmaidClaim(EMAID, attested=True), CONTRACT, now=NOW, reference="r" * 36)
SESSION = "b2688855-7f00-0002-6d8e-48d883f6abb6"

# outcome -> code for PlugAndChargeIdentification, RemoteIdentification, RFIDMifareFamily…
CODES = {
    Outcome.ACCEPTED: ("000", "000", "000"),
    Outcome.BLOCKED: ("200", "200", "200"),
    Outcome.EXPIRED: ("210", "210", "210"),
    Outcome.INVALID: ("210", "106", "210"),
    Outcome.UNKNOWN: ("120", "105", "102"),
    Outcome.CONCURRENT: ("106", "106", "106"),
    Outcome.NO_CREDIT: ("106", "106", "106"),
    Outcome.NOT_ALLOWED_HERE: ("106", "106", "106"),
    Outcome.NOT_ALLOWED_EVSE_TYPE: ("106", "106", "106"),
    Outcome.NOT_NOW: ("106", "106", "106"),
    Outcome.STEP_UP: ("106", "106", "106"),
}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_exact_answer(outcome: Outcome) -> None:
    table = load_oicp_table()
    decision = replace(ACCEPTED, outcome=outcome)
    for identification, code in zip(IDENTIFICATIONS, CODES[outcome], strict=True):
        body = json.loads(decision_body(table, identification, decision, Told(SESSION, "1")))
        status = {"Code": code, "Description": table.description[code]}
        if outcome is Outcome.ACCEPTED:
            expected = {"AuthorizationStatus": "Authorized", "ProviderID": "DE-ABC"}
        else:
            expected = {"AuthorizationStatus": "NotAuthorized"}
            status["AdditionalInfo"] = "partner_attested, contract_stands"
        assert body == {
            "SessionID": SESSION,
            "CPOPartnerSessionID": "1",
            "EMPPartnerSessionID": "r" * 36,
            "StatusCode": status,
            **expected,
        }


def test_a_contract_that_stands_is_what_the_hub_s_word_needs() -> None:
    assert ACCEPTED.accepted
    assert ACCEPTED.evcoid == EMAID.canonical
    nobody = decide(EmaidClaim(EMAID, attested=True), None, now=NOW, reference=None)
    assert nobody.outcome is Outcome.UNKNOWN
    alone = decide(EmaidClaim(EMAID), CONTRACT, now=NOW, reference=None)
    assert alone.outcome is Outcome.INVALID


def test_additional_info_keeps_within_oicp_s_length() -> None:
    table = load_oicp_table()
    told = json.loads(refused_body(table, "session_invalid", "x" * 5000, Told()))
    assert len(told["StatusCode"]["AdditionalInfo"]) == MAX_ADDITIONAL_INFO_CHARACTERS
    told = json.loads(error_body(500, "unexpected", "x" * 5000, {}))
    assert told["StatusCode"]["Code"] == "021"
    assert len(told["StatusCode"]["AdditionalInfo"]) == MAX_ADDITIONAL_INFO_CHARACTERS


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("plug_and_charge", "blocked", "000"),
        ("card", "accepted", "106"),
        ("remote", "blocked", "999"),
        ("remote", "unheard_of", "106"),
        ("refused", "session_invalid", "000"),
        ("refused", "unheard_of", "106"),
        ("errors", "500", "000"),
        ("description", "000", ""),
        ("description", "000", "x" * 201),
    ],
)
def test_nonsense_is_refused(table: str, key: str, value: str) -> None:
    raw: dict[str, Any] = tomllib.loads(TABLE.read_text())
    parse_oicp_table(copy.deepcopy(raw))
    raw[table][key] = value
    with pytest.raises(ValueError, match=rf"{table}|status code"):
        parse_oicp_table(raw)
