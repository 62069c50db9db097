"""From a picture to numbers and flags."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan

from autocharge.model.contradictions import contradictions, wmis_of
from autocharge.model.features import Features, VendorMatch
from autocharge.model.geography import distance_km, is_located
from autocharge.model.picture import CERTIFICATE_EVIDENCE, ChargingUse, Picture, Spending
from autocharge.model.sighting import Place
from autocharge.model.vendors import Vendors
from foundation.identifiers import Mac

CLOCK_TOLERANCE = timedelta(minutes=5)  # our judgement: what clocks without NTP drift in a month
COORDINATE_ERROR_KM = 2.0  # our judgement: registers often hold the street's middle, or the town's
SHORTEST_DRIVE = timedelta(minutes=1)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Charge:
    """The vehicle was at a place from `arrived` to `left` and was let charge there."""

    arrived: datetime
    left: datetime
    place: Place
    km: float | None  # from there to here


def measure(picture: Picture, vendors: Vendors) -> Features:
    """Return what the picture comes to; the order of its sightings and uses does not matter.

    What happened after `now` counts as if it had happened as long before: either clock may be
    wrong, and a vehicle needs as long for the way back. Never raises.
    """
    charges = _charges(picture)
    of_driver = _places_of_the_driver(picture)
    places = [charge.place for charge in charges] + of_driver
    kms = [charge.km for charge in charges] + [distance_km(p, picture.here) for p in of_driver]
    open_elsewhere = [use for use in picture.uses if _is_open_elsewhere(use, picture)]
    of_vehicle = [use for use in open_elsewhere if use.same_vehicle]
    travel_km, travel_hours = _last_travel(charges, picture.now)
    mac = picture.identifier if isinstance(picture.identifier, Mac) else None
    tried = [(sighting.seen_at, sighting.place) for sighting in picture.sightings]
    return Features(
        locally_administered=mac is not None and "locally_administered" in mac.signals,
        multicast=mac is not None and "multicast" in mac.signals,
        vendor=VendorMatch.UNCLAIMED if mac is None else vendors.match(mac, wmis_of(picture)),
        contradictions=contradictions(picture, vendors),
        compatibility=picture.compatibility,
        quarantined=picture.quarantined,
        suspected=picture.suspected,
        charges_known=len(charges),
        travel_km=travel_km,
        travel_hours=travel_hours,
        travel_kmh=_worst_speed(charges, picture.now),
        nearest_km=min((km for km in kms if km is not None), default=None),
        silent_days=min((_days(picture.now - charge.left) for charge in charges), default=None),
        new_operator=_is_new(picture.here.operator_id, (p.operator_id for p in places)),
        new_station=_is_new(picture.here.station_id, (p.station_id for p in places)),
        unplaced=not is_located(picture.here),
        driven_km_week=_driven_km(charges, picture.now, picture.here),
        concurrent_vehicle=len(of_vehicle),
        concurrent_hours=min(
            (abs(picture.now - use.started_at) / HOUR for use in of_vehicle), default=None
        ),
        concurrent_contract=sum(use.same_vehicle is None for use in open_elsewhere),
        attempts_last_hour=sum(abs(picture.now - at) <= HOUR for at, _ in tried),
        attempts_last_day=sum(abs(picture.now - at) <= DAY for at, _ in tried),
        stations_last_hour=len(
            {place.station_id for at, place in tried if abs(picture.now - at) <= HOUR}
            | {picture.here.station_id}
        ),
        charges_last_day=_charges_last_day(charges, picture.now),
        spending_share=_spending_share(picture.spending),
        downgrade=picture.certificate_installed and picture.last_certificate_use is not None,
        downgrade_here=picture.certificate_installed and _used_certificate_here(picture),
        strangeness=_strangeness(picture.fingerprint_score),
        clock_backwards=_is_clock_backwards(picture),
        confirmed=picture.confirmed_until is not None and picture.now < picture.confirmed_until,
    )


def _charges(picture: Picture) -> list[_Charge]:
    """Return where the vehicle charged: accepted sightings and its own sessions.

    A session and the sighting that began it are both here; nothing that is measured counts twice
    for it. An open session's end is unknown: the vehicle was there when it began.
    """
    since = picture.enrolled_at
    found = [
        (sighting.seen_at, sighting.seen_at, sighting.place)
        for sighting in picture.sightings
        if sighting.accepted and (since is None or sighting.seen_at >= since)
    ] + [
        (use.started_at, max(use.started_at, use.ended_at or use.started_at), use.place)
        for use in picture.uses
        if use.same_vehicle
    ]
    return [
        _Charge(arrived, left, place, distance_km(place, picture.here))
        for arrived, left, place in sorted(found, key=_order)
    ]


def _order(charge: tuple[datetime, datetime, Place]) -> tuple[datetime, datetime, str]:
    """Time, then anything that makes the order of what was at once always the same."""
    arrived, left, place = charge
    return arrived, left, f"{place.station_id} {place.latitude} {place.longitude}"


def _places_of_the_driver(picture: Picture) -> list[Place]:
    """Where cards and apps of the contract were used: the driver is known there."""
    return [use.place for use in picture.uses if use.same_vehicle is None]


def _is_open_elsewhere(use: ChargingUse, picture: Picture) -> bool:
    """Whether the session runs at another place: within a station, at an EVSE known to differ."""
    if use.same_vehicle is False or (use.ended_at is not None and use.ended_at <= picture.now):
        return False
    here = picture.here
    if use.place.station_id != here.station_id:
        return True
    return None not in (use.place.evse_id, here.evse_id) and use.place.evse_id != here.evse_id


def _last_travel(charges: list[_Charge], now: datetime) -> tuple[float | None, float | None]:
    """Return how far and how long ago the last charge was whose place is known.

    One at a place that is not known says nothing, and hides nothing either.
    """
    located = [charge for charge in charges if charge.km is not None]
    if not located:
        return None, None
    last = max(charge.left for charge in located)
    kms = [charge.km for charge in located if charge.left == last and charge.km is not None]
    return max(kms), max(abs(now - last), SHORTEST_DRIVE) / HOUR


def _worst_speed(charges: list[_Charge], now: datetime) -> float | None:
    """Return the fastest of the drives here from each of the charges.

    Of one from which another charge lies between, it is less than that one's or shows the same
    impossibility, so the worst needs no order.
    """
    speeds = (
        max(0.0, charge.km - COORDINATE_ERROR_KM)
        / (max(_elapsed(charge, now), SHORTEST_DRIVE) / HOUR)
        for charge in charges
        if charge.km is not None
    )
    return max(speeds, default=None)


def _elapsed(charge: _Charge, now: datetime) -> timedelta:
    """Time for the drive: after it left, or before it will arrive, as a clock that is off says."""
    return now - charge.left if now >= charge.left else abs(charge.arrived - now)


def _driven_km(charges: list[_Charge], now: datetime, here: Place) -> float:
    recent = [charge.place for charge in charges if abs(now - charge.left) <= WEEK]
    return sum((distance_km(*hop) or 0.0 for hop in pairwise([*recent, here])), 0.0)


def _charges_last_day(charges: list[_Charge], now: datetime) -> int:
    """Count stations and half-days: a driver who tries twice at a station charges once."""
    return len(
        {
            (charge.place.station_id, charge.arrived.date(), charge.arrived.hour // 12)
            for charge in charges
            if abs(now - charge.arrived) <= DAY
        }
    )


def _is_new(name: str, known: Iterable[str]) -> bool:
    names = set(known)
    return bool(names) and name not in names


def _days(span: timedelta) -> float:
    return abs(span) / DAY


def _spending_share(spending: Spending | None) -> float | None:
    if spending is None:
        return None
    return max(0, spending.spent) / spending.cap if spending.cap > 0 else 1.0


def _used_certificate_here(picture: Picture) -> bool:
    return any(
        use.evidence == CERTIFICATE_EVIDENCE
        and use.place.station_id == picture.here.station_id
        and use.same_vehicle is not False
        for use in picture.uses
    )


def _strangeness(score: float | None) -> float | None:
    if score is None or isnan(score):
        return None
    return 1.0 - min(1.0, max(0.0, score))


def _is_clock_backwards(picture: Picture) -> bool:
    latest = picture.now + CLOCK_TOLERANCE
    return any(sighting.seen_at > latest for sighting in picture.sightings) or any(
        use.started_at > latest for use in picture.uses
    )
