"""What a text may be, by its form."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.search import Form, forms_of
from console.pages.words import MASK, lasting, masked


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("01a21ab4-5a87-786c-a178-3e6f259d9d86", Form.REFERENCE),
        ("DE*EVT*E0001", Form.EVSE_ID),
        ("DE-EVT-C12345678-9", Form.EMAID),
        ("DEEVTC123456789", Form.EMAID),
        ("WEV12345678901234", Form.VEHICLE),
        ("98:ED:5C:AD:F1:06", Form.VEHICLE),
        ("ab" * 32, Form.FINGERPRINT),
        (":".join(["AB"] * 32), Form.FINGERPRINT),
        ("2BA713DC7F9D8CA2", Form.SERIAL),
        ("demo-station-1", Form.STATION_ID),
    ],
)
def test_identifiers_of_the_field(text: str, form: Form) -> None:
    assert form in set(forms_of(text))


@given(st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    found = list(forms_of(text))
    assert len(found) == len(set(found))


@given(st.text(min_size=1, max_size=60))
def test_a_masked_identifier_shows_seven_characters_at_most(text: str) -> None:
    shown = masked(text)
    hidden = shown.count(MASK) - text.count(MASK)
    assert len(shown) == len(text)
    assert hidden >= min(len(text), 3) - text.count(MASK)


def test_spans_in_words() -> None:
    assert lasting(timedelta(days=2, hours=3)) == "2 days"
    assert lasting(timedelta(minutes=-61)) == "-1 hour"
    assert lasting(timedelta(seconds=5)) == "5 seconds"
