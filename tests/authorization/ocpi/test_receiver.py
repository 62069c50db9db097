"""Tokens module as receiver: what partners push, in both versions, well and badly."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.model.foreign_token import TokenType
from authorization.model.ocpi import OcpiRole
from authorization.store.foreign_token_tables import foreign_tokens
from tests.authorization.fakes import ADMIN
from tests.authorization.ocpi.world import OWN_ROLES, OcpiWorld

TOKEN: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "TNM",
    "uid": "04A2B3C4",
    "type": "RFID",
    "contract_id": "NL-TNM-C12345678",
    "visual_number": "NL-TNM-C12345678-X",
    "issuer": "TheNewMotion",
    "group_id": "DF000-2001-8999",
    "valid": True,
    "whitelist": "ALLOWED",
    "language": "nl",
    "default_profile_type": "GREEN",
    "energy_contract": {"supplier_name": "Greenpeace Energy", "contract_id": "0123456789"},
    "last_updated": "2026-11-30T22:39:09Z",
}
OLD, NEWER = "2026-11-30T22:00:00Z", "2026-11-30T23:00:00Z"


def path(version: str = "2.2.1", uid: str = "04A2B3C4", owner: str = "NL/TNM") -> str:
    return f"/ocpi/{version}/cpo/tokens/{owner}/{uid}"


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_token_is_put_and_shown_as_it_was_put(world: OcpiWorld, version: str) -> None:
    token = world.registered(version)
    told = world.ask("PUT", path(version), TOKEN, token=token)
    assert (told.http, told.code) == (201, 1000)
    assert world.ask("PUT", path(version), TOKEN, token=token).http == 200
    shown = world.ask("GET", path(version, "04:a2:b3:c4"), token=token)
    assert (shown.http, shown.code, shown.data) == (200, 1000, TOKEN)
    assert world.ask("GET", path(version) + "?type=OTHER", token=token).http == 404
    few = {
        name: TOKEN[name]
        for name in TOKEN
        if name
        in {
            "country_code",
            "party_id",
            "uid",
            "type",
            "contract_id",
            "issuer",
            "valid",
            "whitelist",
        }
    } | {"last_updated": NEWER}
    assert world.ask("PUT", path(version), few, token=token).code == 1000
    # PUT: optional fields that are not included revert to nothing
    assert world.ask("GET", path(version), token=token).data == few


def test_a_patch_changes_what_it_says(world: OcpiWorld) -> None:
    token = world.registered()
    changes = {"valid": False, "group_id": None, "last_updated": NEWER, "unheard_of": 1}
    told = world.ask("PATCH", path(), changes, token=token)
    assert (told.http, told.code) == (404, 2004)  # it has to be PUT first
    world.ask("PUT", path(), TOKEN, token=token)
    assert world.ask("PATCH", path(), changes, token=token).code == 1000
    after = {name: value for name, value in TOKEN.items() if name != "group_id"}
    after |= {"valid": False, "last_updated": NEWER}
    assert world.ask("GET", path(), token=token).data == after


def test_what_comes_late_changes_nothing_and_says_so(world: OcpiWorld) -> None:
    token = world.registered()
    world.ask("PUT", path(), TOKEN, token=token)
    for method, body in (
        ("PATCH", {"valid": False, "last_updated": OLD}),
        ("PUT", TOKEN | {"valid": False, "last_updated": OLD}),
    ):
        told = world.ask(method, path(), body, token=token)
        assert (told.http, told.code) == (200, 1000)
        assert "late" in told.message
        assert world.ask("GET", path(), token=token).data == TOKEN


def test_emaid_tokens_are_of_230_alone(world: OcpiWorld) -> None:
    emaid = TOKEN | {"type": "EMAID", "uid": "NLTNMC12345678"}
    token = world.registered("2.3.0")
    query = "?type=EMAID"
    told = world.ask("PUT", path("2.3.0", emaid["uid"]) + query, emaid, token=token)
    assert (told.http, told.code) == (201, 1000)
    assert world.tokens.find(TokenType.EMAID, "NL-TNM-C12345678")
    told = world.ask("PUT", path("2.2.1", emaid["uid"]) + query, emaid, token=token)
    assert (told.http, told.code) == (200, 2001)


def test_tokens_of_other_parties_are_refused(world: OcpiWorld) -> None:
    token = world.registered()
    other = TOKEN | {"party_id": "XYZ"}
    for method, body in (
        ("PUT", other),
        ("PATCH", {"valid": False, "last_updated": NEWER}),
    ):
        told = world.ask(method, path(owner="NL/XYZ"), body, token=token)
        assert (told.http, told.code) == (404, 2001), method
    assert world.ask("GET", path(owner="NL/XYZ"), token=token).http == 404
    # the address says one owner, the object another
    told = world.ask("PUT", path(), other, token=token)
    assert (told.http, told.code) == (200, 2001)
    with world.database.read() as connection:
        assert connection.execute(sa.select(foreign_tokens)).all() == []


def test_whoever_is_shown_no_cpo_pushes_nothing(world: OcpiWorld) -> None:
    emsp = tuple(role for role in OWN_ROLES if role.role is OcpiRole.EMSP)
    shown = world.connections.invite(ADMIN, "peer", emsp).token
    told = world.ask("POST", "/ocpi/2.2.1/credentials", world.server.credentials(), token=shown)
    told = world.ask("PUT", path(), TOKEN, token=told.data["token"])
    assert (told.http, told.code) == (404, 2000)


def test_bad_tokens_are_2001(world: OcpiWorld) -> None:
    token = world.registered()
    wrong: tuple[dict[str, Any], ...] = (
        {"uid": "another"},
        {"type": "OTHER"},  # the address says RFID
        {"type": "CARD"},
        {"uid": ""},
        {"contract_id": "c" * 37},
        {"contract_id": "ä"},
        {"issuer": ""},
        {"issuer": None},
        {"valid": "yes"},
        {"valid": 1},
        {"whitelist": "SOMETIMES"},
        {"language": "dutch"},
        {"default_profile_type": "SLOW"},
        {"energy_contract": {}},
        {"last_updated": "yesterday"},
        {"last_updated": 1764542349},
        {"last_updated": "9999-01-01T00:00:00Z"},  # it would outlast every later state
        {"country_code": "N"},
        {"visual_number": "v" * 65},
    )
    for changes in wrong:
        told = world.ask("PUT", path(), TOKEN | changes, token=token)
        assert (told.http, told.code) == (200, 2001), changes
    for left_out in ("uid", "contract_id", "issuer", "valid", "whitelist", "last_updated"):
        body = {name: value for name, value in TOKEN.items() if name != left_out}
        told = world.ask("PUT", path(), body, token=token)
        assert (told.http, told.code) == (200, 2001), left_out
        assert left_out in told.message
    world.ask("PUT", path(), TOKEN, token=token)
    for body in ({}, {"valid": False}, {"valid": None, "last_updated": NEWER}):
        told = world.ask("PATCH", path(), body, token=token)
        assert (told.http, told.code) == (200, 2001), body
    assert world.ask("GET", path(), token=token).data == TOKEN


def test_bad_addresses_and_bodies_are_http_errors(world: OcpiWorld) -> None:
    token = world.registered()
    for uid in ("x" * 37, "a%20b", "%C3%A4"):
        told = world.ask("PUT", path(uid=uid), TOKEN, token=token)
        assert (told.http, told.code) == (400, 2001), uid
    assert world.ask("GET", path() + "?type=rfid", token=token).code == 2001
    for owner in ("NLD/TNM", "N1/T-M", "NL/TNMX"):
        assert world.ask("GET", path(owner=owner), token=token).http in {400, 404}
    for raw in (b"", b"{", b"[]", b"null", b"{" * 10_000):
        for method in ("PUT", "PATCH"):
            told = world.ask(method, path(), raw, token=token)
            assert (told.http, told.code) == (400, 2001), raw[:5]
    assert world.ask("PUT", path("2.1.1"), TOKEN, token=token).code == 3002
    for method in ("POST", "DELETE"):
        assert world.ask(method, path(), TOKEN, token=token).http == 405


def test_routing_headers_are_checked_and_answered(world: OcpiWorld) -> None:
    token = world.registered()
    routed = {
        "OCPI-from-country-code": "NL",
        "OCPI-from-party-id": "tnm",
        "OCPI-to-country-code": "DE",
        "OCPI-to-party-id": "ABC",
    }
    told = world.ask("PUT", path(), TOKEN, token=token, headers=routed)
    assert told.code == 1000
    back = {name: told.headers[name] for name in routed}
    assert back == {
        "OCPI-from-country-code": "DE",
        "OCPI-from-party-id": "ABC",
        "OCPI-to-country-code": "NL",
        "OCPI-to-party-id": "TNM",
    }
    told = world.ask("PUT", path(), TOKEN, token=token, headers=routed | {"OCPI-to-party-id": "X"})
    assert (told.http, told.code) == (200, 2000)
    for party in ("XYZ", "\u00e4"):
        headers = routed | {"OCPI-from-party-id": party}
        told = world.ask("PUT", path(), TOKEN, token=token, headers=headers)
        assert (told.http, told.code) == (200, 2001), party
    # configuration modules are not routed
    told = world.ask("GET", "/ocpi/versions", token=token, headers=routed)
    assert "OCPI-from-party-id" not in told.headers


def test_two_partners_of_one_provider_keep_their_own_states(world: OcpiWorld) -> None:
    world.partners["hub"] = replace(world.partner, partner_id="hub")
    token = world.registered()
    world.ask("PUT", path(), TOKEN, token=token)
    invited = world.connections.invite(ADMIN, "hub", OWN_ROLES).token
    world.server.tokens = {"token-b"}
    told = world.ask("POST", "/ocpi/2.2.1/credentials", world.server.credentials(), token=invited)
    hub = told.data["token"]
    assert world.ask("GET", path(), token=hub).http == 404
    assert world.ask("PUT", path(), TOKEN | {"valid": False}, token=hub).http == 201
    assert world.ask("GET", path(), token=token).data == TOKEN
