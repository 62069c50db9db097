"""Our own tokens as partners see them: page by page, and pushed when they change."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from authorization.model.access_token import AccessToken, TokenKind, TokenStatus, TokenUid
from authorization.model.ocpi import OcpiRole
from authorization.model.published_token import GIVE_UP_AFTER, rest_after
from authorization.operations.publish_tokens import PUSHES_AT_ONCE
from authorization.store.ocpi_tables import token_pushes
from foundation.identifiers import Emaid
from tests.authorization.fakes import ADMIN, CONTRACT, EMAID, MO
from tests.authorization.ocpi.partner_server import Request, envelope
from tests.authorization.ocpi.world import OWN_ROLES, OcpiWorld, Told
from tests.authorization.store.test_stations import at_once

SECOND = timedelta(seconds=1)
LIST = "/ocpi/2.2.1/emsp/tokens"


def add(world: OcpiWorld, uid: str, kind: TokenKind = TokenKind.RFID) -> AccessToken:
    return world.add_token(MO, EMAID, kind, TokenUid.parse(uid))


def later(world: OcpiWorld, by: timedelta) -> OcpiWorld:
    """The same, at a later time."""
    now = world.clock() + by
    other = OcpiWorld(world.database, lambda: now, world.server, world.decision)
    other.partners.update(world.partners)
    return other


def listed(world: OcpiWorld, held: str, query: str = "") -> Told:
    told = world.ask("GET", LIST + query, token=held)
    assert (told.http, told.code) == (200, 1000), told
    return told


def uids(told: Told) -> list[str]:
    return [one["uid"] for one in told.data]


def test_the_tokens_of_the_providers_that_are_shown(world: OcpiWorld) -> None:
    held = world.registered()
    assert listed(world, held).data == []
    add(world, "04A2B3C4")
    card = add(world, "driver-7", TokenKind.APP)
    world.change_token.set_status(MO, EMAID, card.token_id, TokenStatus.BLOCKED)
    told = listed(world, held)
    expected = {
        "country_code": "DE",
        "party_id": "ABC",
        "uid": "04A2B3C4",
        "type": "RFID",
        "contract_id": EMAID.canonical,
        "issuer": "ABC Drive",
        "valid": True,
        "whitelist": "NEVER",
        "last_updated": "2026-12-01T00:00:00Z",
    }
    app = expected | {"uid": "DRIVER-7", "type": "APP_USER", "valid": False}
    assert sorted(told.data, key=lambda one: str(one["type"])) == [app, expected]
    assert (told.headers["X-Total-Count"], told.headers["X-Limit"]) == ("2", "100")
    assert "Link" not in told.headers
    world.connections.invite(ADMIN, "peer", OWN_ROLES[:1])  # without the eMSP
    assert listed(world, held).data == []


def test_tokens_of_other_providers_are_not_listed(world: OcpiWorld) -> None:
    held = world.registered()
    other = replace(
        CONTRACT, contract_id="o" * 36, emaid=Emaid.parse("DEXYZC00000001"), provider_id="DEXYZ"
    )
    world.decision.contracts.contracts.append(other)
    world.add_token(ADMIN, other.emaid, TokenKind.RFID, TokenUid.parse("0011"))
    told = listed(world, held)
    assert (told.data, told.headers["X-Total-Count"]) == ([], "0")


def test_pages_lead_to_each_other(world: OcpiWorld) -> None:
    held = world.registered()
    for number in range(5):
        add(later(world, number * SECOND), f"0{number}")
    query = "?date_from=2026-12-01T00:00:01Z&date_to=2026-12-01T00:00:04&limit=2"
    told = listed(world, held, query)
    assert (uids(told), told.headers["X-Total-Count"]) == (["01", "02"], "3")
    link = re.fullmatch(r'<http://127\.0\.0\.1:9(/[^>]+)>; rel="next"', told.headers["Link"])
    assert link is not None
    more = world.ask("GET", link[1], token=held)
    assert uids(more) == ["03"]
    assert "Link" not in more.headers
    assert uids(listed(world, held, "?offset=4")) == ["04"]
    assert uids(listed(world, held, "?offset=99")) == []


def test_a_page_is_never_huge(world: OcpiWorld) -> None:
    held = world.registered()
    told = listed(world, held, "?limit=2000000000")
    assert told.headers["X-Limit"] == "100"
    for query in (
        "limit=0",
        "limit=-1",
        "limit=x",
        "offset=-1",
        "date_from=x",
        "limit=9" + "9" * 30,
    ):
        told = world.ask("GET", f"{LIST}?{query}", token=held)
        assert (told.http, told.code) == (200, 2001), query


class Receiver:
    """What a partner's receiver got, and how it answers."""

    def __init__(self, world: OcpiWorld, status: int = 200) -> None:
        self.status = status
        self.got: list[Request] = []
        for uid in ("04A2", "0B", "0C"):
            path = f"PUT /receiver/tokens/DE/ABC/{uid}"
            world.server.answers[path] = self._take

    def _take(self, request: Request) -> tuple[int, bytes]:
        self.got.append(request)
        return self.status, envelope(None)

    def told(self) -> Sequence[tuple[Any, Any]]:
        return [(one.body["uid"], one.body["valid"]) for one in self.got]


def waiting(world: OcpiWorld) -> int:
    with world.database.read() as connection:
        return len(connection.execute(sa.select(token_pushes)).all())


def test_a_change_is_pushed_once(world: OcpiWorld) -> None:
    world.registered()
    receiver = Receiver(world)
    card = add(world, "04A2")
    assert world.push() == 1
    assert world.push() == 0
    [request] = receiver.got
    assert request.path == "/receiver/tokens/DE/ABC/04A2?type=RFID"
    assert request.body["contract_id"] == EMAID.canonical
    assert request.headers["OCPI-from-party-id"] == "ABC"
    for number, status in enumerate((TokenStatus.BLOCKED, TokenStatus.ACTIVE), 1):
        at = later(world, number * SECOND)
        at.change_token.set_status(MO, EMAID, card.token_id, status)
        assert at.push() == 1
    last = later(world, 3 * SECOND)
    last.change_token.remove(MO, EMAID, card.token_id)
    assert last.push() == 1
    assert receiver.told() == [("04A2", True), ("04A2", False), ("04A2", True), ("04A2", False)]
    stamps = [one.body["last_updated"] for one in receiver.got]
    assert stamps == sorted(set(stamps))
    assert waiting(world) == 0  # nor is the removed card's uid kept


def test_nobody_is_told_who_is_not_registered_or_not_shown_the_provider(world: OcpiWorld) -> None:
    add(world, "04A2")
    world.invite()
    add(world, "0B")
    assert waiting(world) == 0
    world.registered()
    cpo = tuple(role for role in OWN_ROLES if role.role is OcpiRole.CPO)
    world.connections.invite(ADMIN, "peer", cpo)
    add(world, "0C")
    assert waiting(world) == 0


def test_what_fails_is_tried_again_with_the_newest_state(world: OcpiWorld) -> None:
    world.registered()
    receiver = Receiver(world, 503)
    card = add(world, "04A2")
    assert world.push() == 1
    assert world.push() == 0  # it rests
    world.change_token.set_status(MO, EMAID, card.token_id, TokenStatus.BLOCKED)
    receiver.status = 200
    assert world.push() == 1  # a change is told at once
    assert receiver.told() == [("04A2", True), ("04A2", False)]
    assert waiting(world) == 0


def test_a_failing_partner_is_left_alone_and_given_up_in_the_end(world: OcpiWorld) -> None:
    world.registered()
    receiver = Receiver(world, 500)
    for uid in ("04A2", "0B", "0C"):
        add(world, uid)
    assert world.push() == 3
    assert len(receiver.got) == 1
    soon = later(world, rest_after(1) - SECOND)
    assert soon.push() == 0
    due = later(world, rest_after(1))
    assert due.push() == 3
    assert len(receiver.got) == 2
    assert waiting(world) == 3
    assert later(world, GIVE_UP_AFTER + SECOND).push() == 3
    assert waiting(world) == 0


def test_slow_partners_do_not_hold_up_the_house(world: OcpiWorld) -> None:
    world.registered()
    receiver = Receiver(world)
    for uid in ("04A2", "0B", "0C"):
        add(world, uid)
    # each look at the clock finds it five seconds on
    times = iter(world.clock() + 5 * SECOND * step for step in range(100))
    assert replace(world.push, clock=lambda: next(times))() == 3
    assert len(receiver.got) == 1
    assert world.push() == 0  # they are claimed for a minute
    assert later(world, timedelta(minutes=2)).push() == 2


def test_pushes_stop_with_the_connection(world: OcpiWorld) -> None:
    held = world.registered()
    receiver = Receiver(world)
    add(world, "04A2")
    world.ask("DELETE", "/ocpi/2.2.1/credentials", token=held)
    assert world.push() == 1
    assert (receiver.got, waiting(world)) == ([], 0)


def test_two_processes_push_each_change_once(world: OcpiWorld) -> None:
    world.registered()
    receiver = Receiver(world)
    for uid in ("04A2", "0B", "0C"):
        add(world, uid)
    assert PUSHES_AT_ONCE > 3
    assert at_once(world.push, world.push) == ["done", "done"]
    assert sorted(receiver.told()) == [("04A2", True), ("0B", True), ("0C", True)]


def test_rests_double_up_to_an_hour() -> None:
    rests = [rest_after(attempt).total_seconds() for attempt in (0, 1, 2, 3, 9, 10, 10_000)]
    assert rests == [10, 10, 20, 40, 2560, 3600, 3600]
