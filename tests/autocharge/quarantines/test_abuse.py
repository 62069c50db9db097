"""What one operator can bring about with readings that it makes up, on a real database.

It wants a competitor's customers to be asked for confirmation at the competitor's stations.
"""

from datetime import timedelta

import pytest

from autocharge.model.resolution import Quarantined, Resolved
from autocharge.store.quarantine_tables import quarantines
from foundation.identifiers import Mac, Vin
from tests.autocharge.assembly import EMAID, PROVIDER, VIN_SPELLINGS
from tests.autocharge.quarantines.assembly import (
    BERLIN,
    DAY,
    HOUR,
    MAC,
    MUNICH,
    Quarantines,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def victim(world: Quarantines) -> Quarantines:
    """A vehicle that has charged with the operator of Berlin for three days."""
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    return world


def disturbed_at(world: Quarantines, operator_id: str) -> bool:
    return isinstance(world.autocharge.resolve(MAC, operator_id), Quarantined)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_made_up_reading_while_the_victim_charges(victim: Quarantines, accepted: bool) -> None:
    now = victim.autocharge.now
    victim.read(BERLIN, now)
    victim.read(MUNICH, now + MINUTE, accepted=accepted)
    assert disturbed_at(victim, "DEMMM")
    assert not disturbed_at(victim, "DEAAA")
    assert not disturbed_at(victim, "DEZZZ")


def test_the_made_up_reading_comes_first(victim: Quarantines) -> None:
    now = victim.autocharge.now
    victim.read(MUNICH, now)
    victim.read(BERLIN, now + MINUTE)
    assert not disturbed_at(victim, "DEAAA")


def test_a_flood_of_readings_does_not_wash_the_past_away(victim: Quarantines) -> None:
    """More readings than anybody looks at, so that the victim's own are none of the newest."""
    now = victim.autocharge.now
    for number in range(60):
        victim.record(MUNICH, now + number * MINUTE, accepted=number % 2 == 0)
    victim.read(BERLIN, now + 61 * MINUTE)
    victim.read(MUNICH, now + 62 * MINUTE)
    assert disturbed_at(victim, "DEMMM")
    assert not disturbed_at(victim, "DEAAA")


def test_readings_of_the_future_and_the_far_past(victim: Quarantines) -> None:
    now = victim.autocharge.now
    for days in (-3000, -10, 10, 3000):
        victim.read(MUNICH, now + days * DAY)
        victim.read(MUNICH, now + days * DAY + MINUTE)
    victim.read(BERLIN, now)
    assert not disturbed_at(victim, "DEAAA")


def test_many_macs_made_up_for_the_victims_vin(victim: Quarantines) -> None:
    now, vin = victim.autocharge.now, Vin.parse(VIN_SPELLINGS[0])
    victim.read(BERLIN, now, MAC, vin)
    for number in range(40):
        made_up = Mac.parse(f"0200000000{number:02}")
        victim.read(MUNICH, now + DAY + number * MINUTE, made_up, vin)
    victim.read(MUNICH, now + 2 * DAY, MAC, vin)
    assert not disturbed_at(victim, "DEAAA")
    assert not disturbed_at(victim, "DEZZZ")


def test_identifiers_of_nobody_fill_no_table(victim: Quarantines) -> None:
    now = victim.autocharge.now
    for number in range(50):
        stranger = Mac.parse(f"0200000000{number:02}")
        victim.read(MUNICH, now, stranger)
        victim.read(BERLIN, now + MINUTE, stranger)
    assert victim.rows(quarantines) == 0


def test_what_it_takes_to_reach_the_victim_and_how_the_provider_answers(
    victim: Quarantines,
) -> None:
    """The bound: the vehicle was let charge at the attacker's on two earlier days.

    Each of those is a decision on record that the driver's provider is told of and may dispute.
    """
    now = victim.autocharge.now
    victim.read(MUNICH, now - DAY + 11 * HOUR)
    victim.read(MUNICH, now - 2 * DAY + 11 * HOUR)
    victim.read(BERLIN, now)
    caused = victim.read(MUNICH, now + MINUTE)
    assert disturbed_at(victim, "DEAAA")
    victim.autocharge.now += 2 * MINUTE
    for one in caused:
        victim.release(PROVIDER, one.quarantine_id, "never was there", frozenset({"DEMMM"}))
    for day in range(1, 5):
        victim.read(BERLIN, now + day * DAY)
        victim.read(MUNICH, now + day * DAY + MINUTE)
    assert not disturbed_at(victim, "DEAAA")
    assert isinstance(victim.autocharge.resolve(MAC, "DEAAA"), Resolved)
