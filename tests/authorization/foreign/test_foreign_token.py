"""What a partner's token is: names, lengths, the newest state, and whose uid it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.foreign_token import TokenName, TokenType, is_outdated, the_one, uid_key
from foundation.errors import ServiceError
from tests.authorization.fakes import NOW
from tests.authorization.foreign.tokens import NAME, OTHER_PARTNER, TOKEN, token


@pytest.mark.parametrize(
    ("token_type", "spellings"),
    [
        (TokenType.RFID, ["04:a2:b3:c4", "04-A2-B3-C4", "04a2b3c4"]),
        (TokenType.OTHER, ["VID:98ED5CB9BE31", "98:ed:5c:b9:be:31", "98ed5cb9be31"]),
        (TokenType.OTHER, ["NL-TNM-C12345678", "nltnmc12345678"]),
        (TokenType.EMAID, ["NL-TNM-C12345678", "nltnmc12345678", "NL-TNM-C12345678"]),
        (TokenType.APP_USER, ["bdf21bce-fc97-11e8", "BDF21BCE-FC97-11E8"]),
    ],
)
def test_every_spelling_of_a_uid_is_one(token_type: TokenType, spellings: list[str]) -> None:
    assert len({uid_key(token_type, spelling) for spelling in spellings}) == 1


def test_a_uid_has_36_characters_at_most() -> None:
    TokenName("NLTNM", TokenType.OTHER, "x" * 36)
    for uid in ("x" * 37, "", "a b", "ä"):
        with pytest.raises(ServiceError) as caught:
            TokenName("NLTNM", TokenType.OTHER, uid)
        assert caught.value.code == "invalid_token_uid"


@pytest.mark.parametrize(
    "changes",
    [
        {"contract_id": ""},
        {"contract_id": "c" * 37},
        {"issuer": "i" * 65},
        {"visual_number": "v" * 65},
        {"group_id": "g" * 37},
        {"language": "eng"},
    ],
)
def test_too_long_is_refused_by_name_of_the_field(changes: dict[str, str]) -> None:
    with pytest.raises(ServiceError) as caught:
        replace(TOKEN, **changes)  # type: ignore[arg-type] # each is a text
    assert set(caught.value.fields) == set(changes)
    with pytest.raises(ServiceError):
        TOKEN.changed(changes)


def test_a_change_leaves_name_and_partner_alone() -> None:
    changed = TOKEN.changed({"valid": False, "partner_id": "else", "name": None})
    assert changed == replace(TOKEN, valid=False)


def test_what_comes_late_is_outdated_and_what_comes_twice_is_not() -> None:
    assert is_outdated(TOKEN, NOW - timedelta(microseconds=1))
    assert not is_outdated(TOKEN, NOW)


def test_a_uid_of_two_providers_is_nobodys() -> None:
    other = token(partner=OTHER_PARTNER, name=replace(NAME, provider_id="FRXYZ"))
    assert the_one([]) is None
    assert the_one([TOKEN]) is TOKEN
    assert the_one([TOKEN, other]) is None


def test_of_a_provider_and_its_hub_the_newest_word_counts() -> None:
    newer = token(NOW + timedelta(seconds=1), partner=OTHER_PARTNER, valid=False)
    assert the_one([TOKEN, newer]) is newer
    assert the_one([newer, TOKEN]) is newer
