"""Distances on earth."""

from math import asin, cos, radians, sin, sqrt

from autocharge.model.sighting import Place

EARTH_RADIUS_KM = 6371.0  # the mean radius; a great circle is right to half a per cent


def is_located(place: Place) -> bool:
    """Whether the place's coordinates are known and can be believed."""
    return _coordinates(place) is not None


def distance_km(one: Place, other: Place) -> float | None:
    """Return the great circle between two places in kilometres; 0 within one station.

    None where the coordinates of one of them are not known.
    """
    if one.station_id == other.station_id:
        return 0.0
    start, end = _coordinates(one), _coordinates(other)
    if start is None or end is None:
        return None
    (north, east), (other_north, other_east) = start, end
    half_height, half_width = sin((other_north - north) / 2), sin((other_east - east) / 2)
    # the haversine; rounding may bring the square a hair above 1 at the antipodes
    square = half_height * half_height + cos(north) * cos(other_north) * half_width * half_width
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(square)))


def _coordinates(place: Place) -> tuple[float, float] | None:
    """Return them in radians.

    Zero and zero is in the ocean, and in registers where nothing was filled in.
    """
    latitude, longitude = place.latitude, place.longitude
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    if abs(latitude) <= 90 and abs(longitude) <= 180:  # nor does a NaN pass
        return radians(latitude), radians(longitude)
    return None
