"""Uids of cards and app accounts: one key for every spelling, nothing but ServiceError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.access_token import TokenUid
from foundation.errors import Kind, ServiceError


@pytest.mark.parametrize("text", ["04A2B3C4", "04a2b3c4", "04:a2:B3:c4", "04-A2-B3-C4"])
def test_a_cards_number_has_one_key(text: str) -> None:
    assert TokenUid.parse(text) == TokenUid("04A2B3C4")


def test_other_uids_keep_their_separators() -> None:
    assert TokenUid.parse("app-7:x").key == "APP-7:X"
    assert TokenUid.parse("DE-ABC") != TokenUid.parse("DEABC")


@pytest.mark.parametrize("text", ["", " ", "a b", "ß", "\u0131", "x" * 37, "a\x00", "\ud800"])
def test_what_is_no_uid_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        TokenUid.parse(text)
    assert caught.value.kind is Kind.MALFORMED
    assert caught.value.code == "invalid_token_uid"


@given(st.text(max_size=80))
def test_any_text_is_a_uid_or_a_service_error(text: str) -> None:
    try:
        uid = TokenUid.parse(text)
    except ServiceError:
        return
    assert TokenUid.parse(uid.key) == uid
    assert 1 <= len(uid.key) <= 36


def test_a_masked_uid_shows_two_characters_at_most() -> None:
    assert TokenUid.parse("04A2B3C4").masked == "******C4"
    assert TokenUid.parse("AB").masked == "****"
