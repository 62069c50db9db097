"""The identity part of a charge detail record, in the words of OCPI and OICP."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.cdr_identity import CdrIdentity
from authorization.model.foreign_token import TokenType
from authorization.model.outcome import EvidenceKind
from authorization.model.partner_answer import PartnerReference
from tests.authorization.fakes import EMAID

OURS = CdrIdentity("s" * 36, "r" * 36, EvidenceKind.CONTRACT_CERTIFICATE, EMAID, None, ())
TOKEN = {"country_code": "DE", "party_id": "ABC", "contract_id": "DEABCC12345678"}
HUBS = "b2688855-7f00-0002-6d8e-48d883f6abb6"
ASKED = PartnerReference("hub", HUBS, asked_us=False)
ASKS = PartnerReference("hub", HUBS, asked_us=True)


@pytest.mark.parametrize(
    ("evidence", "in_221", "in_230", "uid"),
    [
        (EvidenceKind.CONTRACT_CERTIFICATE, "OTHER", "EMAID", EMAID.canonical),
        (EvidenceKind.EMAID, "OTHER", "EMAID", EMAID.canonical),
        (EvidenceKind.AUTOCHARGE, "OTHER", "OTHER", None),
        (EvidenceKind.RFID, "RFID", "RFID", None),
        (EvidenceKind.APP, "APP_USER", "APP_USER", None),
    ],
)
def test_ocpi_names_the_token_and_not_what_was_presented(
    evidence: EvidenceKind, in_221: str, in_230: str, uid: str | None
) -> None:
    for version, kind in (("2.2.1", in_221), ("2.3.0", in_230)):
        assert replace(OURS, evidence=evidence).ocpi(version) == {
            "cdr_token": {**TOKEN, "uid": uid, "type": kind},
            "auth_method": "AUTH_REQUEST",
            "authorization_reference": "r" * 36,
        }


def test_whoever_authorised_gives_the_reference() -> None:
    told = replace(OURS, partner=ASKED).ocpi("2.3.0")
    assert told is not None
    assert told["authorization_reference"] == HUBS
    told = replace(OURS, partner=ASKS).ocpi("2.3.0")
    assert told is not None
    assert told["authorization_reference"] == "r" * 36
    bridged = replace(
        OURS,
        partner=replace(ASKED, reference=None),
        reasons=("certificate_chain_valid", "partner_silence_bridged"),
    ).ocpi("2.3.0")
    assert bridged is not None
    assert (bridged["auth_method"], bridged["authorization_reference"]) == ("WHITELIST", None)


@pytest.mark.parametrize(
    ("evidence", "identification"),
    [
        (
            EvidenceKind.CONTRACT_CERTIFICATE,
            {"PlugAndChargeIdentification": {"EvcoID": EMAID.with_check_digit()}},
        ),
        (EvidenceKind.APP, {"RemoteIdentification": {"EvcoID": EMAID.with_check_digit()}}),
        (EvidenceKind.AUTOCHARGE, {"RemoteIdentification": {"EvcoID": EMAID.with_check_digit()}}),
        (EvidenceKind.RFID, {"RFIDMifareFamilyIdentification": {"UID": None}}),
    ],
)
def test_oicp(evidence: EvidenceKind, identification: object) -> None:
    assert replace(OURS, evidence=evidence).oicp() == {
        "SessionID": None,
        "CPOPartnerSessionID": "s" * 36,
        "EMPPartnerSessionID": "r" * 36,
        "Identification": identification,
    }


def test_oicp_has_the_hubs_session() -> None:
    told = replace(OURS, partner=ASKED).oicp()
    assert told is not None
    assert (told["SessionID"], told["EMPPartnerSessionID"]) == (HUBS, None)
    told = replace(OURS, partner=ASKS).oicp()
    assert told is not None
    assert (told["SessionID"], told["EMPPartnerSessionID"]) == (HUBS, "r" * 36)


def test_a_reference_of_ocpi_is_no_session_of_a_hub() -> None:
    told = replace(OURS, partner=PartnerReference("roamer", "AUTH-1")).oicp()
    assert told is not None
    assert told["SessionID"] is None


def test_a_partner_that_gave_no_reference_knows_none_of_ours() -> None:
    told = replace(OURS, partner=PartnerReference("roamer", None)).ocpi("2.2.1")
    assert told is not None
    assert (told["auth_method"], told["authorization_reference"]) == ("AUTH_REQUEST", None)


def test_a_card_that_a_hub_accepted_is_attributed_by_the_hubs_session() -> None:
    """OICP's answer names no contract of a card, and its record needs none."""
    card = replace(OURS, evidence=EvidenceKind.RFID, emaid=None, partner=ASKED)
    assert card.oicp() == {
        "SessionID": HUBS,
        "CPOPartnerSessionID": "s" * 36,
        "EMPPartnerSessionID": None,
        "Identification": {"RFIDMifareFamilyIdentification": {"UID": None}},
    }
    assert card.ocpi("2.3.0") is None
    assert replace(card, evidence=EvidenceKind.APP).oicp() is None


def test_nobody_stands_behind_an_ad_hoc_charge() -> None:
    nobody = replace(OURS, evidence=EvidenceKind.AD_HOC, emaid=None)
    assert nobody.ocpi("2.3.0") is None
    assert nobody.oicp() is None


@given(st.sampled_from([one for one in EvidenceKind if one is not EvidenceKind.AD_HOC]))
def test_texts_keep_within_ocpi_s_lengths(evidence: EvidenceKind) -> None:
    for version in ("2.2.1", "2.3.0"):
        told = replace(OURS, evidence=evidence).ocpi(version)
        assert told is not None
        token = told["cdr_token"]
        assert isinstance(token, dict)
        assert token["type"] in set(TokenType)
        assert all(value is None or len(value) <= 36 for value in token.values())
