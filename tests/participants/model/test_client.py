"""Clients' names and ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from participants.model.client import checked_name, may_be_client_id


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\0b", "\x1b[31m", "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(ServiceError) as refused:
        checked_name(name)
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "invalid_client_name")


def test_a_name_loses_only_its_blanks() -> None:
    assert checked_name("  Stadtwerke Köln & CPO ") == "Stadtwerke Köln & CPO"


@given(st.text(max_size=80))
def test_what_may_be_a_client_id_fits_any_database(text: str) -> None:
    if may_be_client_id(text):
        assert text.isascii()
        assert "\0" not in text
        assert 0 < len(text) <= 64
