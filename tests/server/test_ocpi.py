"""docs/ocpi.md, followed once in the whole application: both sides of one connection."""

import base64
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.store.foreign_token_tables import foreign_tokens
from authorization.store.ocpi_tables import ocpi_connections, ocpi_tokens
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.authorization.ocpi.partner_server import PartnerServer, Request, envelope, serving
from tests.server.assembly import OURS, Application, new_emaid

OWN_ROLES = [
    {"role": role, "country_code": OURS[:2], "party_id": OURS[2:], "name": "AAA"}
    for role in ("CPO", "EMSP")
]
TOKEN = {
    "country_code": "NL",
    "party_id": "TNM",
    "uid": "04A2B3C4D5",
    "type": "RFID",
    "contract_id": "NL-TNM-C12345678",
    "issuer": "TheNewMotion",
    "valid": True,
    "whitelist": "ALWAYS",
    "last_updated": "2026-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def server() -> Iterator[PartnerServer]:
    with serving(PartnerServer()) as server:
        yield server


def ocpi(
    application: Application, method: str, path: str, token: str, body: object = None
) -> dict[str, Any]:
    header = f"Token {base64.b64encode(token.encode()).decode()}"
    answer = application.ask(method, path, body, headers={"Authorization": header})
    assert answer.media_type == "application/json"
    told: dict[str, Any] = answer.json
    return told | {"http": answer.status}


def station(application: Application) -> str:
    station_id = f"station-{secrets.token_hex(4)}"
    application.services.register_station(LOCAL_ADMINISTRATOR, station_id, OURS, [])
    return station_id


def decide(application: Application, station_id: str, uid: str) -> Any:
    question = {"station_id": station_id, "identification": {"type": "rfid", "value": uid}}
    answer = application.ask("POST", "/v1/authorizations", question, client="cpo")
    assert answer.status == 200, answer
    return answer.json


def test_a_partner_roams_both_ways(application: Application, server: PartnerServer) -> None:
    server.tokens, server.answers = {"token-b"}, {}
    server.requests.clear()
    peer = {
        "protocol": "ocpi-2.2.1",
        "base_url": server.versions_url,
        "provider_ids": ["NLTNM"],
        "operator_ids": ["NLTNM"],
        "is_default": True,  # a card does not tell whose it is
    }
    assert application.ask("PUT", "/v1/partners/peer", peer, client="admin").status == 200
    application.see_partners()
    path = "/v1/partners/peer/ocpi"
    invited = application.ask(
        "POST", f"{path}/invitation", {"own_roles": OWN_ROLES}, client="admin"
    )
    assert invited.status == 201, invited
    assert invited.json["versions_url"].endswith("/ocpi/versions")
    told = ocpi(
        application,
        "POST",
        "/ocpi/2.2.1/credentials",
        invited.json["token"],
        server.credentials(),
    )
    assert told["status_code"] == 1000, told
    held = told["data"]["token"]
    shown = application.ask("GET", path, client="auditor").json
    assert (shown["version"], len(shown["endpoints"])) == ("2.2.1", 3)

    # it pushes a card, which its whitelist lets charge without a question
    url = "/ocpi/2.2.1/cpo/tokens/NL/TNM/04A2B3C4D5"
    assert ocpi(application, "PUT", url, held, TOKEN)["http"] == 201
    at = station(application)
    assert decide(application, at, "04:a2:b3:c4:d5")["outcome"] == "accepted"

    # a card that has to be asked about is asked about, and its reference is on record
    later = TOKEN | {"whitelist": "NEVER", "last_updated": "2026-01-02T00:00:00Z"}
    assert ocpi(application, "PUT", url, held, later)["http"] == 200
    said = {"allowed": "NO_CREDIT", "token": TOKEN, "authorization_reference": "ref-1"}

    def answer(_: Request) -> tuple[int, bytes]:
        return 200, envelope(said)

    server.answers["POST /sender/tokens/04A2B3C4D5/authorize"] = answer
    assert decide(application, at, "04A2B3C4D5")["outcome"] == "no_credit"
    assert server.requests[-1].body["location_id"] == at

    # it asks about a driver of ours, and is told of the card when that changes
    emaid, uid = new_emaid(), secrets.token_hex(7).upper()
    application.services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    card = {"kind": "rfid", "uid": uid}
    made = application.ask("POST", f"/v1/contracts/{emaid}/access-methods", card, client="mo")
    assert made.status == 201
    listed = ocpi(application, "GET", "/ocpi/2.2.1/emsp/tokens", held)
    assert uid in [one["uid"] for one in listed["data"]]
    asked = ocpi(
        application,
        "POST",
        f"/ocpi/2.2.1/emsp/tokens/{uid}/authorize",
        held,
        {"location_id": "L"},
    )
    assert asked["data"]["allowed"] == "ALLOWED"
    assert asked["data"]["token"]["contract_id"] == emaid
    server.answers[f"PUT /receiver/tokens/{OURS[:2]}/{OURS[2:]}/{uid}"] = lambda _: (
        201,
        envelope(None),
    )
    while application.services.push_tokens():
        pass
    assert uid in [one.body["uid"] for one in server.requests if one.method == "PUT"]

    # removed, it is nobody, and nothing of it stays
    assert application.ask("DELETE", "/v1/partners/peer", client="admin").status == 204
    application.see_partners()
    assert ocpi(application, "GET", "/ocpi/versions", held)["http"] == 401
    with application.database.read() as connection:
        for table in (foreign_tokens, ocpi_connections, ocpi_tokens):
            rows = connection.execute(sa.select(table.c.partner_id)).scalars()
            assert "peer" not in set(rows), table


def test_own_parties_are_checked(application: Application) -> None:
    partner = application.things().ocpi_partner_id
    path = f"/v1/partners/{partner}/ocpi/invitation"
    for wrong in (
        [],
        [OWN_ROLES[0] | {"name": "n" * 65}],  # it would be no issuer
        [OWN_ROLES[0] | {"name": ""}],
        [OWN_ROLES[0] | {"country_code": "de"}],
        [OWN_ROLES[0] | {"party_id": "AB"}],
        [OWN_ROLES[0] | {"role": "KING"}],
        OWN_ROLES * 251,
    ):
        answer = application.ask("POST", path, {"own_roles": wrong}, client="admin")
        assert answer.status == 400, wrong
        assert answer.code == "invalid_request"


def test_what_nobody_serves_below_ocpi_is_an_envelope_too(application: Application) -> None:
    for path in ("/ocpi", "/ocpi/cpo/2.2.1/locations", "/ocpi/2.2.1/sessions/x"):
        answer = application.ask("GET", path)
        assert (answer.status, answer.json["status_code"]) == (404, 2000), path
    answer = application.ask("GET", "/ocpi/versions", client="admin")
    assert (answer.status, answer.json["status_code"]) == (401, 2000)
    assert json.loads(answer.body)["status_message"].startswith("token_missing")
