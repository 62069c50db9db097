"""Foreign tokens on both databases: the newest state stays, whoever comes when."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from authorization.model.foreign_token import TokenType, Whitelist
from authorization.operations.keep_foreign_token import KeepForeignToken, Kept
from authorization.store.foreign_token_tables import foreign_token_counts, foreign_tokens
from authorization.store.foreign_tokens import (
    ForeignTokenVault,
    OpenSqlForeignTokens,
    SqlForeignTokens,
)
from authorization.store.tokens import open_token_hash
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from foundation.sealing import Sealer
from tests.authorization.fakes import NOW
from tests.authorization.foreign.tokens import (
    NAME,
    OTHER_PARTNER,
    PARTNER,
    TOKEN,
    speaks_for,
    token,
)
from tests.authorization.store.test_stations import at_once
from tests.databases import OUTBOX

SECOND = timedelta(seconds=1)


@dataclass
class Shelf:
    database: Database
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        sealer = Sealer(b"k" * 32)
        vault = ForeignTokenVault(open_token_hash(self.database, sealer, self.clock), sealer)
        self.open = OpenSqlForeignTokens(self.database, vault, OUTBOX, at_most=3)
        self.keep = KeepForeignToken(self.open, speaks_for, self.clock)
        self.tokens = SqlForeignTokens(self.database, vault)


@pytest.fixture
def shelf(database: Database, clock: Callable[[], datetime]) -> Shelf:
    return Shelf(database, clock)


def test_a_pushed_token_is_found_as_it_was_pushed(shelf: Shelf) -> None:
    assert shelf.keep.put(PARTNER, TOKEN) is Kept.CREATED
    assert shelf.tokens.find(TokenType.RFID, "04a2b3c4") == (TOKEN,)
    assert shelf.tokens.of_partner(PARTNER.partner_id, NAME) == TOKEN
    assert shelf.tokens.find(TokenType.OTHER, NAME.uid) == ()
    assert shelf.tokens.of_partner(OTHER_PARTNER.partner_id, NAME) is None


def test_nothing_of_it_stands_in_clear(shelf: Shelf) -> None:
    shelf.keep.put(PARTNER, TOKEN)
    with shelf.database.read() as connection:
        row = repr(connection.execute(sa.select(foreign_tokens)).one())
        events = repr(connection.execute(sa.select(outbox)).all())
    for text in ("04A2B3C4", "04:A2", "TNM-C1234", "TheNewMotion"):
        assert text not in row
        assert text not in events


def test_the_newest_state_stays_in_whatever_order_they_come(shelf: Shelf) -> None:
    shelf.keep.put(PARTNER, token(NOW + 5 * SECOND))
    assert shelf.keep.put(PARTNER, token(NOW, valid=False)) is Kept.OUTDATED
    late = shelf.keep.patch(PARTNER, NAME, NOW + 4 * SECOND, {"valid": False})
    assert late is Kept.OUTDATED
    [found] = shelf.tokens.find(TokenType.RFID, NAME.uid)
    assert found.valid
    changes = {"valid": False, "whitelist": Whitelist.NEVER}
    assert shelf.keep.patch(PARTNER, NAME, NOW + 6 * SECOND, changes) is Kept.UPDATED
    [found] = shelf.tokens.find(TokenType.RFID, NAME.uid)
    assert found == replace(TOKEN, last_updated=NOW + 6 * SECOND, **changes)  # type: ignore[arg-type] # each is what the field takes
    assert shelf.keep.put(PARTNER, token(NOW + 6 * SECOND)) is Kept.UPDATED  # the same time again


def test_no_state_comes_from_the_future(shelf: Shelf) -> None:
    day = timedelta(days=1)
    shelf.keep.put(PARTNER, token(NOW + day))
    actions: tuple[Callable[[], Kept], ...] = (
        lambda: shelf.keep.put(PARTNER, token(NOW + day + SECOND)),
        lambda: shelf.keep.patch(PARTNER, NAME, NOW + day + SECOND, {"valid": False}),
    )
    for action in actions:
        with pytest.raises(ServiceError) as caught:
            action()
        assert (caught.value.kind, caught.value.code) == (Kind.INVALID, "last_updated_ahead")


def test_a_partner_pushes_for_its_own_providers_only(shelf: Shelf) -> None:
    foreign = replace(NAME, provider_id="FRXYZ")
    actions: tuple[Callable[[], Kept], ...] = (
        lambda: shelf.keep.put(PARTNER, token(name=foreign)),
        lambda: shelf.keep.patch(PARTNER, foreign, NOW, {"valid": False}),
    )
    for action in actions:
        with pytest.raises(ServiceError) as caught:
            action()
        assert (caught.value.kind, caught.value.code) == (Kind.NOT_FOUND, "token_not_yours")
    with shelf.database.read() as connection:
        assert connection.execute(sa.select(foreign_tokens)).all() == []


def test_one_partner_never_changes_what_another_pushed(shelf: Shelf) -> None:
    shelf.keep.put(PARTNER, TOKEN)
    with pytest.raises(ServiceError) as caught:
        shelf.keep.patch(OTHER_PARTNER, NAME, NOW + SECOND, {"valid": False})
    assert caught.value.code == "token_not_found"
    shelf.keep.put(OTHER_PARTNER, token(partner=OTHER_PARTNER, valid=False))
    assert shelf.tokens.of_partner(PARTNER.partner_id, NAME) == TOKEN
    assert len(shelf.tokens.find(TokenType.RFID, NAME.uid)) == 2


def test_a_partner_has_room_for_so_many_tokens(shelf: Shelf) -> None:
    for number in range(3):
        shelf.keep.put(PARTNER, token(name=replace(NAME, uid=f"0{number}")))
    with pytest.raises(ServiceError) as caught:
        shelf.keep.put(PARTNER, token(name=replace(NAME, uid="09")))
    assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "too_many_tokens")
    shelf.keep.put(PARTNER, token(NOW + SECOND, name=replace(NAME, uid="00")))  # no new one
    shelf.keep.put(OTHER_PARTNER, token(partner=OTHER_PARTNER))
    with shelf.open() as work:
        assert work.foreign_tokens.forget_partner(PARTNER.partner_id) == 3
        work.commit()
    with shelf.database.read() as connection:
        left = connection.execute(sa.select(foreign_token_counts)).all()
    assert [tuple(row) for row in left] == [(OTHER_PARTNER.partner_id, 1)]
    assert shelf.keep.put(PARTNER, TOKEN) is Kept.CREATED


def test_two_pushes_of_one_new_token_at_once_make_one(shelf: Shelf) -> None:
    older, newer = token(NOW), token(NOW + SECOND, valid=False)
    for _ in range(3):
        ends = at_once(
            lambda: shelf.keep.put(PARTNER, older), lambda: shelf.keep.put(PARTNER, newer)
        )
        assert ends == ["done", "done"]
        [found] = shelf.tokens.find(TokenType.RFID, NAME.uid)
        assert found == newer
        with shelf.open() as work:
            assert work.foreign_tokens.forget_partner(PARTNER.partner_id) == 1
            work.commit()
