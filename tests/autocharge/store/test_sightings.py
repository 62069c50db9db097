"""Sightings on both databases: what is read, what is counted, what is deleted."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import Identifier
from autocharge.model.noted import NotedIdentifiers
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.model.vault_key import KeyPurpose
from autocharge.operations.forget_sightings import BATCH, ForgetSightings
from autocharge.profiles.sighting_policy import load_sighting_policy
from autocharge.store.identifier_vault import new_key, open_vault
from autocharge.store.sightings import (
    SqlSightingLimit,
    SqlSightingLog,
    SqlSightingReader,
    SqlSightingRemains,
    first_id_of,
)
from autocharge.store.tables import keys, sightings
from foundation.database import Database
from foundation.identifiers import Mac, Vin
from foundation.time_ordered import TimeOrderedIds
from tests.autocharge.assembly import SEALER

MAC = Mac.parse("98ED5CB9BE31")
OTHER = Mac.parse("98ED5CB9BE32")
VIN = Vin.parse("1M8GDM9AXKP042788")
HERE = Place("CS-1", "DEABC", 52.5, 13.4, "DEABCE1")
THERE = Place("CS-2", "DEABC")
POLICY = load_sighting_policy()


class Noted:
    """Sightings with ids of the test's own time."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self.vault = open_vault(database, SEALER, lambda: now)
        self.log = SqlSightingLog(database, self.vault)
        self.reader = SqlSightingReader(database, self.vault)
        self._id = TimeOrderedIds(nanoseconds=lambda: int(self._at.timestamp() * 10**9))
        self._at = now

    def note(
        self,
        *identifiers: Identifier,
        ago: timedelta = timedelta(),
        place: Place = HERE,
        enrolment_id: str | None = None,
        reported: bool = False,
    ) -> NotedIdentifiers:
        self._at = self.now - ago
        message_id = self._id()
        sighting = Sighting(
            self._at,
            place,
            Source.SLAC if reported else Source.OCPP16_ID_TAG,
            enrolment_id is not None and not reported,
            None if reported else message_id,
        )
        noted = NotedIdentifiers(message_id, identifiers, sighting, enrolment_id)
        self.log.append(noted)
        return noted

    def count(self) -> int:
        with self.database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(sightings)) or 0


@pytest.fixture
def noted(database: Database, now: datetime) -> Noted:
    return Noted(database, now)


def test_the_newest_sightings_of_an_identifier_come_first(noted: Noted) -> None:
    second = noted.note(MAC, ago=timedelta(minutes=2), enrolment_id="e" * 36)
    first = noted.note(Mac.parse("VID:98ed5cb9be31"), place=THERE)
    noted.note(OTHER)
    noted.note(MAC, ago=timedelta(hours=1))
    assert list(noted.reader.newest(MAC, 2)) == [first.sighting, second.sighting]
    assert noted.reader.newest(VIN, 2) == ()


def test_accepted_and_refused_sightings_do_not_crowd_each_other_out(noted: Noted) -> None:
    charged = noted.note(MAC, ago=timedelta(days=30), enrolment_id="e" * 36)
    for _ in range(5):
        noted.note(MAC)
    accepted, refused = noted.database.fetch_together(
        *(noted.reader.newest_lookup(MAC, 3, accepted=which) for which in (True, False))
    )
    assert accepted == (charged.sighting,)
    assert len(refused) == 3


def test_unmatched_sightings_of_a_window_at_a_station(noted: Noted, now: datetime) -> None:
    wanted = noted.note(Mac.parse("VID:98ED5CB9BE31"), ago=timedelta(minutes=3))
    noted.note(MAC, ago=timedelta(minutes=3), place=THERE)
    noted.note(OTHER, ago=timedelta(minutes=3), enrolment_id="e" * 36)
    noted.note(OTHER, ago=timedelta(minutes=11))
    noted.note(OTHER)
    window = (now - timedelta(minutes=10), now - timedelta(minutes=1))
    [found] = noted.reader.unmatched_at("CS-1", *window, 10)
    assert (found.identifier, found.sighting) == (MAC, wanted.sighting)
    assert isinstance(found.identifier, Mac)
    assert found.identifier.raw == "VID:98ED5CB9BE31"
    assert found.enrolment_id is None


def test_what_was_read_together_stands_together(noted: Noted) -> None:
    together = noted.note(MAC, VIN, ago=timedelta(minutes=1))
    noted.note(OTHER, VIN)
    noted.note(OTHER)
    found = noted.reader.seen_with(VIN, 10)
    assert [one.identifier for one in found] == [OTHER, VIN, MAC, VIN]
    assert [one.message_id for one in found[2:]] == [together.message_id] * 2
    assert [one.identifier for one in noted.reader.seen_with(VIN, 1)] == [OTHER, VIN]
    assert noted.reader.seen_with(Mac.parse("98ED5CB9BE33"), 10) == ()


def test_a_new_pepper_still_finds_what_the_old_one_hashed(noted: Noted) -> None:
    old = noted.note(MAC, ago=timedelta(minutes=1))
    with noted.database.write() as connection:
        newer = new_key(KeyPurpose.PEPPER, "2", 2, SEALER, lambda: noted.now)
        connection.execute(sa.insert(keys), newer)
        connection.commit()
    vault = open_vault(noted.database, SEALER, lambda: noted.now)
    new = replace(old, message_id="m" * 36)
    SqlSightingLog(noted.database, vault).append(new)
    assert len(SqlSightingReader(noted.database, vault).newest(MAC, 10)) == 2


def test_a_sealed_spelling_opens_for_its_own_sighting_only(noted: Noted) -> None:
    noted.note(MAC, VIN)
    with noted.database.write() as connection:
        one, other = connection.execute(
            sa.select(sightings.c.sighting_id, sightings.c.sealed).order_by(sightings.c.sighting_id)
        ).all()
        connection.execute(
            sa.update(sightings)
            .where(sightings.c.sighting_id == other.sighting_id)
            .values(sealed=one.sealed)
        )
        connection.commit()
    with pytest.raises(Exception, match="cannot be opened"):
        noted.reader.of_station("CS-1", None, 10)


def limit(noted: Noted, monotonic: Callable[[], float] = lambda: 0.0) -> SqlSightingLimit:
    policy = replace(POLICY, unknown_per_station=3, unknown_per_operator=5, reported_per_station=2)
    return SqlSightingLimit(noted.database, policy, monotonic)


def test_a_station_has_its_share_of_unknown_identifiers(noted: Noted, now: datetime) -> None:
    limits = limit(noted)
    for _ in range(2):
        noted.note(OTHER)
    noted.note(MAC, enrolment_id="e" * 36)  # a known one is nobody's share
    noted.note(OTHER, ago=POLICY.window)  # out of the window
    assert limits.wait_for_unknown(HERE, now) is None
    noted.note(OTHER)
    assert limits.wait_for_unknown(HERE, now) == 60
    assert limits.wait_for_unknown(THERE, now) is None
    later = now + POLICY.window
    assert limit(noted).wait_for_unknown(HERE, later) is None


def test_an_operator_has_its_share_however_many_stations_it_has(
    noted: Noted, now: datetime
) -> None:
    for number in range(5):
        noted.note(OTHER, place=Place(f"CS-{number}", "DEABC"))
    assert limit(noted).wait_for_unknown(Place("CS-9", "DEABC"), now) == 60
    assert limit(noted).wait_for_unknown(Place("CS-9", "DEXYZ"), now) is None


def test_who_is_past_the_limit_is_remembered_for_half_a_second(noted: Noted, now: datetime) -> None:
    moment = 0.0
    limits = limit(noted, lambda: moment)
    for _ in range(3):
        noted.note(OTHER)
    assert limits.wait_for_unknown(HERE, now)
    with noted.database.write() as connection:
        connection.execute(sa.delete(sightings))
        connection.commit()
    assert limits.wait_for_unknown(HERE, now)
    moment = 0.6
    assert limits.wait_for_unknown(HERE, now) is None


def test_reports_are_counted_apart(noted: Noted, now: datetime) -> None:
    noted.note(MAC, enrolment_id="e" * 36)
    noted.note(MAC, enrolment_id="e" * 36, reported=True)
    assert limit(noted).wait_for_reported(HERE, now) is None
    noted.note(OTHER, reported=True)
    assert limit(noted).wait_for_reported(HERE, now) == 60


def test_strangers_are_forgotten_before_vehicles(noted: Noted, now: datetime) -> None:
    forget = ForgetSightings(SqlSightingRemains(noted.database), POLICY)
    for ago in (timedelta(0), POLICY.keep_unmatched, POLICY.keep_unmatched * 2):
        noted.note(OTHER, ago=ago)
        noted.note(MAC, ago=ago, enrolment_id="e" * 36)
    noted.note(MAC, ago=POLICY.keep_matched, enrolment_id="e" * 36)
    noted.note(MAC, ago=POLICY.keep_matched * 2, enrolment_id="e" * 36)
    assert forget(now) == 2
    assert len(noted.reader.newest(OTHER, 10)) == 2
    assert len(noted.reader.newest(MAC, 10)) == 4
    assert forget(now + timedelta(seconds=1)) == 2
    assert forget(now + timedelta(seconds=1)) == 0


def test_more_than_a_batch_is_forgotten_in_several(noted: Noted, now: datetime) -> None:
    def note_many() -> None:
        for _ in range((BATCH + 20) // 20):
            noted.note(OTHER, ago=POLICY.keep_unmatched * 2)

    threads = [threading.Thread(target=note_many) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = noted.count()
    assert before > BATCH
    forget = ForgetSightings(SqlSightingRemains(noted.database), POLICY)
    assert forget(now) == before
    assert noted.count() == 0


def test_ids_of_a_moment_begin_with_it() -> None:
    moment = datetime(2026, 12, 1, 12, 0, 0, 123000, tzinfo=UTC)
    nanoseconds = int(moment.timestamp() * 1000) * 1_000_000
    made = TimeOrderedIds(nanoseconds=lambda: nanoseconds)()
    before = TimeOrderedIds(nanoseconds=lambda: nanoseconds - 1_000_000)()
    assert before < first_id_of(moment) < made
