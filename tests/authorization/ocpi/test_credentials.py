"""Versions and the credentials module: a partner registers, renews and leaves."""

import base64
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authorization.model.foreign_token import TokenType
from authorization.model.ocpi_connection import REGISTRATION_LASTS
from authorization.store.ocpi_tables import ocpi_connections, ocpi_tokens
from foundation.outbox import outbox
from tests.authorization.fakes import ADMIN, NOW
from tests.authorization.foreign.tokens import NAME, token
from tests.authorization.ocpi.partner_server import envelope
from tests.authorization.ocpi.world import OWN_ROLES, OWN_URL, OcpiWorld, Told
from tests.authorization.store.test_stations import at_once

BASE = "http://127.0.0.1:9/ocpi"
VERSIONS = ("2.2.1", "2.3.0")


def test_versions_and_details_with_a_registration_token(world: OcpiWorld) -> None:
    token_a = world.invite()
    told = world.ask("GET", "/ocpi/versions", token=token_a)
    assert (told.http, told.code) == (200, 1000)
    assert told.data == [{"version": one, "url": f"{BASE}/{one}"} for one in VERSIONS]
    for version in VERSIONS:
        told = world.ask("GET", f"/ocpi/{version}", token=token_a)
        assert told.data == {
            "version": version,
            "endpoints": [
                {
                    "identifier": "credentials",
                    "role": "SENDER",
                    "url": f"{BASE}/{version}/credentials",
                },
                {
                    "identifier": "tokens",
                    "role": "RECEIVER",
                    "url": f"{BASE}/{version}/cpo/tokens",
                },
                {"identifier": "tokens", "role": "SENDER", "url": f"{BASE}/{version}/emsp/tokens"},
            ],
        }


def test_a_partner_sees_the_modules_of_the_parties_that_it_is_shown(world: OcpiWorld) -> None:
    shown = world.connections.invite(ADMIN, "peer", OWN_ROLES[:1])
    told = world.ask("GET", "/ocpi/2.2.1", token=shown.token)
    assert [one["role"] for one in told.data["endpoints"]] == ["SENDER", "RECEIVER"]
    told = world.ask("GET", "/ocpi/2.2.1/credentials", token=shown.token)
    assert told.data["roles"] == [
        {
            "role": "CPO",
            "business_details": {"name": "ABC Charging"},
            "party_id": "ABC",
            "country_code": "DE",
        }
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_partner_registers_once(world: OcpiWorld, version: str) -> None:
    world.server.version = version
    token_a, path = world.invite(), f"/ocpi/{version}/credentials"
    told = world.ask("POST", path, world.server.credentials(), token=token_a)
    assert (told.http, told.code, told.data["url"]) == (200, 1000, OWN_URL)
    token_c = told.data["token"]
    assert len({token_a, token_c, "token-b"}) == 3
    # the partner's platform was read with the token that it gave
    asked = [(one.method, one.path) for one in world.server.requests]
    assert asked == [("GET", "/ocpi/versions"), ("GET", f"/ocpi/{version}")]
    connection = world.reader.connection("peer")
    assert connection is not None
    assert connection.registered is not None
    assert connection.registered.token == "token-b"
    assert connection.registered.version == version
    assert {one.identifier for one in connection.registered.endpoints} == {"credentials", "tokens"}
    # a registration token is used once, whatever is asked with it
    for method, body in (("POST", world.server.credentials()), ("GET", None)):
        again = world.ask(method, path, body, token=token_a)
        assert (again.http, again.code) == (401, 2000)
    # and whoever is registered does not register
    again = world.ask("POST", path, world.server.credentials(), token=token_c)
    assert (again.http, again.code) == (405, 2000)
    assert world.ask("GET", path, token=token_c).data["token"] == token_c


def test_a_token_is_read_in_base64_and_raw(world: OcpiWorld) -> None:
    token_c = world.registered()
    for shown in (
        base64.b64encode(token_c.encode()).decode(),
        base64.b64encode(f"{token_c}\n".encode()).decode(),  # as the specification's own example
        token_c,
    ):
        for scheme in ("Token", "token"):
            told = world.ask(
                "GET", "/ocpi/versions", headers={"Authorization": f"{scheme} {shown}"}
            )
            assert told.http == 200, shown


def test_strangers_are_told_nothing(world: OcpiWorld) -> None:
    world.registered()
    for header in (
        "",
        "Token",
        "Bearer x",
        "Token x",
        "Token " + "x" * 200,
        "Token ä",
        "Token a b",
    ):
        for path in ("/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/credentials", "/ocpi/1.0"):
            told = world.ask("GET", path, headers={"Authorization": header})
            assert (told.http, told.code, told.data) == (401, 2000, None), header
            assert told.headers["WWW-Authenticate"].startswith("Token")


def test_nothing_of_a_token_stands_in_the_database(world: OcpiWorld) -> None:
    token_c, token_a = world.registered(), world.invite()
    with world.database.read() as connection:
        rows = repr(
            [
                connection.execute(sa.select(one)).all()
                for one in (ocpi_connections, ocpi_tokens, outbox)
            ]
        )
    for secret in (token_c, token_a, "token-b"):
        assert secret not in rows


def test_a_partner_without_its_registration_is_nobody(world: OcpiWorld) -> None:
    token_c = world.registered()
    del world.partners["peer"]
    assert world.ask("GET", "/ocpi/versions", token=token_c).http == 401


def test_an_invitation_runs_out(world: OcpiWorld) -> None:
    token_a = world.invite()
    now = NOW + REGISTRATION_LASTS - timedelta(seconds=1)
    late = OcpiWorld(world.database, lambda: now, world.server)
    assert late.ask("GET", "/ocpi/versions", token=token_a).http == 200
    later = OcpiWorld(world.database, lambda: now + timedelta(seconds=1), world.server)
    assert later.ask("GET", "/ocpi/versions", token=token_a).http == 401


def test_a_registration_token_opens_no_other_module(world: OcpiWorld) -> None:
    token_a = world.invite()
    for method, path in (
        ("GET", "/ocpi/2.2.1/cpo/tokens/NL/TNM/04A2"),
        ("PUT", "/ocpi/2.2.1/cpo/tokens/NL/TNM/04A2"),
        ("POST", "/ocpi/2.2.1/emsp/tokens/04A2/authorize"),
    ):
        assert world.ask(method, path, {}, token=token_a).http == 401
    for method in ("PUT", "DELETE"):
        told = world.ask(
            method, "/ocpi/2.2.1/credentials", world.server.credentials(), token=token_a
        )
        assert (told.http, told.code) == (405, 2000)


def test_renewing_changes_both_tokens_and_the_version(world: OcpiWorld) -> None:
    first = world.registered()
    world.server.version = "2.3.0"
    world.server.tokens = {"token-b2"}
    told = world.ask(
        "PUT", "/ocpi/2.3.0/credentials", world.server.credentials("token-b2"), token=first
    )
    assert (told.http, told.code) == (200, 1000)
    second = told.data["token"]
    assert world.ask("GET", "/ocpi/versions", token=first).http == 401
    assert world.ask("GET", "/ocpi/versions", token=second).http == 200
    connection = world.reader.connection("peer")
    assert connection is not None
    assert connection.registered is not None
    assert (connection.registered.token, connection.registered.version) == ("token-b2", "2.3.0")


def test_of_two_renewals_at_once_one_counts(world: OcpiWorld) -> None:
    held = world.registered()
    for _ in range(3):
        given: list[Told] = []

        def renew(held: str = held, given: list[Told] = given) -> None:
            body = world.server.credentials()
            given.append(world.ask("PUT", "/ocpi/2.2.1/credentials", body, token=held))

        at_once(renew, renew)
        refused, renewed = sorted(given, key=lambda told: told.code == 1000)
        assert (refused.http, refused.code, renewed.http) == (401, 2000, 200)
        assert world.ask("GET", "/ocpi/versions", token=held).http == 401
        held = renewed.data["token"]
        assert world.ask("GET", "/ocpi/versions", token=held).http == 200
    with world.database.read() as connection:
        assert len(connection.execute(sa.select(ocpi_tokens)).all()) == 1


def test_of_two_uses_of_one_registration_token_at_once_one_counts(world: OcpiWorld) -> None:
    token_a, given = world.invite(), []

    def register() -> None:
        body = world.server.credentials()
        given.append(world.ask("POST", "/ocpi/2.2.1/credentials", body, token=token_a))

    at_once(register, register)
    assert sorted(told.http for told in given) == [200, 401]


def test_leaving_forgets_the_partner_and_what_it_pushed(world: OcpiWorld) -> None:
    token_c = world.registered()
    world.keep.put(world.partner, token())
    told = world.ask("DELETE", "/ocpi/2.2.1/credentials", token=token_c)
    assert (told.http, told.code) == (200, 1000)
    assert world.ask("GET", "/ocpi/versions", token=token_c).http == 401
    assert world.tokens.find(TokenType.RFID, NAME.uid) == ()
    connection = world.reader.connection("peer")
    assert connection is not None
    assert connection.registered is None
    assert world.registered()  # it may come again


def test_no_request_goes_where_only_the_partner_says(world: OcpiWorld) -> None:
    token_a = world.invite()
    for url in (
        "http://127.0.0.1:9999/ocpi/versions",  # another port is another host
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/ocpi/versions",
        "file:///etc/passwd",
        "",
    ):
        theirs = world.server.credentials() | {"url": url}
        told = world.ask("POST", "/ocpi/2.2.1/credentials", theirs, token=token_a)
        assert (told.http, told.code) == (200, 2001), url
    assert world.server.requests == []
    assert world.ask("GET", "/ocpi/versions", token=token_a).http == 200  # not used up


def test_versions_and_endpoints_on_another_host_are_not_followed(world: OcpiWorld) -> None:
    token_a = world.invite()
    world.server.host = "127.0.0.1:9998"  # the versions list names it
    told = world.ask("POST", "/ocpi/2.2.1/credentials", world.server.credentials(), token=token_a)
    assert (told.http, told.code) == (200, 2001)
    assert [one.path for one in world.server.requests] == ["/ocpi/versions"]


def test_parties_that_are_not_the_partners_are_refused(world: OcpiWorld) -> None:
    token_a = world.invite()
    theirs = world.server.credentials()
    theirs["roles"] = [*theirs["roles"], theirs["roles"][0] | {"party_id": "XYZ"}]
    told = world.ask("POST", "/ocpi/2.2.1/credentials", theirs, token=token_a)
    assert (told.http, told.code) == (200, 2001)
    assert "NL XYZ" in told.message
    world.change_partner(is_default=True)  # a hub names whomever it reaches
    told = world.ask("POST", "/ocpi/2.2.1/credentials", theirs, token=token_a)
    assert told.code == 1000


def test_what_a_platform_lacks_has_its_status_code(world: OcpiWorld) -> None:
    token_a, path = world.invite(), "/ocpi/2.2.1/credentials"
    server, theirs = world.server, world.server.credentials()
    server.version = "2.3.0"
    assert world.ask("POST", path, theirs, token=token_a).code == 3002
    server.version, server.modules = "2.2.1", (("tokens", "SENDER"),)
    assert world.ask("POST", path, theirs, token=token_a).code == 3003
    server.tokens = {"another"}
    assert world.ask("POST", path, theirs, token=token_a).code == 3001
    for answer in (
        (200, b"<html>"),
        (200, b"[]"),
        (200, envelope([], 3000)),  # an error inside HTTP 200
        (500, b""),
        (302, b""),
        (200, envelope("x" * 70000)),  # more than is read
    ):
        server.answers = {"GET /ocpi/versions": lambda _, answer=answer: answer}  # type: ignore[misc] # bound at once
        told = world.ask("POST", path, theirs, token=token_a)
        assert (told.http, told.code) == (200, 3001), answer[1][:20]
    server.answers, server.tokens, server.modules = {}, {"token-b"}, (("credentials", "SENDER"),)
    assert world.ask("POST", path, theirs, token=token_a).code == 1000  # it was never used up


def test_what_is_no_credentials_object_is_2001(world: OcpiWorld) -> None:
    token_a, theirs = world.invite(), world.server.credentials()
    for body in (
        {},
        theirs | {"token": "x" * 65},
        theirs | {"token": "a b"},
        theirs | {"token": ""},
        theirs | {"roles": []},
        theirs | {"roles": [theirs["roles"][0]] * 501},
        theirs | {"roles": [theirs["roles"][0] | {"role": "KING"}]},
        theirs | {"roles": [theirs["roles"][0] | {"country_code": "NLD"}]},
        theirs | {"url": "h" * 600},
    ):
        told = world.ask("POST", "/ocpi/2.2.1/credentials", body, token=token_a)
        assert (told.http, told.code) == (200, 2001), body
    for raw in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 5000):
        told = world.ask("POST", "/ocpi/2.2.1/credentials", raw, token=token_a)
        assert (told.http, told.code) == (400, 2001), raw
    told = world.ask("POST", "/ocpi/2.2.1/credentials", b" " * 70000, token=token_a)
    assert (told.http, told.code) == (413, 2001)


def test_another_version_is_not_found(world: OcpiWorld) -> None:
    token_a = world.invite()
    for version in ("2.1.1", "2.2", "3.0", "2.2.1x", "%00", "x" * 500):
        for path in (f"/ocpi/{version}", f"/ocpi/{version}/credentials"):
            told = world.ask("GET", path, token=token_a)
            assert (told.http, told.code) == (404, 3002), version
        assert world.ask("GET", f"/ocpi/{version}/sessions", token=token_a).http == 404


def test_methods_and_addresses_that_are_not_served(world: OcpiWorld) -> None:
    token_a = world.invite()
    told = world.ask("PATCH", "/ocpi/2.2.1/credentials", {}, token=token_a)
    assert (told.http, told.code) == (405, 2000)
    told = world.ask("GET", "/ocpi", token=token_a)
    assert (told.http, told.code) == (404, 2000)


def test_ids_come_back(world: OcpiWorld) -> None:
    token_a = world.invite()
    ids = {"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"}
    told = world.ask("GET", "/ocpi/versions", token=token_a, headers=ids)
    assert {name: told.headers[name] for name in ids} == ids
    odd = {"X-Request-ID": "x" * 100}
    told = world.ask("GET", "/ocpi/versions", token=token_a, headers=odd)
    assert len(told.headers["X-Request-ID"]) == 36
    assert len(world.ask("GET", "/ocpi/versions").headers["X-Correlation-ID"]) == 36


def test_who_asks_too_often_waits(world: OcpiWorld) -> None:
    token_a = world.invite()
    world.wait_partner = 7
    told = world.ask("GET", "/ocpi/versions", token=token_a)
    assert (told.http, told.code, told.headers["Retry-After"]) == (429, 2000, "7")
    world.wait_stranger = 9
    told = world.ask("GET", "/ocpi/versions", token="nobody")
    assert (told.http, told.headers["Retry-After"]) == (429, "9")
