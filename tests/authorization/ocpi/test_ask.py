"""Asking an eMSP in real time: what goes out, what its answers are here, and its silence."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from authorization.clients.ocpi import AskOcpi
from authorization.clients.ocpi_http import OcpiHttp
from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.claim import Place, TokenClaim
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerQuestion,
    Silence,
    SilenceReason,
)
from foundation.egress import Egress, Limits
from foundation.identifiers import Emaid, EvseId
from tests.authorization.ocpi.partner_server import Request, envelope
from tests.authorization.ocpi.world import LOOPBACK, OcpiWorld

CARD = TokenClaim(TokenKind.RFID, TokenUid.parse("04:A2:B3:C4"))
APP = TokenClaim(TokenKind.APP, TokenUid.parse("bdf21bce-fc97-11e8"))
DRIVER = Emaid.parse("NL-TNM-C12345678")
PLACE = Place("CS-1", "DEABC", ("DEABCE1", "DEABCE2"))
QUESTION = PartnerQuestion(CARD, PLACE, "r" * 36)


def token(uid: str = "04A2B3C4", type_: str = "RFID", **changes: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "TNM",
        "uid": uid,
        "type": type_,
        "contract_id": "NL-TNM-C12345678",
        **changes,
    }


def info(allowed: str = "ALLOWED", **changes: Any) -> bytes:
    told = {"allowed": allowed, "token": token(), "authorization_reference": "ref-1"}
    return envelope({name: value for name, value in (told | changes).items() if value is not None})


def ask(
    world: OcpiWorld, question: PartnerQuestion, status: int, body: bytes
) -> PartnerAnswer | Silence:
    """Ask a registered partner that answers so, whatever it is asked."""
    world.server.requests.clear()

    def answer(_: Request) -> tuple[int, bytes]:
        return status, body

    world.server.answers = {
        f"POST /sender/tokens/{uid}/authorize": answer
        for uid in ("04A2B3C4", "NLTNMC12345678", "BDF21BCE-FC97-11E8", "A%2FB")
    }
    return AskOcpi(world.http, world.reader.connection)(world.partner, question)


def test_a_card_is_asked_for_at_its_place(world: OcpiWorld) -> None:
    world.registered()
    said = ask(world, QUESTION, 200, info())
    assert said == PartnerAnswer(Outcome.ACCEPTED, "ref-1", DRIVER, provider_id="NLTNM")
    [request] = world.server.requests
    assert (request.method, request.path) == ("POST", "/sender/tokens/04A2B3C4/authorize?type=RFID")
    assert request.body == {"location_id": "CS-1", "evse_uids": ["DEABCE1", "DEABCE2"]}
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert sent["authorization"] == "Token dG9rZW4tYg=="  # token-b
    assert sent["content-type"] == "application/json"
    assert (sent["ocpi-from-country-code"], sent["ocpi-from-party-id"]) == ("DE", "ABC")
    assert (sent["ocpi-to-country-code"], sent["ocpi-to-party-id"]) == ("NL", "TNM")
    assert len(sent["x-request-id"]) == len(sent["x-correlation-id"]) == 36


@pytest.mark.parametrize(("version", "name"), [("2.2.1", "OTHER"), ("2.3.0", "EMAID")])
def test_an_emaid_has_its_type_in_each_version(world: OcpiWorld, version: str, name: str) -> None:
    world.registered(version)
    question = replace(QUESTION, subject=DRIVER, evse_id=EvseId.parse("DE*ABC*E2"))
    said = ask(world, question, 200, info(token=token("nl-tnm-c12345678", name)))
    assert isinstance(said, PartnerAnswer)
    assert said.outcome is Outcome.ACCEPTED
    [request] = world.server.requests
    assert request.path == f"/sender/tokens/NLTNMC12345678/authorize?type={name}"
    assert request.body["evse_uids"] == ["DEABCE2"]


def test_an_app_account_and_odd_characters(world: OcpiWorld) -> None:
    world.registered()
    question = replace(QUESTION, subject=APP)
    told = info(token=token("bdf21bce-fc97-11e8", "APP_USER"))
    assert isinstance(ask(world, question, 200, told), PartnerAnswer)
    question = replace(QUESTION, subject=TokenClaim(TokenKind.RFID, TokenUid.parse("a/b")))
    assert isinstance(ask(world, question, 200, info(token=token("A/B"))), PartnerAnswer)
    assert world.server.requests[0].path == "/sender/tokens/A%2FB/authorize?type=RFID"


def test_every_answer_has_its_outcome(world: OcpiWorld) -> None:
    world.registered()
    for allowed, outcome in {
        "ALLOWED": Outcome.ACCEPTED,
        "BLOCKED": Outcome.BLOCKED,
        "EXPIRED": Outcome.EXPIRED,
        "NO_CREDIT": Outcome.NO_CREDIT,
        "NOT_ALLOWED": Outcome.NOT_ALLOWED_HERE,
    }.items():
        said = ask(world, QUESTION, 200, info(allowed, authorization_reference=None))
        assert said == PartnerAnswer(outcome, None, DRIVER, provider_id="NLTNM"), allowed
    # 2004 with HTTP 404 as the specification says, and with 200 as some do
    for status in (404, 200):
        assert ask(world, QUESTION, status, envelope(None, 2004)) == PartnerAnswer(Outcome.UNKNOWN)
    odd = info(token=token(contract_id="driver 7"))
    assert ask(world, QUESTION, 200, odd) == PartnerAnswer(
        Outcome.ACCEPTED, "ref-1", None, provider_id="NLTNM"
    )


def test_an_answer_for_other_evses_is_none_for_this_one(world: OcpiWorld) -> None:
    world.registered()
    question = replace(QUESTION, evse_id=EvseId.parse("DE*ABC*E1"))
    for evses, outcome in (
        ([], Outcome.ACCEPTED),
        (["DE*ABC*E1"], Outcome.ACCEPTED),
        (["deabce1", "X"], Outcome.ACCEPTED),
        (["DEABCE2"], Outcome.NOT_ALLOWED_HERE),
    ):
        location = {"location_id": "CS-1", "evse_uids": evses}
        said = ask(world, question, 200, info(location=location))
        assert isinstance(said, PartnerAnswer)
        assert said.outcome is outcome, evses


def test_what_is_no_answer_is_silence(world: OcpiWorld) -> None:
    world.registered()
    for status, body, reason in (
        (401, b"", SilenceReason.NOT_AUTHENTICATED),
        (403, envelope(None, 2000), SilenceReason.NOT_AUTHENTICATED),
        (404, b"<html>not found", SilenceReason.UNREADABLE),  # a wrong address is no unknown token
        (500, b"", SilenceReason.FAILED),
        (503, envelope(None, 3000), SilenceReason.FAILED),
        (200, envelope(None, 3000), SilenceReason.FAILED),  # HTTP 200 with an error inside
        (200, envelope(None, 2002), SilenceReason.FAILED),
        (500, info(), SilenceReason.FAILED),
        (200, envelope(None, 4001), SilenceReason.UNREACHED),
        (200, envelope(None, 4002), SilenceReason.UNREACHED),
        (200, b"", SilenceReason.UNREADABLE),
        (200, b"{", SilenceReason.UNREADABLE),
        (200, b'{"status_code": "1000"}', SilenceReason.UNREADABLE),
        (200, envelope(None), SilenceReason.UNREADABLE),
        (200, info("PERHAPS"), SilenceReason.UNREADABLE),
        (200, info(token=None), SilenceReason.UNREADABLE),
        (200, info(token=token("04A2B3C5")), SilenceReason.UNREADABLE),  # another card
        (200, info(token=token(type_="OTHER")), SilenceReason.UNREADABLE),
        (200, info(authorization_reference="r" * 37), SilenceReason.UNREADABLE),
        (200, envelope({"allowed": "ALLOWED", "token": token()}, 2000), SilenceReason.FAILED),
        (302, b"", SilenceReason.UNREADABLE),
        (429, b"", SilenceReason.FAILED),
        (200, b" " * 50_000_000, SilenceReason.UNREADABLE),
    ):
        assert ask(world, QUESTION, status, body) == Silence(reason), (status, body[:60])


def test_a_slow_partner_is_silent_in_time(world: OcpiWorld) -> None:
    world.registered()
    quick = OcpiHttp(Egress(LOOPBACK, limits=Limits(0.2, 0.2, 4096)))

    def slow(_: Request) -> tuple[int, bytes]:
        time.sleep(2)
        return 200, info()

    world.server.answers = {"POST /sender/tokens/04A2B3C4/authorize": slow}
    began = time.monotonic()
    said = AskOcpi(quick, world.reader.connection)(world.partner, QUESTION)
    assert said == Silence(SilenceReason.TIMED_OUT)
    assert time.monotonic() - began < 1.9


def test_who_is_not_registered_or_has_no_tokens_is_not_asked(world: OcpiWorld) -> None:
    asking = AskOcpi(world.http, world.reader.connection)
    assert asking(world.partner, QUESTION) == Silence(SilenceReason.NOT_AUTHENTICATED)
    world.server.modules = (("credentials", "SENDER"), ("tokens", "RECEIVER"))
    world.registered()
    world.server.requests.clear()
    assert asking(world.partner, QUESTION) == Silence(SilenceReason.NOT_ASKABLE)
    assert world.server.requests == []


def test_no_question_leaves_the_partners_host(world: OcpiWorld) -> None:
    world.registered()
    world.server.requests.clear()
    world.change_partner(base_url="https://moved.example/ocpi/versions")
    assert ask(world, QUESTION, 200, info()) == Silence(SilenceReason.NOT_ASKABLE)
    assert world.server.requests == []


def test_a_partner_that_is_gone_is_silent(world: OcpiWorld) -> None:
    world.registered()
    gone = replace(world.partner, base_url="http://127.0.0.1:1025/ocpi/versions")
    connection = world.reader.connection("peer")
    assert connection is not None
    assert connection.registered is not None
    told = json.dumps([one.url for one in connection.registered.endpoints])
    moved = replace(
        connection,
        registered=replace(
            connection.registered,
            endpoints=tuple(
                replace(one, url="http://127.0.0.1:1025/tokens")
                for one in connection.registered.endpoints
            ),
        ),
    )
    assert "1025" not in told
    asking = AskOcpi(world.http, lambda _: moved)
    assert asking(gone, QUESTION) == Silence(SilenceReason.NOT_CONNECTED)
