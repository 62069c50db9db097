"""Registering at a partner's platform, renewing and ending it, as an administrator says."""

import pytest
import sqlalchemy as sa

from authorization.model.foreign_token import TokenType
from authorization.model.ocpi import TokenEncoding
from authorization.model.partner import PartnerProtocol
from authorization.store.ocpi_tables import ocpi_tokens
from foundation.errors import Kind, ServiceError
from tests.authorization.fakes import ADMIN, AUDITOR, CPO, MO
from tests.authorization.foreign.tokens import NAME, token
from tests.authorization.ocpi.partner_server import Request, envelope
from tests.authorization.ocpi.world import OWN_ROLES, OWN_URL, OcpiWorld


def read_back(world: OcpiWorld) -> list[int]:
    """Let the platform read our versions with the token that it is given; return how it went."""
    seen: list[int] = []

    def register(request: Request) -> tuple[int, bytes]:
        ours = request.body["token"]
        paths = ("/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/cpo/tokens/NL/TNM/1")
        seen.extend(world.ask("GET", path, token=ours).http for path in paths)
        world.server.tokens = {"token-c"}
        return 200, envelope(world.server.credentials("token-c"))

    world.server.answers = {
        "POST /sender/credentials": register,
        "PUT /sender/credentials": register,
    }
    return seen


@pytest.mark.parametrize("raw", [False, True])
def test_registering_there(world: OcpiWorld, raw: bool) -> None:
    world.server.raw = raw
    seen = read_back(world)
    made = world.connections.register(ADMIN, "peer", OWN_ROLES, "token-a")
    # while it answers, the partner may read what is there, and nothing more
    assert seen == [200, 200, 401]
    assert made == world.connections.show(AUDITOR, "peer")
    assert made.registered is not None
    assert made.registered.token == "token-c"
    expected = TokenEncoding.RAW if raw else TokenEncoding.BASE64
    assert made.registered.encoding is expected
    sent = next(one for one in world.server.requests if one.method == "POST")
    assert sent.body["url"] == OWN_URL
    assert [role["role"] for role in sent.body["roles"]] == ["CPO", "EMSP"]
    # and afterwards everything, with the same token
    told = world.ask("GET", "/ocpi/2.2.1/cpo/tokens/NL/TNM/1", token=sent.body["token"])
    assert told.code == 2004
    with world.database.read() as connection:
        rows = connection.execute(sa.select(ocpi_tokens)).all()
    assert [row.purpose for row in rows] == ["credentials"]


def test_renewing_there_by_put(world: OcpiWorld) -> None:
    read_back(world)
    world.connections.register(ADMIN, "peer", OWN_ROLES, "token-a")
    first = world.server.requests[-1].body["token"]
    made = world.connections.renew(ADMIN, "peer")
    assert made.registered is not None
    put = world.server.requests[-1]
    assert (put.method, put.path) == ("PUT", "/sender/credentials")
    assert world.ask("GET", "/ocpi/versions", token=first).http == 401
    assert world.ask("GET", "/ocpi/versions", token=put.body["token"]).http == 200


def test_ending_it_here_even_if_nobody_hears_it_there(world: OcpiWorld) -> None:
    read_back(world)
    world.connections.register(ADMIN, "peer", OWN_ROLES, "token-a")
    ours = world.server.requests[-1].body["token"]
    world.keep.put(world.partner, token())
    world.server.answers["DELETE /sender/credentials"] = lambda _: (500, b"")
    world.connections.end(ADMIN, "peer")
    assert world.server.requests[-1].method == "DELETE"
    assert world.ask("GET", "/ocpi/versions", token=ours).http == 401
    assert world.tokens.find(TokenType.RFID, NAME.uid) == ()
    assert world.connections.show(ADMIN, "peer").registered is None
    with pytest.raises(ServiceError) as caught:
        world.connections.renew(ADMIN, "peer")
    assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "not_registered")


def test_what_fails_there_is_said_and_leaves_nothing(world: OcpiWorld) -> None:
    world.server.tokens = {"token-a"}
    fails = {
        "405": lambda _: (405, b""),
        "error inside": lambda _: (200, envelope(None, 3001)),
        "no envelope": lambda _: (200, b"<html>"),
        "no object": lambda _: (200, envelope({"token": "x"})),
        "other parties": lambda _: (
            200,
            envelope(
                world.server.credentials("token-c")
                | {"roles": [world.server.credentials()["roles"][0] | {"party_id": "XYZ"}]}
            ),
        ),
        "other host": lambda _: (
            200,
            envelope(world.server.credentials("token-c") | {"url": "https://evil.example/v"}),
        ),
    }
    for name, answer in fails.items():
        world.server.answers = {"POST /sender/credentials": answer}
        with pytest.raises(ServiceError) as caught:
            world.connections.register(ADMIN, "peer", OWN_ROLES, "token-a")
        assert (caught.value.kind, caught.value.code) == (Kind.INVALID, "registration_failed"), name
        assert world.connections.show(ADMIN, "peer").registered is None
    # whoever believes to be registered is told that it is not
    assert [one.method for one in world.server.requests[-2:]] == ["POST", "DELETE"]
    with pytest.raises(ServiceError) as caught:
        world.connections.register(ADMIN, "peer", OWN_ROLES, "wrong")
    assert "not_authenticated" in caught.value.detail
    # an offered token that came to nothing opens no module
    offered = [one.body["token"] for one in world.server.requests if one.method == "POST"]
    for ours in offered:
        assert world.ask("GET", "/ocpi/2.2.1/cpo/tokens/NL/TNM/1", token=ours).http == 401


def test_administrators_alone(world: OcpiWorld) -> None:
    for who in (CPO, MO, AUDITOR):
        for action in (
            lambda who=who: world.connections.invite(who, "peer", OWN_ROLES),
            lambda who=who: world.connections.register(who, "peer", OWN_ROLES, "t"),
            lambda who=who: world.connections.renew(who, "peer"),
            lambda who=who: world.connections.end(who, "peer"),
        ):
            with pytest.raises(ServiceError) as caught:
                action()
            assert caught.value.code == "role_required"
    with pytest.raises(ServiceError) as caught:
        world.connections.show(CPO, "peer")
    assert caught.value.code == "role_required"


def test_partners_that_are_not_there_or_speak_otherwise(world: OcpiWorld) -> None:
    with pytest.raises(ServiceError) as caught:
        world.connections.invite(ADMIN, "nobody", OWN_ROLES)
    assert (caught.value.kind, caught.value.code) == (Kind.NOT_FOUND, "partner_not_found")
    world.change_partner(protocol=PartnerProtocol.OICP_23)
    with pytest.raises(ServiceError) as caught:
        world.connections.invite(ADMIN, "peer", OWN_ROLES)
    assert (caught.value.kind, caught.value.code) == (Kind.INVALID, "not_ocpi")
