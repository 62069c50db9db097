"""Shared and rotating identifiers: what is found, what is not, and whose word it rests on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocharge.model.detection import (
    Cause,
    Finding,
    confined_to,
    detect_rotating,
    detect_shared,
    established_operators,
)
from autocharge.model.enrolment import Identifier
from autocharge.model.geography import distance_km
from autocharge.model.picture import ChargingUse
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.profiles.detection import load_detection_rules
from foundation.identifiers import Mac, Vin

RULES = load_detection_rules()
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

BERLIN = Place("berlin", "DEAAA", 52.52, 13.405)
POTSDAM = Place("potsdam", "DEBBB", 52.39, 13.06)  # 27 km
MUNICH = Place("munich", "DEBBB", 48.137, 11.575)  # 504 km
HAMBURG = Place("hamburg", "DECCC", 53.55, 9.99)
SOMEWHERE = Place("somewhere", "DEAAA")
ELSEWHERE = Place("elsewhere", "DEBBB")
NEXT_TO_SOMEWHERE = Place("next", "DEAAA")


def seen(place: Place, at: datetime, *, accepted: bool = True) -> Sighting:
    return Sighting(at, place, Source.OCPP201_ID_TOKEN, accepted)


def charged(
    place: Place, start: datetime, hours: float, *, same: bool | None = True
) -> ChargingUse:
    return ChargingUse(start, start + hours * HOUR, place, "autocharge", same)


def history(place: Place, *, days: int = 3) -> list[Sighting]:
    return [seen(place, NOON - (day + 1) * DAY) for day in range(days)]


def codes(finding: Finding | None) -> list[str]:
    return [] if finding is None else [reason.code for reason in finding.reasons]


def test_distances_are_those_of_the_map() -> None:
    assert distance_km(BERLIN, MUNICH) == pytest.approx(504, abs=2)
    assert distance_km(BERLIN, BERLIN) == 0
    assert distance_km(BERLIN, SOMEWHERE) is None
    poles = Place("n", "DEAAA", 90.0, 0.0), Place("s", "DEAAA", -90.0, 180.0)
    assert distance_km(*poles) == pytest.approx(20_015, abs=1)


def test_coordinates_that_were_not_filled_in_are_no_place() -> None:
    unfilled = Place("unfilled", "DEBBB", 0.0, 0.0)
    assert detect_shared(RULES, [seen(BERLIN, NOON), seen(unfilled, NOON + HOUR)]) is None


def test_one_reading_or_one_station_says_nothing() -> None:
    assert detect_shared(RULES, []) is None
    assert detect_shared(RULES, [seen(BERLIN, NOON)]) is None
    assert detect_shared(RULES, [seen(BERLIN, NOON)] * 5) is None


def test_a_replay_at_a_second_site_in_the_same_minute_is_found() -> None:
    finding = detect_shared(RULES, [seen(BERLIN, NOON), seen(POTSDAM, NOON + HOUR / 120)])
    assert finding is not None
    assert finding.cause is Cause.SHARED
    assert codes(finding) == ["impossible_travel"]
    assert finding.reasons[0].detail == "read at two stations 27 km apart within 30 s"


def test_a_drive_is_none() -> None:
    assert detect_shared(RULES, [seen(BERLIN, NOON), seen(POTSDAM, NOON + HOUR / 2)]) is None
    assert detect_shared(RULES, [seen(BERLIN, NOON), seen(MUNICH, NOON + 5 * HOUR)]) is None


def test_a_vehicle_leaves_when_its_session_ends() -> None:
    """Four hours suffice from Munich to Berlin; after a session of three of them they do not."""
    readings = [seen(MUNICH, NOON), seen(BERLIN, NOON + 4 * HOUR)]
    assert detect_shared(RULES, readings) is None
    assert detect_shared(RULES, readings, [charged(MUNICH, NOON, 0.5)]) is None
    three = detect_shared(RULES, readings, [charged(MUNICH, NOON, 3)])
    assert codes(three) == ["impossible_travel"]
    another = [charged(MUNICH, NOON, 3, same=False)]
    assert detect_shared(RULES, readings, another) is None


def test_the_reach_begins_where_the_rules_say() -> None:
    kilometres = distance_km(BERLIN, MUNICH)
    assert kilometres is not None
    exact = (
        (kilometres - RULES.near_km) / RULES.speed_kmh * HOUR + RULES.handling - RULES.clock_slack
    )
    second = timedelta(seconds=1)
    for apart, is_found in [(exact - second, True), (exact + second, False)]:
        finding = detect_shared(RULES, [seen(BERLIN, NOON), seen(MUNICH, NOON + apart)])
        assert (finding is not None) is is_found


@pytest.mark.parametrize(
    ("one", "other", "seconds", "is_found"),
    [
        (SOMEWHERE, ELSEWHERE, 59, True),
        (SOMEWHERE, ELSEWHERE, 60, False),
        (SOMEWHERE, NEXT_TO_SOMEWHERE, 14, True),
        (SOMEWHERE, NEXT_TO_SOMEWHERE, 15, False),  # the driver took the station next to it
        (BERLIN, ELSEWHERE, 59, True),
    ],
)
def test_without_coordinates_the_time_alone_counts(
    one: Place, other: Place, seconds: int, is_found: bool
) -> None:
    later = NOON + timedelta(seconds=seconds)
    finding = detect_shared(RULES, [seen(one, NOON), seen(other, later)])
    assert codes(finding) == (["read_twice_at_once"] if is_found else [])


def test_a_reading_elsewhere_during_a_session_is_found() -> None:
    readings = [seen(BERLIN, NOON), seen(MUNICH, NOON + 6 * HOUR)]
    assert detect_shared(RULES, readings) is None
    finding = detect_shared(RULES, readings, [charged(BERLIN, NOON, 10)])
    assert codes(finding) == ["read_while_charging"]


@pytest.mark.parametrize(
    "use",
    [
        ChargingUse(NOON, None, BERLIN, "autocharge", same_vehicle=True),  # perhaps forgotten
        charged(BERLIN, NOON, 10, same=False),  # the household's other car
        charged(BERLIN, NOON, 10, same=None),  # a card goes with the driver
        charged(BERLIN, NOON, 6.2),  # ended a little late
        charged(BERLIN, NOON, 24 * 9),  # forgotten for nine days
        charged(BERLIN, NOON, -3),  # a clock ran backwards
        charged(MUNICH, NOON, 10),  # where it was read
        charged(Place("berlin-2", "DEAAA", 48.1371, 11.5751), NOON, 10),  # next to it
    ],
)
def test_sessions_that_prove_nothing(use: ChargingUse) -> None:
    readings = [seen(BERLIN, NOON), seen(MUNICH, NOON + 6 * HOUR)]
    assert detect_shared(RULES, readings, [use]) is None


def test_a_newcomer_is_suspected_before_the_operator_that_knows_the_vehicle() -> None:
    readings = [*history(BERLIN), seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)]
    finding = detect_shared(RULES, readings)
    assert finding is not None
    assert finding.suspected == {"DEBBB"}
    assert confined_to(RULES, finding) == frozenset({"DEBBB"})


def test_two_newcomers_make_it_hold_everywhere() -> None:
    readings = [*history(BERLIN), seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)]
    readings += [seen(BERLIN, NOON + DAY), seen(HAMBURG, NOON + DAY + HOUR / 2)]
    finding = detect_shared(RULES, readings)
    assert finding is not None
    assert finding.suspected == {"DEBBB", "DECCC"}
    assert confined_to(RULES, finding) is None


def test_an_earlier_quarantine_at_another_operator_counts_too() -> None:
    readings = [*history(BERLIN), seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)]
    finding = detect_shared(RULES, readings)
    assert finding is not None
    assert confined_to(RULES, finding, frozenset({"DECCC"})) is None
    assert confined_to(RULES, finding, frozenset({"DEBBB"})) == frozenset({"DEBBB"})


def test_one_company_with_two_operator_ids_is_one_witness() -> None:
    readings = [*history(BERLIN), seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)]
    readings += [seen(BERLIN, NOON + DAY), seen(HAMBURG, NOON + DAY + HOUR / 2)]
    finding = detect_shared(RULES, readings)
    assert finding is not None
    company = {"DEBBB": "one", "DECCC": "one"}
    confined = confined_to(RULES, finding, party_of=lambda name: company.get(name, name))
    assert confined == frozenset({"DEBBB", "DECCC"})


def test_two_operators_that_both_hardly_know_the_vehicle_are_both_suspected() -> None:
    finding = detect_shared(RULES, [seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)])
    assert finding is not None
    assert finding.suspected == {"DEAAA", "DEBBB"}
    assert confined_to(RULES, finding) is None


def test_a_mere_report_is_suspected_before_a_place_where_it_charged() -> None:
    for accepted, suspected in [(True, {"DEAAA", "DEBBB"}), (False, {"DEBBB"})]:
        readings = [seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR, accepted=accepted)]
        finding = detect_shared(RULES, readings)
        assert finding is not None
        assert finding.suspected == suspected


def test_an_operator_that_contradicts_itself_is_confined_to_itself() -> None:
    other = Place("munich-a", "DEAAA", 48.137, 11.575)
    readings = [*history(BERLIN), seen(BERLIN, NOON), seen(other, NOON + HOUR)]
    finding = detect_shared(RULES, readings)
    assert finding is not None
    assert confined_to(RULES, finding) == frozenset({"DEAAA"})


def test_whoever_is_disbelieved_is_suspected_and_no_witness() -> None:
    readings = [seen(BERLIN, NOON - 3 * DAY), seen(MUNICH, NOON - 2 * DAY)]
    readings += [seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)]
    disbelieved = frozenset({"DEBBB"})
    finding = detect_shared(RULES, readings, disbelieved=disbelieved)
    assert finding is not None
    assert finding.suspected == {"DEBBB"}
    standing = frozenset({"DECCC"})
    assert confined_to(RULES, finding, standing, disbelieved=disbelieved) == frozenset(
        {"DEBBB", "DECCC"}
    )


def test_a_release_forgives_what_was_before_it() -> None:
    readings = [seen(BERLIN, NOON), seen(MUNICH, NOON + HOUR)]
    assert detect_shared(RULES, readings, since=NOON + HOUR) is None
    assert detect_shared(RULES, readings, since=NOON) is not None


def test_days_of_the_contradiction_establish_nobody() -> None:
    readings = [seen(MUNICH, NOON - DAY), seen(MUNICH, NOON), seen(BERLIN, NOON + HOUR)]
    assert established_operators(RULES, readings, NOON + HOUR) == frozenset()
    readings.append(seen(MUNICH, NOON - 2 * DAY))
    assert established_operators(RULES, readings, NOON + HOUR) == {"DEBBB"}
    refused = [seen(MUNICH, NOON - day * DAY, accepted=False) for day in range(1, 9)]
    assert established_operators(RULES, refused, NOON) == frozenset()


# what no input may break

coordinates = st.tuples(st.floats(47, 55), st.floats(6, 15)) | st.none()
operators = st.sampled_from(["DEAAA", "DEBBB", "DECCC"])


@st.composite
def places(draw: st.DrawFn, operator: str | None = None) -> Place:
    where = draw(coordinates)
    name = draw(st.sampled_from("abcdefgh")) + (operator or "")
    latitude, longitude = where or (None, None)
    return Place(name, operator or draw(operators), latitude, longitude)


@st.composite
def anywhere(draw: st.DrawFn, operator: str | None = None, *, charged: bool = True) -> Sighting:
    at = NOON + timedelta(seconds=draw(st.integers(-20 * 86_400, 20 * 86_400)))
    accepted = charged and draw(st.booleans())
    return seen(draw(places(operator)), at, accepted=accepted)


@st.composite
def journeys(draw: st.DrawFn, operator: str = "DEAAA") -> list[Sighting]:
    """One real vehicle: it never goes faster than 120 km/h and takes five minutes to stop."""
    at, found = NOON - 10 * DAY, []
    here = draw(places(operator))
    for _ in range(draw(st.integers(1, 30))):
        found.append(seen(here, at))
        there = draw(places(operator))
        kilometres = distance_km(here, there)
        at += timedelta(minutes=5 + draw(st.integers(0, 5000)))
        at += (kilometres or 0) / 120 * HOUR
        here = there
    return found


@given(journeys())
@settings(max_examples=200)
def test_a_real_vehicle_is_never_found(journey: list[Sighting]) -> None:
    uses = [
        ChargingUse(one.seen_at, other.seen_at, one.place, "autocharge", same_vehicle=True)
        for one, other in pairwise(journey)
    ]
    assert detect_shared(RULES, journey, uses) is None


@given(st.lists(anywhere(), max_size=30), st.data())
@settings(max_examples=200)
def test_the_order_of_readings_changes_nothing(
    readings: list[Sighting], data: st.DataObject
) -> None:
    distinct = list({(one.seen_at, one.place.station_id): one for one in readings}.values())
    mixed = data.draw(st.permutations(distinct))
    one, other = detect_shared(RULES, distinct), detect_shared(RULES, mixed)
    assert one == other
    assert one is None or one.suspected


@given(
    journeys("DEAAA"),
    st.lists(anywhere("DEMMM", charged=False), max_size=80),
)
@settings(max_examples=300)
def test_reports_of_one_operator_reach_its_own_stations_at_most(
    journey: list[Sighting], reports: list[Sighting]
) -> None:
    """Whatever it makes up and however much, where another operator knows the vehicle."""
    finding = detect_shared(RULES, [*journey, *reports], established=frozenset({"DEAAA"}))
    if finding is not None:
        assert confined_to(RULES, finding) == frozenset({"DEMMM"})


@given(journeys("DEAAA"), st.lists(anywhere("DEMMM"), max_size=80))
@settings(max_examples=300)
def test_nor_do_its_acceptances_where_the_vehicle_is_known(
    journey: list[Sighting], made_up: list[Sighting]
) -> None:
    finding = detect_shared(RULES, [*journey, *made_up], established=frozenset({"DEAAA"}))
    if finding is not None:
        assert confined_to(RULES, finding) == frozenset({"DEMMM"})


def macs(count: int, place: Place, *, start: int = 0) -> list[tuple[Identifier, Sighting]]:
    return [
        (Mac.parse(f"0200000000{number:02X}"), seen(place, NOON + number * HOUR))
        for number in range(start + 1, start + count + 1)
    ]


def test_a_vehicle_with_many_macs_is_rotating() -> None:
    finding = detect_rotating(RULES, macs(3, BERLIN))
    assert finding is not None
    assert finding.cause is Cause.ROTATING
    assert codes(finding) == ["many_identifiers"]
    assert finding.reasons[0].detail == "the vehicle was read with 3 identifiers within 30 days"
    assert confined_to(RULES, finding) == frozenset({"DEAAA"})


def test_a_replaced_controller_is_not() -> None:
    assert detect_rotating(RULES, macs(2, BERLIN)) is None
    assert detect_rotating(RULES, [*macs(1, BERLIN)] * 5) is None
    padded = Mac.parse("0000020000000001")
    assert detect_rotating(RULES, [*macs(2, BERLIN), (padded, seen(BERLIN, NOON))]) is None
    assert detect_rotating(RULES, [(Vin.parse("1M8GDM9AXKP042788"), seen(BERLIN, NOON))]) is None
    old = [(mac, seen(BERLIN, NOON - 31 * DAY)) for mac, _ in macs(2, BERLIN)]
    assert detect_rotating(RULES, [*old, *macs(1, BERLIN, start=5)]) is None


def test_rotating_holds_everywhere_where_nobodys_word_alone_is_needed() -> None:
    finding = detect_rotating(RULES, [*macs(3, BERLIN), *macs(3, MUNICH, start=3)])
    assert finding is not None
    assert finding.corroborated
    assert confined_to(RULES, finding) is None
    two_and_one = [*macs(2, BERLIN), *macs(1, MUNICH, start=3)]
    assert detect_rotating(RULES, two_and_one) is None  # either may have made it up


def test_one_company_corroborates_itself_not() -> None:
    both = [*macs(3, BERLIN), *macs(3, MUNICH, start=3)]
    finding = detect_rotating(RULES, both, party_of=lambda _: "one")
    assert finding is not None
    assert not finding.corroborated
    assert confined_to(RULES, finding, party_of=lambda _: "one") == frozenset({"DEAAA", "DEBBB"})
    unbelieved = detect_rotating(RULES, both, disbelieved=frozenset({"DEBBB"}))
    assert unbelieved is not None
    assert not unbelieved.corroborated


@given(st.lists(st.tuples(st.integers(1, 9), anywhere("DEMMM")), max_size=40), st.integers(0, 2))
def test_one_operators_macs_reach_its_own_stations_at_most(
    made_up: Sequence[tuple[int, Sighting]], honest: int
) -> None:
    readings: list[tuple[Identifier, Sighting]] = [
        (Mac.parse(f"02FF000000{number:02X}"), sighting) for number, sighting in made_up
    ]
    finding = detect_rotating(RULES, [*readings, *macs(honest, BERLIN)])
    if finding is not None:
        assert confined_to(RULES, finding) == frozenset({"DEMMM"})
