"""Stations: OCPP identities, EVSEs of their own operator, places on earth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.station import (
    MAX_EVSES,
    Coordinates,
    check_evses,
    is_station_id,
    parse_station_id,
)
from foundation.errors import ServiceError
from foundation.identifiers import EvseId, OperatorId
from tests.authorization.fakes import ADMIN, CPO

DEABC = OperatorId.parse("DEABC")


@pytest.mark.parametrize("text", ["CS-1", "a", "x" * 48, "DE*ABC|1@x+y:z=_.", "..."])
def test_ocpp_identities(text: str) -> None:
    assert parse_station_id(text) == text


@pytest.mark.parametrize("text", ["", " ", "a/b", "x" * 49, "a\x00", "é", ".", "..", "a\n", "a b"])
def test_what_is_no_ocpp_identity(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        parse_station_id(text)
    assert caught.value.code == "invalid_station_id"


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    assert is_station_id(text) <= (0 < len(text) <= 48 and text.isascii())


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90.1, 0), (0, -180.1), (float("nan"), 0), (0, float("inf"))]
)
def test_a_place_off_the_earth(latitude: float, longitude: float) -> None:
    with pytest.raises(ServiceError):
        Coordinates(latitude, longitude)


def test_an_evse_names_its_operator() -> None:
    check_evses(CPO, DEABC, (EvseId.parse("DE*ABC*E1"), EvseId.parse("+49*810*000*438")))
    foreign = (EvseId.parse("DE*XYZ*E1"),)
    check_evses(ADMIN, DEABC, foreign)
    with pytest.raises(ServiceError) as caught:
        check_evses(CPO, DEABC, foreign)
    assert caught.value.code == "evse_of_another_operator"


def test_each_evse_once_and_not_too_many() -> None:
    with pytest.raises(ServiceError) as caught:
        check_evses(CPO, DEABC, (EvseId.parse("DE*ABC*E1"), EvseId.parse("deabce1")))
    assert caught.value.code == "evse_repeated"
    many = tuple(EvseId.parse(f"DE*ABC*E{i}") for i in range(MAX_EVSES + 1))
    with pytest.raises(ServiceError) as caught:
        check_evses(CPO, DEABC, many)
    assert caught.value.code == "too_many_evses"
