"""Quarantines that readings cause: where they hold, who is told, and that each is made once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from autocharge.model.detection import Cause
from autocharge.model.picture import ChargingUse
from autocharge.model.resolution import Quarantined, Resolved, Unknown
from autocharge.operations.check_uniqueness import CheckUniqueness
from autocharge.store.quarantine_tables import quarantines
from foundation.database import Database
from foundation.identifiers import Mac, Vin
from tests.autocharge.assembly import EMAID, PROVIDER, VIN_SPELLINGS
from tests.autocharge.quarantines.assembly import (
    BERLIN,
    DAY,
    HAMBURG,
    HOUR,
    MAC,
    MUNICH,
    VIENNA,
    Quarantines,
)
from tests.contract_service.assembly import at_once

VIN = Vin.parse(VIN_SPELLINGS[0])


def test_a_vehicle_that_travels_is_left_alone(world: Quarantines) -> None:
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    now = world.autocharge.now
    for hours, place in [(0, BERLIN), (5, MUNICH), (12, HAMBURG), (13, HAMBURG)]:
        assert world.read(place, now + hours * HOUR) == ()
    assert isinstance(world.autocharge.resolve(MAC), Resolved)
    assert world.events() == []


def test_an_ordinary_reading_asks_the_database_nothing(world: Quarantines) -> None:
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)

    def refuse(*_: object) -> Any:
        raise AssertionError("something was looked up")

    nothing: Any = SimpleNamespace(find=refuse, of=refuse)
    check = CheckUniqueness(
        world.check.rules, nothing, nothing, refuse, refuse, refuse, refuse, world.autocharge.clock
    )
    assert check(MAC, world.sightings.newest(MAC, 50)) == ()


def test_a_shared_identifier_is_withheld_where_it_appeared(world: Quarantines) -> None:
    enrolment = world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    world.read(BERLIN, now)
    [caused] = world.read(MUNICH, now + HOUR)
    assert (caused.cause, caused.operator_id, caused.provider_id) == (
        Cause.SHARED,
        "DEMMM",
        "DEABC",
    )
    assert caused.suspected == {"DEMMM"}
    resolution = world.autocharge.resolve(MAC, "DEMMM")
    assert resolution == Quarantined(enrolment.enrolment_id, enrolment.emaid, (), caused.reasons)
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Resolved)
    assert isinstance(world.autocharge.resolve(MAC), Quarantined)  # nobody says where
    assert world.events() == [
        {
            "type": "autocharge.quarantined",
            "client": "detection",
            "owners": ("DEABC",),
            "subject": {
                "quarantine_id": caused.quarantine_id,
                "enrolment_id": enrolment.enrolment_id,
                "cause": "shared",
                "operator_id": "DEMMM",
            },
            "personal": {"emaid": "DEABCC12345678"},
        }
    ]


def test_at_a_second_newcomer_it_is_withheld_everywhere(world: Quarantines) -> None:
    """Whoever shares the identifier gets one wrong acceptance at each of two operators, no more."""
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    wrong = 0
    for day, strange in enumerate([MUNICH, VIENNA, HAMBURG, MUNICH]):
        world.read(BERLIN, now + day * DAY)
        at_strange = world.autocharge.resolve(MAC, strange.operator_id)
        is_accepted = isinstance(at_strange, Resolved)
        wrong += is_accepted
        world.read(strange, now + day * DAY + HOUR, accepted=is_accepted)
    assert wrong == 2  # in Munich and in Hamburg; in Vienna it is the operator of Munich
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Quarantined)
    assert isinstance(world.autocharge.resolve(MAC, "DEZZZ"), Quarantined)


def test_a_session_elsewhere_counts_once_it_has_ended(world: Quarantines) -> None:
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    world.read(BERLIN, now)
    running = ChargingUse(now, None, BERLIN, "autocharge", same_vehicle=True)
    assert world.read(MUNICH, now + 6 * HOUR, uses=[running]) == ()
    over = ChargingUse(now, now + 10 * HOUR, BERLIN, "autocharge", same_vehicle=True)
    [caused] = world.read(BERLIN, now + 30 * HOUR, uses=[over])
    assert [reason.code for reason in caused.reasons] == ["read_while_charging"]


def test_what_nobody_enrolled_leaves_no_row(world: Quarantines) -> None:
    now = world.autocharge.now
    world.read(BERLIN, now)
    assert world.read(MUNICH, now + HOUR) == ()
    assert world.rows(quarantines) == 0
    assert world.autocharge.resolve(MAC) == Unknown(())


def test_what_stands_is_not_made_again(world: Quarantines) -> None:
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    world.read(BERLIN, now)
    for minutes in range(5):
        world.read(MUNICH, now + HOUR + timedelta(minutes=minutes), accepted=False)
    assert world.rows(quarantines) == 1


def test_two_companies_ids_are_two_witnesses_only_where_they_are_two_companies(
    world: Quarantines,
) -> None:
    world.parties = {"DEMMM": "one company", "DENNN": "one company"}
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    for day, strange in enumerate([MUNICH, HAMBURG, VIENNA, HAMBURG]):
        world.read(BERLIN, now + day * DAY)
        world.read(strange, now + day * DAY + HOUR)
    assert isinstance(world.autocharge.resolve(MAC, "DEMMM"), Quarantined)
    assert isinstance(world.autocharge.resolve(MAC, "DENNN"), Quarantined)
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Resolved)


def test_many_macs_of_one_vin_are_rotating(world: Quarantines) -> None:
    macs = [Mac.parse(f"02000000000{number}") for number in range(6)]
    world.autocharge.enrol(PROVIDER, EMAID, macs[0])
    now = world.autocharge.now
    for number in range(3):
        caused = world.read(BERLIN, now + number * DAY, macs[number], VIN)
    [quarantine] = caused
    assert (quarantine.cause, quarantine.operator_id) == (Cause.ROTATING, "DEAAA")
    assert isinstance(world.autocharge.resolve(macs[0], "DEAAA"), Quarantined)
    assert isinstance(world.autocharge.resolve(macs[0], "DEMMM"), Resolved)
    for number in range(3, 6):
        caused = world.read(MUNICH, now + number * DAY, macs[number], VIN)
    assert [one.operator_id for one in caused] == [None]
    assert isinstance(world.autocharge.resolve(macs[0], "DEZZZ"), Quarantined)
    assert {event["personal"]["emaid"] for event in world.events()} == {"DEABCC12345678"}


def test_of_processes_that_find_the_same_at_once_one_stores_it(
    world: Quarantines, second_database: Callable[[], Database]
) -> None:
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    world.record(BERLIN, now)
    world.record(MUNICH, now + HOUR)
    processes = [world, *(world.another_process(second_database()) for _ in range(3))]
    sightings = world.sightings.newest(MAC, 50)
    outcomes = at_once(
        [partial(process.check, MAC, sightings, (), ()) for process in processes for _ in range(2)]
    )
    assert sorted(len(one) for one in outcomes if isinstance(one, tuple)) == [0] * 7 + [1]
    assert world.rows(quarantines) == 1
    assert len(world.events()) == 1


def test_two_findings_at_once_see_each_other(
    world: Quarantines, second_database: Callable[[], Database]
) -> None:
    """One process finds it at one operator, one at another: together that is everywhere."""
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    now = world.autocharge.now
    world.record(BERLIN, now)
    world.record(MUNICH, now + HOUR)
    in_munich = world.sightings.newest(MAC, 50)
    world.record(HAMBURG, now + HOUR)
    in_hamburg = [
        one for one in world.sightings.newest(MAC, 50) if one.place.station_id != "munich"
    ]
    other = world.another_process(second_database())
    # a drive from Berlin to Hamburg takes longer than an hour, too
    at_once(
        [
            partial(world.check, MAC, in_munich, (), ()),
            partial(other.check, MAC, in_hamburg, (), ()),
        ]
    )
    standing = {one.operator_id for one in world.reader.standing(MAC)}
    assert None in standing
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Quarantined)
