"""OICP 2.3 as an EMP through the whole application: each answer to the letter, and each abuse."""

import secrets
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.store.tables import partner_references
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.server.assembly import OURS, PARTNER, THEIRS, Answer, Application

START = "/api/oicp/charging/v21/operators/DE*AAA/authorize/start"
STOP = "/api/oicp/charging/v21/operators/DE*AAA/authorize/stop"


def session_id() -> str:
    text = secrets.token_hex(16)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Hub:
    """A hub that asks with the operator's client, about the provider `OURS`."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.things = application.things()
        self.session_id = session_id()
        self.uid = secrets.token_hex(7).upper()
        self.admin = LOCAL_ADMINISTRATOR
        charging = self.things.session_id  # a contract has one session at once
        ended = application.ask("POST", f"/v1/sessions/{charging}/end", {}, client="cpo")
        assert ended.status == 200
        added = application.ask(
            "POST",
            f"/v1/contracts/{self.things.emaid}/access-methods",
            {"kind": "rfid", "uid": self.uid},
            client="mo",
        )
        assert added.status == 201

    def ask(
        self,
        identification: Mapping[str, object],
        path: str = START,
        client: str = "cpo",
        **more: object,
    ) -> Answer:
        body = {
            "SessionID": self.session_id,
            "CPOPartnerSessionID": "1234XYZ",
            "OperatorID": "DE*AAA",
            "Identification": identification,
            **more,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return self.application.ask("POST", path, given, client=client)

    def code(self, *words: Any, **more: Any) -> str:
        answer = self.ask(*words, **more)
        assert answer.status == 200, answer
        code = str(answer.json["StatusCode"]["Code"])
        authorized = answer.json["AuthorizationStatus"] == "Authorized"
        assert authorized is (code == "000"), answer
        return code


@pytest.fixture
def hub(application: Application) -> Hub:
    return Hub(application)


def plug_and_charge(emaid: str) -> dict[str, object]:
    return {"PlugAndChargeIdentification": {"EvcoID": Emaid.parse(emaid).with_check_digit()}}


def card(uid: str) -> dict[str, object]:
    return {"RFIDMifareFamilyIdentification": {"UID": uid}}


def test_an_authorised_contract_is_answered_to_the_letter(hub: Hub) -> None:
    answer = hub.ask(plug_and_charge(hub.things.emaid), EvseID="DE*AAA*E1")
    reference = answer.json["EMPPartnerSessionID"]
    assert answer.json == {
        "AuthorizationStatus": "Authorized",
        "CPOPartnerSessionID": "1234XYZ",
        "EMPPartnerSessionID": reference,
        "ProviderID": "DE-AAA",
        "SessionID": hub.session_id,
        "StatusCode": {"Code": "000", "Description": "Success."},
    }
    read = hub.application.ask("GET", f"/v1/authorizations/{reference}", client="admin").json
    assert (read["outcome"], read["evidence"]) == ("accepted", "emaid")
    assert read["partner"] == {
        "partner_id": hub.things.partner_id,
        "reference": hub.session_id,
        "asked_us": True,
    }
    assert [reason["code"] for reason in read["reasons"]] == ["partner_attested", "contract_stands"]
    with hub.application.database.read() as connection:
        row = connection.execute(
            sa.select(partner_references).where(partner_references.c.reference == reference)
        ).one()
    assert (row.partner_id, row.partner_reference, row.asked_us) == (
        hub.things.partner_id,
        hub.session_id,
        True,
    )


def test_a_card_is_authorised_and_without_evse_and_session_too(hub: Hub) -> None:
    assert hub.code(card(hub.uid)) == "000"
    assert hub.code(card(hub.uid.lower()), SessionID=None, CPOPartnerSessionID=None) == "000"
    assert hub.code(card(secrets.token_hex(7).upper())) == "102"


@pytest.mark.parametrize("identify", ["contract", "card"])
def test_what_became_of_the_contract_is_said_by_its_code(hub: Hub, identify: str) -> None:
    emaid = hub.things.emaid
    asked = plug_and_charge(emaid) if identify == "contract" else card(hub.uid)
    services = hub.application.services
    assert hub.code(asked) == "000"
    services.suspend_contract(hub.admin, emaid)
    assert hub.code(asked) == "200"
    services.terminate_contract(hub.admin, emaid)
    assert hub.code(asked) == "210"
    unknown = plug_and_charge(hub.things.free_emaid)
    assert hub.code(unknown) == "120"


def test_an_evcoid_that_nobody_attests_is_an_emaid_alone(hub: Hub) -> None:
    for emaid in (hub.things.emaid, hub.things.free_emaid):  # alike: it is printed on invoices
        spelled = Emaid.parse(emaid).with_check_digit()
        assert hub.code({"RemoteIdentification": {"EvcoID": spelled}}) == "106"


def test_qr_codes_and_rfid_identification_are_refused_as_oicp_says(hub: Hub) -> None:
    emaid = Emaid.parse(hub.things.emaid).with_check_digit()
    assert hub.code({"QRCodeIdentification": {"EvcoID": emaid, "PIN": "1234"}}) == "101"
    rfid = {"UID": hub.uid, "RFID": "mifareCls", "EvcoID": emaid}
    assert hub.code({"RFIDIdentification": rfid}) == "022"


def test_providers_that_are_not_shown_to_the_hub_are_inconsistent_evcoids(hub: Hub) -> None:
    theirs = "DEBBBC12345678"
    hub.application.services.create_contract(hub.admin, theirs)
    assert hub.code(plug_and_charge(theirs)) == "019"  # a tenant that has no part in this hub
    assert hub.code(plug_and_charge("FRXYZC12345678")) == "019"
    uid = secrets.token_hex(7).upper()
    path = f"/v1/contracts/{theirs}/access-methods"
    body = {"kind": "rfid", "uid": uid}
    assert hub.application.ask("POST", path, body, client="other_mo").status == 201
    assert hub.code(card(uid)) == "102"


def test_an_evse_of_another_operator_is_inconsistent(hub: Hub) -> None:
    asked = plug_and_charge(hub.things.emaid)
    assert hub.code(asked, EvseID=hub.things.evse_id) == "000"
    assert hub.code(asked, EvseID="DE*BBB*E1") == "018"
    assert hub.code(asked, EvseID="+49*810*000*438") == "018"


def test_no_hub_asks_as_an_operator_that_is_not_its(hub: Hub) -> None:
    asked = plug_and_charge(hub.things.emaid)
    for path, operator, client in (
        (START.replace("AAA", "BBB"), "DE*BBB", "cpo"),
        (START, "DE*AAA", "other_cpo"),
        (START, "DE*AAA", "mo"),
        (START, "DE*AAA", "auditor"),
        # an ordinary operator's client is no hub: it would need no certificates
        (START.replace("AAA", "BBB"), "DE*BBB", "other_cpo"),
        (START.replace("DE*AAA", "+49*810"), "+49*810", "admin"),
        (STOP.replace("AAA", "BBB"), "DE*BBB", "cpo"),
    ):
        before = hub.application.rows()
        answer = hub.ask(asked, path, client, OperatorID=operator)
        assert (answer.status, answer.json["StatusCode"]["Code"]) == (403, "017"), (path, client)
        assert answer.json["AuthorizationStatus"] == "NotAuthorized"
        assert hub.application.rows() == before
    assert hub.ask(asked, OperatorID="DE*BBB").json["StatusCode"]["Code"] == "022"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Identification": {}},
        {"Identification": None},
        {"Identification": {**card("04A2B3C4"), **plug_and_charge("DEAAAC12345678")}},
        {"Identification": card("98ED5CB9BE31")},  # 12 digits: a MAC is no card
        {"Identification": card("04A2B3CG")},
        {"Identification": {"PlugAndChargeIdentification": {"EvcoID": "DE-AAA-012345678-1"}}},
        {"Identification": {"PlugAndChargeIdentification": {"EvcoID": "x" * 5000}}},
        {"Identification": {"plugAndChargeIdentification": {"EvcoID": "DEAAAC123456780"}}},
        {"SessionID": "1"},
        {"CPOPartnerSessionID": "x" * 251},
        {"EvseID": "DE*AAA"},
        {"OperatorID": "DEAAAA"},
        {"PartnerProductID": "x" * 51},
        {"Unknown": 1},
    ],
)
def test_what_is_not_of_oicp_s_shape_is_a_data_error(
    application: Application, wrong: dict[str, object]
) -> None:
    body: dict[str, object] = {
        "SessionID": session_id(),
        "OperatorID": "DE*AAA",
        "Identification": card("04A2B3C4"),
    }
    before = application.rows()
    answer = application.ask("POST", START, body | wrong, client="admin")
    assert (answer.status, answer.code) == (400, "invalid_request"), answer
    assert answer.json["StatusCode"]["Code"] == "022"
    assert answer.json["AuthorizationStatus"] == "NotAuthorized"
    assert set(answer.json["StatusCode"]) == {"Code", "Description", "AdditionalInfo"}
    assert application.rows() == before


def test_a_session_is_ended_by_the_contract_that_began_it(hub: Hub) -> None:
    things = hub.things
    assert hub.code(card(hub.uid), STOP) == "400"  # it has not begun
    assert hub.code(plug_and_charge(things.free_emaid)) == "120"
    assert hub.code(plug_and_charge(things.free_emaid), STOP) == "400"  # it was refused
    assert hub.code(plug_and_charge(things.emaid)) == "000"
    hub.application.services.suspend_contract(hub.admin, things.emaid)
    assert hub.code(plug_and_charge(things.emaid), STOP) == "000"
    assert hub.code(card(hub.uid), STOP) == "000"  # the same contract's card
    assert hub.code(plug_and_charge(things.free_emaid), STOP) == "106"
    assert hub.code(card(secrets.token_hex(7)), STOP) == "106"
    assert hub.ask(card(hub.uid), STOP, SessionID=None).json["StatusCode"]["Code"] == "022"


def test_a_session_of_another_hub_is_none(hub: Hub) -> None:
    asked = plug_and_charge(hub.things.emaid)
    other = {
        **PARTNER,
        "client_id": hub.application.client_ids["other_cpo"],
        "own_provider_ids": [OURS, THEIRS],
    }
    hub.application.ask("PUT", "/v1/partners/other-hub", other, client="admin")
    hub.application.see_partners()
    assert hub.code(asked) == "000"
    path = STOP.replace("AAA", "BBB")
    assert hub.code(asked, path, "other_cpo", OperatorID="DE*BBB") == "400"


def test_a_question_that_comes_again_is_decided_again(hub: Hub) -> None:
    asked = plug_and_charge(hub.things.emaid)
    first, second = hub.ask(asked).json, hub.ask(asked).json
    assert first.pop("EMPPartnerSessionID") != second.pop("EMPPartnerSessionID")
    assert first == second
    hub.application.services.suspend_contract(hub.admin, hub.things.emaid)
    assert hub.code(asked) == "200"  # an old yes is no yes


def test_a_hub_s_question_goes_on_to_no_other_partner(hub: Hub) -> None:
    default = {**PARTNER, "is_default": True}
    hub.application.ask("PUT", "/v1/partners/other-hub", default, client="admin")
    hub.application.see_partners()
    assert hub.code(card(secrets.token_hex(7))) == "102"
    with hub.application.database.read() as connection:
        asked = connection.execute(
            sa.select(partner_references).where(partner_references.c.partner_id == "other-hub")
        ).all()
    assert asked == []


def test_addresses_that_are_not_served_are_answered_in_oicp_s_words(
    application: Application,
) -> None:
    path = "/api/oicp/charging/v21/providers/DE-AAA/authorize-remote/start"
    answer = application.ask("POST", path, {}, client="admin")
    assert (answer.status, answer.json["StatusCode"]["Code"]) == (404, "320")
    answer = application.ask("GET", START, client="admin")
    assert (answer.status, answer.json["StatusCode"]["Code"]) == (405, "320")
