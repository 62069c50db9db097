"""Reading partners' lists of tokens: all of them page by page, then what changed."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from authorization.model.foreign_token import FURTHEST_AHEAD, TokenName, TokenType
from authorization.model.ocpi import CredentialsRole, OcpiRole
from authorization.model.token_pull import PULL_EVERY, RETRY_AFTER
from authorization.operations.pull_tokens import LONGEST_ROUND
from foundation.errors import Kind, ServiceError
from tests.authorization.fakes import ADMIN, AUDITOR, CPO
from tests.authorization.ocpi.partner_server import Request, envelope
from tests.authorization.ocpi.world import OcpiWorld

LIST = "GET /sender/tokens"


class Clock:
    """Time that a test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Listing:
    """The tokens that the partner's platform lists, `page` at a time."""

    def __init__(self, world: OcpiWorld, count: int, page: int = 2) -> None:
        self.world, self.page = world, page
        self.tokens: list[object] = [token_json(number) for number in range(count)]
        self.asked: list[dict[str, list[str]]] = []
        self.next_host = world.server.base
        world.server.answers[LIST] = self

    def __call__(self, request: Request) -> tuple[int, bytes]:
        query = parse_qs(urlsplit(request.path).query)
        self.asked.append(query)
        offset = int(query["offset"][0])
        following = offset + self.page
        if following < len(self.tokens):
            url = f"{self.next_host}/sender/tokens?offset={following}&limit={self.page}"
            self.world.server.headers = {"Link": f'<{url}>; rel="next"'}
        return 200, envelope(self.tokens[offset:following])


def token_json(number: int, **changed: object) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "TNM",
        "uid": f"04A2B3{number:06}",
        "type": "RFID",
        "contract_id": "NL-TNM-C12345678",
        "issuer": "TheNewMotion",
        "valid": True,
        "whitelist": "ALLOWED",
        "last_updated": "2026-11-30T00:00:00Z",
        **changed,
    }


def kept(world: OcpiWorld, number: int) -> bool:
    name = TokenName("NLTNM", TokenType.RFID, f"04A2B3{number:06}")
    return world.tokens.of_partner("peer", name) is not None


@pytest.fixture
def now(world: OcpiWorld) -> Clock:
    """The clock of what pulls, and of nothing else; the partner is registered."""
    clock = Clock(world.clock())
    object.__setattr__(world.pull, "clock", clock)
    world.registered()
    clock.now = world.clock()
    world.server.tokens.add("token-b")
    return clock


def test_everything_after_a_handshake_then_what_changed(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 5)
    began = now()
    assert world.pull() == 5
    assert all(kept(world, number) for number in range(5))
    assert [query["offset"] for query in listing.asked] == [["0"], ["2"], ["4"]]
    assert "date_from" not in listing.asked[0]
    shown = world.pull.show(AUDITOR, "peer")
    assert (shown.since, shown.began, shown.next_page) == (began - FURTHEST_AHEAD, None, None)
    assert (shown.taken, shown.refused) == (5, 0)
    assert world.pull() == 0  # not due
    assert len(listing.asked) == 3

    now.now += PULL_EVERY
    listing.tokens = [token_json(1), token_json(9, last_updated="2026-12-01T00:00:00Z")]
    assert world.pull() == 1  # what stands unchanged is not told again
    assert kept(world, 9)
    since = (began - FURTHEST_AHEAD).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert listing.asked[3]["date_from"] == [since]


def test_it_says_for_which_operator_and_by_which_token(world: OcpiWorld, now: Clock) -> None:
    Listing(world, 1)
    world.pull()
    sent = next(one for one in world.server.requests if one.path.startswith("/sender/tokens"))
    assert sent.headers["OCPI-from-country-code"] + sent.headers["OCPI-from-party-id"] == "DEABC"
    assert sent.headers["Authorization"].startswith("Token ")


def test_a_round_that_takes_too_long_goes_on_where_it_stopped(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 6)

    def slowly(request: Request) -> tuple[int, bytes]:
        now.now += LONGEST_ROUND / 2
        return listing(request)

    world.server.answers[LIST] = slowly
    assert world.pull() == 4
    assert world.pull.show(ADMIN, "peer").next_page is not None
    assert world.pull() == 2
    assert [query["offset"][0] for query in listing.asked] == ["0", "2", "4"]


def test_what_is_not_the_partners_or_no_token_is_passed_over(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 1, page=9)
    listing.tokens = [
        token_json(0, party_id="XYZ"),
        token_json(1, valid="yes"),
        token_json(2, last_updated="2030-01-01T00:00:00Z"),
        token_json(3, issuer="x" * 65),
        "no object",
        token_json(4),
    ]
    assert world.pull() == 1
    assert [number for number in range(5) if kept(world, number)] == [4]
    assert world.pull.show(ADMIN, "peer").refused == 5


def test_a_newer_state_that_was_pushed_stands(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 1)
    world.pull()
    name = TokenName("NLTNM", TokenType.RFID, "04A2B3000000")
    pushed = world.tokens.of_partner("peer", name)
    assert pushed is not None
    later = pushed.changed({"valid": False, "last_updated": pushed.last_updated + timedelta(1)})
    world.keep.put(world.partner, later)
    now.now += PULL_EVERY
    assert world.pull() == 0
    assert len(listing.asked) == 2
    assert world.tokens.of_partner("peer", name) == later


@pytest.mark.parametrize(
    ("answer", "begins_anew"),
    [
        ((500, b"no"), False),
        ((200, envelope(None, 4001)), True),
        ((200, envelope({"no": "list"})), True),
        ((404, envelope(None, 2003)), True),
        ((200, b"<html>"), False),
    ],
)
def test_a_page_that_cannot_be_read_is_tried_later(
    world: OcpiWorld, now: Clock, answer: tuple[int, bytes], begins_anew: bool
) -> None:
    listing = Listing(world, 4)

    def second_fails(request: Request) -> tuple[int, bytes]:
        return answer if "offset=2" in request.path else listing(request)

    world.server.answers[LIST] = second_fails
    assert world.pull() == 2
    failed = world.pull.show(ADMIN, "peer")
    assert (failed.next_page is None) is begins_anew
    assert failed.since is None
    assert world.pull() == 0  # it waits
    now.now += RETRY_AFTER
    world.server.answers[LIST] = listing
    assert world.pull() == 2
    assert world.pull.show(ADMIN, "peer").since is not None


def test_the_next_page_is_nowhere_but_at_the_partner(world: OcpiWorld, now: Clock) -> None:
    Listing(world, 4).next_host = "http://127.0.0.2:80"
    assert world.pull() == 0
    assert world.pull.show(ADMIN, "peer").since is None


def test_a_page_that_follows_itself_ends(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 2)

    def in_circles(request: Request) -> tuple[int, bytes]:
        listing(request)
        url = f"{world.server.base}/sender/tokens?offset=0&limit=7"
        world.server.headers = {"Link": f'<{url}>; rel="next"'}
        return 200, envelope(listing.tokens)

    world.server.answers[LIST] = in_circles
    world.pull()
    assert len(listing.asked) == 2
    assert world.pull.show(ADMIN, "peer").since is not None


def test_all_anew_as_an_administrator_says(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 2)
    world.pull()
    with pytest.raises(ServiceError) as refused:
        world.pull.again(CPO, "peer")
    assert refused.value.kind is Kind.FORBIDDEN
    assert world.pull.again(ADMIN, "peer").since is None
    world.pull()
    assert "date_from" not in listing.asked[-1]


def test_after_another_handshake_everything_is_read_anew(world: OcpiWorld, now: Clock) -> None:
    listing = Listing(world, 2)
    world.pull()
    world.connections.end(ADMIN, "peer")
    with pytest.raises(ServiceError) as refused:
        world.pull.show(ADMIN, "peer")
    assert refused.value.code == "not_registered"
    assert not kept(world, 0)
    world.server.tokens.add("token-b")
    world.registered()
    now.now = world.clock()
    world.server.tokens.add("token-b")
    assert world.pull() == 2
    assert "date_from" not in listing.asked[-1]


def test_who_serves_no_tokens_or_sees_no_operator_of_ours_is_not_asked(world: OcpiWorld) -> None:
    world.server.modules = (("credentials", "SENDER"), ("tokens", "RECEIVER"))
    world.registered()
    with pytest.raises(ServiceError) as refused:
        world.pull.again(ADMIN, "peer")
    assert refused.value.code == "tokens_not_offered"
    assert world.pull() == 0
    emsp = CredentialsRole(OcpiRole.EMSP, "DE", "ABC", "ABC Drive")
    world.connections.invite(ADMIN, "peer", [emsp])
    assert world.pull() == 0
    with pytest.raises(ServiceError) as missing:
        world.pull.show(ADMIN, "nobody")
    assert missing.value.code == "partner_not_found"
