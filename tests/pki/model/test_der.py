"""DER as it is written here, against a library that writes it, too."""

from datetime import UTC, datetime, timedelta, timezone

from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from pki.model.der import OCTET_STRING, generalized_time, integer, tlv


@given(st.integers(0, 70_000))
def test_lengths_of_any_size(length: int) -> None:
    content = b"x" * length
    assert tlv(OCTET_STRING, content) == core.OctetString(content).dump()


@given(st.integers(-(2**200), 2**200))
def test_integers_of_either_sign(value: int) -> None:
    assert integer(value) == core.Integer(value).dump()


def test_integers_at_the_edges_of_an_octet() -> None:
    for value in (0, 127, 128, 255, 256, -1, -127, -128, -129, -32768, -32769):
        assert integer(value) == core.Integer(value).dump()


def test_times_are_in_utc_without_fraction() -> None:
    berlin = timezone(timedelta(hours=1))
    at = datetime(2026, 12, 1, 0, 30, 15, 999_999, tzinfo=berlin)
    expected = core.GeneralizedTime(datetime(2026, 11, 30, 23, 30, 15, tzinfo=UTC)).dump()
    assert generalized_time(at) == expected
