"""What a contract's restrictions leave of a place: each EVSE alone, by the site's own clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from authorization.model.claim import PlacedEvse, SiteHere
from authorization.model.connector import (
    OCPI_CONNECTOR_TYPES,
    ConnectorType,
    EnergyTransferMode,
    can_carry,
    parse_connector_type,
)
from authorization.model.limits import NO_LIMITS, Limit, Limits
from authorization.model.restrictions import (
    LOOKS_AHEAD,
    Hours,
    Restrictions,
    SiteName,
    closes_at,
)
from authorization.model.site import Access
from foundation.errors import ServiceError
from tests.authorization.model.places import BERLIN, CCS, PUBLIC, TYPE_2, attempt, evse

MINUTE = timedelta(minutes=1)
EVERY_DAY = frozenset(range(1, 8))
NIGHT = Hours(frozenset({5}), time(22), time(6))  # Friday 22:00 to Saturday 06:00
OTHER_SITE = SiteHere("depot", Access.PUBLIC, frozenset(), "America/New_York")


def only(*connectors: ConnectorType) -> Restrictions:
    return Restrictions(connector_types=frozenset(connectors))


def test_some_evses_are_left() -> None:
    assert only(CCS)(attempt(evse(1, CCS), evse(2, TYPE_2))) == Limits((), frozenset({"DEABCE1"}))


def test_all_evses_are_no_limit() -> None:
    assert only(CCS)(attempt(evse(1, CCS), evse(2, CCS, TYPE_2))) == NO_LIMITS


def test_no_evse_of_the_type() -> None:
    refused = Limits((Limit.NOT_ALLOWED_EVSE_TYPE,))
    assert only(CCS)(attempt(evse(1, TYPE_2))) == refused
    # where nobody told the connectors, none of them is known to be allowed
    assert only(CCS)(attempt(evse(1))) == refused
    assert only(CCS)(attempt(evse(1, CCS, site=None))) == refused


def test_the_evse_that_was_named_is_judged_alone() -> None:
    both = (evse(1, CCS), evse(2, TYPE_2))
    assert only(CCS)(attempt(*both, evse_key="DEABCE1")) == NO_LIMITS
    assert only(CCS)(attempt(*both, evse_key="DEABCE2")).against == (Limit.NOT_ALLOWED_EVSE_TYPE,)


def test_sites_are_an_operators_own() -> None:
    there = Restrictions(sites=frozenset({SiteName("DEABC", "park")}))
    assert there(attempt(evse(1))) == NO_LIMITS
    elsewhere = Restrictions(sites=frozenset({SiteName("DEXYZ", "park")}))
    assert elsewhere(attempt(evse(1))).against == (Limit.NOT_ALLOWED_HERE,)
    assert there(attempt(evse(1, site=None))).against == (Limit.NOT_ALLOWED_HERE,)


def test_each_objection_once_in_the_order_of_the_answer() -> None:
    both = Restrictions(
        connector_types=frozenset({CCS}), sites=frozenset({SiteName("DEABC", "park")})
    )
    left = both(attempt(evse(1, CCS, site=OTHER_SITE), evse(2, TYPE_2)))
    assert left.against == (Limit.NOT_ALLOWED_HERE, Limit.NOT_ALLOWED_EVSE_TYPE)


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        ("2026-12-04T21:59:59", False),  # a Friday
        ("2026-12-04T22:00:00", True),
        ("2026-12-05T00:00:00", True),  # over midnight
        ("2026-12-05T05:59:59", True),
        ("2026-12-05T06:00:00", False),
        ("2026-12-04T03:00:00", False),  # Thursday's night is not Friday's
        ("2026-12-05T23:00:00", False),
    ],
)
def test_hours_over_midnight(local: str, holds: bool) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
    left = Restrictions(hours=(NIGHT,))(attempt(evse(1), now=at))
    assert left.against == (() if holds else (Limit.NOT_NOW,))
    assert left.until == (_utc("2026-12-05T05:00") if holds else None)


def test_a_window_that_ends_where_it_begins_is_a_day() -> None:
    whole = Hours(EVERY_DAY, time(8), time(8))
    assert all(whole.hold(datetime(2026, 12, 1, hour)) for hour in range(24))  # noqa: DTZ001 - local


def test_daylight_saving() -> None:
    """Berlin, 29 March 2026: 02:00 does not come; 25 October 2026: it comes twice."""
    two_to_three = Restrictions(hours=(Hours(EVERY_DAY, time(2), time(3)),))

    def minutes_open(day: datetime) -> int:
        moments = (day + timedelta(minutes=15 * n) for n in range(24 * 4))
        return 15 * sum(not two_to_three(attempt(evse(1), now=at)).against for at in moments)

    assert minutes_open(datetime(2026, 3, 28, 12, tzinfo=UTC)) == 0
    assert minutes_open(datetime(2026, 10, 24, 12, tzinfo=UTC)) == 120
    assert minutes_open(datetime(2026, 6, 1, 12, tzinfo=UTC)) == 60


def test_each_site_has_its_own_clock() -> None:
    at_noon_in_berlin = datetime(2026, 12, 1, 11, tzinfo=UTC)
    noon = Restrictions(hours=(Hours(EVERY_DAY, time(12), time(13)),))
    here, there = evse(1), evse(2, site=OTHER_SITE)
    assert noon(attempt(here, there, now=at_noon_in_berlin)).evses == frozenset({"DEABCE1"})


def test_where_no_site_is_known_the_contracts_zone_counts() -> None:
    at = datetime(2026, 12, 1, 11, tzinfo=UTC)
    noon = (Hours(EVERY_DAY, time(12), time(13)),)
    nowhere = attempt(evse(1, site=None), now=at)
    assert Restrictions(hours=noon, time_zone=BERLIN)(nowhere).against == ()
    assert Restrictions(hours=noon)(nowhere).against == (Limit.NOT_NOW,)


@pytest.mark.parametrize("weekdays", [frozenset(), frozenset({0}), frozenset({8})])
def test_weekdays_are_those_of_the_week(weekdays: frozenset[int]) -> None:
    with pytest.raises(ServiceError) as caught:
        Hours(weekdays, time(1), time(2))
    assert caught.value.code == "invalid_hours"


def test_energy_transfer_is_told_and_has_to_be_possible() -> None:
    v2g = Restrictions(
        energy_transfer=frozenset({EnergyTransferMode.DC_BPT, EnergyTransferMode.DC})
    )
    left = v2g(attempt(evse(1, CCS), evse(2, TYPE_2)))
    assert left.energy_transfer == (EnergyTransferMode.DC, EnergyTransferMode.DC_BPT)
    assert left.evses == frozenset({"DEABCE1"})
    assert v2g(attempt(evse(1, TYPE_2))).against == (Limit.NOT_ALLOWED_EVSE_TYPE,)
    assert v2g(attempt(evse(1))).against == ()  # nobody told what it can


def test_what_carries_what() -> None:
    ac = frozenset({EnergyTransferMode.AC_THREE_PHASE})
    assert can_carry(frozenset({TYPE_2}), ac)
    assert can_carry(frozenset({ConnectorType.NACS}), ac)
    assert not can_carry(frozenset({CCS, ConnectorType.CHADEMO}), ac)
    assert not can_carry(frozenset({TYPE_2}), frozenset({EnergyTransferMode.WPT}))


@pytest.mark.parametrize("text", ["type 2", "Type2", "IEC_62196_T2"])
def test_connector_types_in_any_spelling(text: str) -> None:
    assert parse_connector_type(text) is TYPE_2


def test_an_unknown_connector_type_is_refused() -> None:
    for text in ("", "Type 3", "iec_62196_t2", "=CCS"):
        with pytest.raises(ServiceError) as caught:
            parse_connector_type(text)
        assert caught.value.code == "invalid_connector_type"
    assert set(OCPI_CONNECTOR_TYPES.values()) == set(ConnectorType) - {ConnectorType.OTHER}


# properties

connector_sets = st.frozensets(st.sampled_from(ConnectorType))
windows = st.builds(
    Hours,
    st.frozensets(st.integers(1, 7), min_size=1),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
restrictions = st.builds(
    Restrictions,
    st.none() | st.frozensets(st.sampled_from(ConnectorType), min_size=1),
    st.none() | st.lists(windows, min_size=1, max_size=2).map(tuple),
    st.none() | st.just(frozenset({SiteName("DEABC", "park")})),
    st.none() | st.frozensets(st.sampled_from(EnergyTransferMode), min_size=1),
    st.sampled_from(["UTC", BERLIN]),
)
evses = st.lists(
    st.tuples(connector_sets, st.sampled_from([PUBLIC, OTHER_SITE, None])), max_size=3
).map(
    lambda made: tuple(
        evse(number, *connectors, site=site)
        for number, (connectors, site) in enumerate(made, start=1)
    )
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(restrictions, evses, moments)
def test_a_place_is_exactly_its_evses(
    kept: Restrictions, all_evses: tuple[PlacedEvse, ...], now: datetime
) -> None:
    """Asked for the station, exactly those EVSEs are left that each alone would be."""
    whole = kept(attempt(*all_evses, now=now))
    if not any(one.site is not None for one in all_evses):
        assert whole.evses is None
        return
    alone = {
        one.key
        for one in all_evses
        if not kept(attempt(*all_evses, now=now, evse_key=one.key)).against
    }
    left = {one.key for one in all_evses} if whole.evses is None else set(whole.evses)
    assert (not whole.against) == bool(alone)
    assert whole.against or left == alone


@given(restrictions, evses, moments)
def test_one_restriction_more_never_allows_more(
    kept: Restrictions, all_evses: tuple[PlacedEvse, ...], now: datetime
) -> None:
    asked = attempt(*all_evses, now=now)
    free = Restrictions(
        connector_types=kept.connector_types, sites=kept.sites, time_zone=kept.time_zone
    )(asked)
    bound = kept(asked)
    assert not free.against or bound.against
    if not bound.against and free.evses is not None:
        assert bound.evses is not None
        assert bound.evses <= free.evses


limits = st.builds(
    Limits,
    st.lists(st.sampled_from(Limit), max_size=2, unique=True).map(tuple),
    st.none() | st.frozensets(st.sampled_from("abc"), min_size=1),
    st.none() | st.lists(st.sampled_from(EnergyTransferMode), unique=True, max_size=3).map(tuple),
)


@given(limits, limits)
def test_two_checks_allow_what_both_allow(one: Limits, other: Limits) -> None:
    both = one & other
    assert set(both.against) >= {*one.against, *other.against}
    assert set(both.against) == set((other & one).against)
    if one.evses is not None and other.evses is not None:
        common = one.evses & other.evses
        assert both.evses == (common or None)
        assert bool(common) or Limit.NOT_ALLOWED_HERE in both.against
    if one.energy_transfer is not None and other.energy_transfer is not None:
        assert set(both.energy_transfer or ()) == {*one.energy_transfer} & {*other.energy_transfer}


clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
weeks = st.lists(
    st.builds(Hours, st.frozensets(st.integers(1, 7), min_size=1), clock_times, clock_times),
    min_size=1,
    max_size=3,
)
# Lord Howe changes its clocks by half an hour
zones = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
clocks_change = st.sampled_from(
    [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 28), (3, 7), (4, 4), (10, 24))]
)
moments = st.builds(
    lambda begin, minutes: begin + timedelta(minutes=minutes),
    clocks_change,
    st.integers(0, 2 * 24 * 60),
)


@given(weeks, zones, moments)
def test_hours_close_when_a_watch_would_say_so(
    hours: list[Hours], zone: str, now: datetime
) -> None:
    """Windows have whole minutes, so that looking at each of them finds the first closed one."""
    place = ZoneInfo(zone)

    def is_open(moment: datetime) -> bool:
        return any(one.hold(moment.astimezone(place)) for one in hours)

    assume(is_open(now))
    minutes = (now + timedelta(minutes=more) for more in range(1, LOOKS_AHEAD // MINUTE + 1))
    closed = next((moment for moment in minutes if not is_open(moment)), None)
    assert closes_at(hours, place, now) == closed
    # the same through an attempt at a site there
    site = SiteHere("park", Access.PUBLIC, frozenset(), zone)
    left = Restrictions(hours=tuple(hours))(attempt(evse(1, site=site), now=now))
    assert (left.against, left.until) == ((), closed)


@pytest.mark.parametrize(
    ("begin", "end", "now", "closed"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC, and 02:30 is never there
        ("01:00", "02:30", "2026-03-29T00:30", "2026-03-29T01:00"),
        # 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC, and 02:30 is there twice
        ("01:00", "02:30", "2026-10-24T23:30", "2026-10-25T00:30"),
        ("01:00", "02:30", "2026-10-25T01:10", "2026-10-25T01:30"),
        ("22:00", "00:00", "2026-12-01T21:30", "2026-12-01T23:00"),
        ("00:00", "00:00", "2026-12-01T21:30", None),  # the whole day, every day
    ],
)
def test_when_hours_close_on_days_that_are_odd(
    begin: str, end: str, now: str, closed: str | None
) -> None:
    hours = [Hours(EVERY_DAY, time.fromisoformat(begin), time.fromisoformat(end))]
    found = closes_at(hours, ZoneInfo(BERLIN), _utc(now))
    assert found == (None if closed is None else _utc(closed))


def test_the_first_of_several_clocks_counts() -> None:
    hours = (Hours(EVERY_DAY, time(8), time(20)),)
    both = (evse(1), evse(2, site=OTHER_SITE))  # Berlin, and New York six hours behind
    left = Restrictions(hours=hours)(attempt(*both, now=_utc("2026-12-01T15:00")))
    assert (left.evses, left.until) == (None, _utc("2026-12-01T19:00"))
    night = Restrictions(hours=hours)(attempt(*both, now=_utc("2026-12-01T22:00")))
    assert (night.evses, night.until) == (frozenset({"DEABCE2"}), _utc("2026-12-02T01:00"))


def test_what_several_checks_leave_ends_with_the_first() -> None:
    sooner, later = Limits(until=_utc("2026-12-01T01:00")), Limits(until=_utc("2026-12-01T02:00"))
    assert (sooner & later).until == (later & sooner).until == sooner.until
    assert (NO_LIMITS & later).until == (later & NO_LIMITS).until == later.until
    assert Limits((), frozenset({"x"}), None, later.until).of_whole_station().until == later.until


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
