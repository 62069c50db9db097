"""What is measured on a picture."""

import json
import math
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.compatibility import Compatibility
from autocharge.model.features import Features, VendorMatch
from autocharge.model.measure import measure
from autocharge.model.picture import Picture, Spending
from autocharge.model.sighting import Place
from autocharge.model.vendors import Vendor, Vendors
from foundation.identifiers import Mac, Vin
from tests.autocharge.pictures import (
    BERLIN,
    MAC,
    MUNICH,
    NOBODY,
    NOWHERE,
    POTSDAM,
    ago,
    picture,
    pictures,
    places,
    seen,
    sightings,
    used,
)
from tests.conftest import NOW


def measured(asked: Picture) -> Features:
    return measure(asked, NOBODY)


def test_a_vehicle_that_nobody_saw_before_has_no_history() -> None:
    assert measured(picture()) == Features()


def test_travel_is_measured_from_the_last_charge_and_speed_from_the_worst() -> None:
    features = measured(
        picture(sightings=(seen(ago(hours=2), MUNICH), seen(ago(hours=1), POTSDAM)))
    )
    assert features.travel_km == pytest.approx(27.2, abs=0.3)
    assert features.travel_hours == pytest.approx(1)
    # from Munich in two hours, less what coordinates are off by
    assert features.travel_kmh == pytest.approx((504.4 - 2) / 2, abs=0.3)
    assert features.nearest_km == features.travel_km
    assert (features.charges_known, features.charges_last_day) == (2, 2)


def test_a_session_counts_until_its_end() -> None:
    features = measured(
        picture(
            sightings=(seen(ago(hours=9), MUNICH),),
            uses=(used(ago(hours=9), ago(hours=1), MUNICH),),
        )
    )
    assert features.travel_hours == pytest.approx(1)
    assert features.travel_kmh == pytest.approx(502.4, abs=0.3)
    assert features.charges_last_day == 1  # the sighting began the session


def test_what_was_refused_moves_no_vehicle() -> None:
    refused = seen(ago(minutes=5), MUNICH, accepted=False)
    features = measured(picture(sightings=(refused, seen(ago(days=2), BERLIN))))
    assert (features.travel_km, features.travel_kmh, features.charges_known) == (0, 0, 1)
    assert (features.attempts_last_hour, features.stations_last_hour) == (1, 2)


def test_a_flood_of_refused_readings_lowers_nothing() -> None:
    known = (seen(ago(days=2), MUNICH),)
    flood = tuple(seen(ago(minutes=n), BERLIN, accepted=False) for n in range(100))
    before, after = measured(picture(sightings=known)), measured(picture(sightings=known + flood))
    assert after.attempts_last_hour == 61
    assert before == replace(after, attempts_last_hour=0, attempts_last_day=0)


def test_what_was_accepted_before_the_enrolment_was_somebody_elses() -> None:
    features = measured(
        picture(
            sightings=(seen(ago(days=3), MUNICH), seen(ago(days=1), POTSDAM)),
            enrolled_at=ago(days=2),
        )
    )
    assert features.charges_known == 1
    assert features.nearest_km == pytest.approx(27.2, abs=0.3)


@pytest.mark.parametrize(
    ("place", "evse", "count"),
    [
        (MUNICH, "DEABCE1", 1),
        (BERLIN, "DEABCE1", 0),
        (BERLIN, None, 0),
        (replace(BERLIN, evse_id="DEABCE9"), "DEABCE1", 1),
        (replace(BERLIN, evse_id="DEABCE9"), None, 0),  # OCPP's Authorize names no EVSE
    ],
)
def test_an_open_session_elsewhere_is_concurrent(
    place: Place, evse: str | None, count: int
) -> None:
    asked = picture(
        here=replace(BERLIN, evse_id=evse),
        uses=(
            used(ago(hours=3), None, place),
            used(ago(hours=4), ago(hours=3), MUNICH),
            used(ago(hours=4), None, MUNICH, same_vehicle=False),
        ),
    )
    features = measured(asked)
    assert features.concurrent_vehicle == count
    assert features.concurrent_hours == (3 if count else None)
    assert features.concurrent_contract == 0


def test_a_card_in_use_elsewhere_is_the_contracts_not_the_vehicles() -> None:
    features = measured(
        picture(uses=(used(ago(hours=3), None, MUNICH, same_vehicle=None, evidence="rfid"),))
    )
    assert (features.concurrent_vehicle, features.concurrent_contract) == (0, 1)
    assert features.travel_km is None
    assert features.nearest_km == pytest.approx(504.4, abs=0.3)
    assert features.new_operator


def test_missing_coordinates_leave_distances_unknown() -> None:
    features = measured(picture(here=NOWHERE, sightings=(seen(ago(hours=1), BERLIN),)))
    assert (features.travel_km, features.travel_kmh, features.nearest_km) == (None, None, None)
    assert (features.unplaced, features.new_station, features.new_operator) == (True, True, True)
    known = measured(picture(here=NOWHERE, sightings=(seen(ago(hours=1), NOWHERE),)))
    assert (known.travel_km, known.new_station, known.new_operator) == (0, False, False)


def test_a_clock_that_runs_backwards_hides_no_distance() -> None:
    before = measured(picture(sightings=(seen(ago(hours=1), MUNICH),)))
    after = measured(picture(sightings=(seen(ago(hours=-1), MUNICH),)))
    assert replace(after, clock_backwards=False) == before
    assert after.clock_backwards
    assert not measured(picture(sightings=(seen(ago(minutes=-4), MUNICH),))).clock_backwards


def test_at_once_elsewhere_is_a_finite_speed() -> None:
    features = measured(picture(sightings=(seen(NOW, MUNICH),)))
    assert features.travel_kmh == pytest.approx((504.4 - 2) * 60, abs=20)


def test_a_week_of_driving_adds_up() -> None:
    features = measured(
        picture(
            sightings=(
                seen(ago(days=8), MUNICH),
                seen(ago(days=3), MUNICH),
                seen(ago(days=2), BERLIN),
                seen(ago(days=1), MUNICH),
            )
        )
    )
    assert features.driven_km_week == pytest.approx(3 * 504.4, abs=1)


def test_certificates_that_were_used_before_make_a_downgrade() -> None:
    at_berlin = used(ago(days=9), ago(days=8), BERLIN, evidence="contract_certificate")
    asked = replace(
        picture(uses=(at_berlin,)), certificate_installed=True, last_certificate_use=ago(days=9)
    )
    assert (measured(asked).downgrade, measured(asked).downgrade_here) == (True, True)
    elsewhere = measured(replace(asked, here=MUNICH))
    assert (elsewhere.downgrade, elsewhere.downgrade_here) == (True, False)
    gone = measured(replace(asked, certificate_installed=False))
    assert (gone.downgrade, gone.downgrade_here) == (False, False)
    never = measured(replace(asked, last_certificate_use=None, uses=()))
    assert (never.downgrade, never.downgrade_here) == (False, False)


@pytest.mark.parametrize(
    ("score", "strangeness"),
    [(None, None), (1.0, 0.0), (0.25, 0.75), (7.0, 0.0), (-7.0, 1.0), (math.nan, None)],
)
def test_a_fingerprint_score_is_turned_round(
    score: float | None, strangeness: float | None
) -> None:
    assert measured(replace(picture(), fingerprint_score=score)).strangeness == strangeness


@pytest.mark.parametrize(
    ("spending", "share"),
    [(None, None), (Spending(0, 100), 0), (Spending(150, 100), 1.5), (Spending(0, 0), 1)],
)
def test_spending_is_a_share_of_the_cap(spending: Spending | None, share: float | None) -> None:
    assert measured(replace(picture(), spending=spending)).spending_share == share


def test_what_is_told_is_passed_on() -> None:
    asked = replace(
        picture(),
        identifier=Mac.parse("9BED5CB9BE31"),
        compatibility=Compatibility.SHARED,
        quarantined=True,
        confirmed_until=NOW + timedelta(seconds=1),
    )
    features = measured(asked)
    assert (features.locally_administered, features.multicast) == (True, True)
    assert (features.compatibility, features.quarantined) == (Compatibility.SHARED, True)
    assert features.confirmed
    assert not measured(replace(asked, confirmed_until=NOW)).confirmed


def test_the_vendor_is_compared_with_the_enrolled_vehicles_make() -> None:
    vendors = Vendors(
        {"98ED5C": Vendor("Tesla", frozenset({"tesla"}), exclusive=True)},
        {"5YJ": "tesla", "WVW": "volkswagen_group"},
    )
    asked = replace(picture(), enrolled_identifiers=(Vin.parse("WVWZZZ1KZAW000001"),))
    assert measure(asked, vendors).vendor is VendorMatch.OTHER_MAKE
    assert asked.identifier == MAC


@given(pictures)
def test_any_picture_is_measured_and_the_features_can_be_recorded(asked: Picture) -> None:
    features = measured(asked)
    assert Features.from_json(json.loads(json.dumps(features.to_json()))) == features
    for value in features.to_json().values():
        assert not isinstance(value, float) or (math.isfinite(value) and value >= 0)


@given(pictures, st.randoms())
def test_the_order_of_what_is_known_does_not_matter(asked: Picture, random: Random) -> None:
    shuffled = replace(
        asked,
        sightings=tuple(random.sample(asked.sightings, len(asked.sightings))),
        uses=tuple(random.sample(asked.uses, len(asked.uses))),
    )
    assert measured(shuffled) == measured(asked)


@given(pictures, places, sightings)
def test_a_refused_reading_changes_nothing_but_the_attempts(
    asked: Picture, place: Place, sighting: object
) -> None:
    refused = seen(NOW, place, accepted=False)
    after = measured(replace(asked, sightings=(*asked.sightings, refused)))
    before = measured(asked)
    assert without_attempts(after) == without_attempts(before)
    assert after.attempts_last_hour == before.attempts_last_hour + 1


def without_attempts(features: Features) -> Features:
    return replace(features, attempts_last_hour=0, attempts_last_day=0, stations_last_hour=0)


@given(pictures)
def test_no_identifier_and_no_place_is_among_the_features(asked: Picture) -> None:
    told = json.dumps(measured(asked).to_json())
    for identifier in (asked.identifier, *asked.others, *asked.enrolled_identifiers):
        assert identifier.key not in told
    assert asked.here.operator_id not in told
