"""Distances on earth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.geography import distance_km, is_located
from autocharge.model.sighting import Place

coordinates = st.none() | st.floats() | st.floats(-90, 90)
places = st.builds(Place, st.sampled_from("ab"), st.just("DEABC"), coordinates, coordinates)


def at(latitude: float | None, longitude: float | None, name: str = "a") -> Place:
    return Place(name, "DEABC", latitude, longitude)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        # a degree of the meridian is the radius times pi / 180, wherever it lies
        (at(0, 10), at(1, 10, "b"), 111.195),
        (at(59, 10), at(60, 10, "b"), 111.195),
        # along the parallel of 60 degrees it is half of it, but for the curve
        (at(60, 10), at(60, 11, "b"), 55.597),
        (at(52.52, 13.405), at(48.137, 11.575, "b"), 504.4),  # Berlin, Munich
        (at(10, 179.5), at(10, -179.5, "b"), 109.5),  # across the date line
        (at(90, 0), at(-90, 0, "b"), 20015.1),
        (at(12, 20), at(-12, -160, "b"), 20015.1),  # antipodes
        (at(None, None), at(None, None), 0.0),  # one station
    ],
)
def test_known_distances(one: Place, other: Place, km: float) -> None:
    measured = distance_km(one, other)
    assert measured == pytest.approx(km, abs=0.3)
    assert distance_km(other, one) == measured


@pytest.mark.parametrize(
    "nowhere",
    [at(None, 1), at(1, None), at(0, 0), at(91, 0), at(0, 181), at(float("nan"), 1)],
)
def test_what_is_no_place_has_no_distance(nowhere: Place) -> None:
    assert not is_located(nowhere)
    assert distance_km(nowhere, at(50, 10, "b")) is None


@given(places, places)
def test_any_two_places_have_a_distance_or_none(one: Place, other: Place) -> None:
    km = distance_km(one, other)
    assert km == distance_km(other, one)
    assert km is None or 0 <= km <= 20_016
