"""A published vehicle's life on both databases: renewal, delivery, deletion, cleansing."""

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.vehicle import Change, Vehicle, VehicleToPublish, change_of
from contract_service.operations.cleanse_vehicles import CHECK_EVERY, ROUND_SECONDS
from contract_service.operations.publish_vehicle import store_vehicle
from exi.schema import Schema
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.identifiers import Pcid
from foundation.principal import Principal
from pki.model.path_anchor import AnchorSet
from pki.model.roles import CertificateStatus
from tests.contract_service.pools.manufacturer import (
    OEM,
    PCID,
    PROVIDER,
    WMI,
    VehiclePool,
    anchor,
    ed448_chain,
    manufacturer,
    read,
    refusal,
)

MAKER = manufacturer()
NEWER = manufacturer("", Schema.ISO15118_20)
LEAF = MAKER.vehicle()
DAY = dt.timedelta(days=1)
EARLY, LATE = dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 9, 1, tzinfo=dt.UTC)


# renewal


def test_publishing_again_changes_nothing(pool: VehiclePool) -> None:
    first, _ = pool.publish(OEM, MAKER.publication(LEAF))
    pool.now += DAY
    _, change = pool.publish(OEM, MAKER.publication(LEAF))
    assert change is Change.UNCHANGED
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2) == first.vehicle
    assert pool.event_types() == ["added"]


def test_a_newer_certificate_replaces_and_an_older_never_returns(pool: VehiclePool) -> None:
    old, new = MAKER.vehicle(start=EARLY), MAKER.vehicle(PCID.upper(), start=LATE)
    pool.publish(OEM, MAKER.publication(old))
    checked, change = pool.publish(OEM, MAKER.publication(new))
    assert change is Change.UPDATED
    refused = refusal(lambda: pool.publish(OEM, MAKER.publication(old)))
    assert (refused.kind, refused.code) == (Kind.CONFLICT, "certificate_older")
    stored = pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2)
    assert stored == checked.vehicle
    assert stored is not None
    assert stored.pcid.value == PCID.upper()
    assert pool.event_types() == ["added", "updated"]


def test_what_the_manufacturer_says_of_the_vehicle_is_renewed_as_well(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))
    previous = "WVWprevious123456"
    sent = MAKER.publication(LEAF, v2g_root_key_ids=("45b8",), previous_pcid=previous)
    checked, change = pool.publish(OEM, sent)
    assert change is Change.UPDATED
    stored = pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2)
    assert stored == checked.vehicle
    assert stored is not None
    assert (stored.v2g_root_key_ids, stored.previous_pcid) == (("45b8",), Pcid.parse(previous))


@given(st.integers(-3, 3), st.booleans(), st.booleans())
def test_the_newest_certificate_counts(days: int, same: bool, spelled_alike: bool) -> None:
    standing = Vehicle(
        pcid=Pcid.parse(PCID),
        schema=Schema.ISO15118_2,
        certificate=b"a",
        sub_certificates=(b"b",),
        root_fingerprint="00",
        client_id="c",
        not_before=EARLY,
        not_after=LATE,
        published_at=EARLY,
    )
    other = replace(
        standing,
        certificate=b"a" if same else b"z",
        not_before=EARLY + days * DAY,
        published_at=LATE,
        client_id="d",
        pcid=Pcid.parse(PCID if spelled_alike else PCID.upper()),
    )
    change = change_of(standing, other)
    if days < 0:
        assert isinstance(change, Refused)
    else:
        unchanged = days == 0 and same and spelled_alike
        assert change is (Change.UNCHANGED if unchanged else Change.UPDATED)
    assert change_of(None, other) is Change.ADDED


@dataclass
class Contested:
    """A repository in which others add and delete the vehicle between any two looks."""

    adds: list[bool]
    events: list[Event] = field(default_factory=list)

    def lock(self, _: Pcid, __: Schema) -> None:
        return None

    def add(self, _: Vehicle) -> bool:
        return self.adds.pop(0)

    def is_deletion_due(self, _: Pcid) -> bool:
        return False

    def append(self, event: Event) -> None:
        self.events.append(event)


@pytest.mark.parametrize(
    ("adds", "outcome"),
    [
        ([True], "added"),
        ([False, True], "added"),
        ([False, False, True], "added"),
        ([False, False, False, True], "vehicle_being_deleted"),
    ],
)
def test_what_is_told_to_be_added_is_there(
    pool: VehiclePool, adds: list[bool], outcome: str
) -> None:
    vehicle = pool.publish.check(OEM, MAKER.publication(LEAF)).vehicle
    contested, told = Contested([*adds]), []
    work: Any = SimpleNamespace(vehicles=contested, events=contested)
    try:
        told.append(str(store_vehicle(work, OEM, vehicle)))
    except ServiceError as refusal:
        told.append(refusal.code)
    assert told == [outcome]
    assert len(contested.events) == (outcome == "added")


def test_one_pcid_in_two_spellings_at_once_is_one_vehicle(pool: VehiclePool) -> None:
    """Two clients of one manufacturer, many threads, two certificates of one PCID."""
    leaves = [MAKER.vehicle(PCID.upper()), MAKER.vehicle(PCID.lower())]
    together = threading.Barrier(6)
    outcomes: list[str] = []

    def publish(number: int) -> None:
        client = replace(OEM, client_id=f"client-{number}")
        sent = MAKER.publication(leaves[number % 2])
        together.wait()
        _, change = pool.publish(client, sent)
        outcomes.append(change)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(Change.ADDED) == 1
    assert len(outcomes) == 6
    assert pool.event_types().count("added") == 1
    assert len(pool.reader.unchecked_since(pool.now + DAY, 10)) == 1


# delivery


def test_status_and_chain_are_controlled_again_at_delivery(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))
    pool.revoke(LEAF)
    assert refusal(lambda: pool.show(PROVIDER, PCID)).code == "certificate_revoked"
    pool.responder.statuses.clear()
    pool.show(PROVIDER, PCID)
    pool.anchors = AnchorSet([])
    assert refusal(lambda: pool.show(PROVIDER, PCID)).code == "chain_not_valid"


def test_looking_up_tells_of_what_has_not_expired(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))
    assert pool.look_up(PROVIDER, PCID.lower()).pcid.value == PCID
    pool.now = dt.datetime(2027, 7, 1, tzinfo=dt.UTC)
    assert refusal(lambda: pool.look_up(PROVIDER, PCID)).code == "vehicle_unknown"
    assert refusal(lambda: pool.look_up(PROVIDER, "short")).code == "invalid_pcid"


# deletion


def test_deleting_takes_both_editions_and_what_hangs_on_the_vehicle(pool: VehiclePool) -> None:
    for maker in (MAKER, NEWER):
        pool.publish(OEM, maker.publication(maker.vehicle()))
    pool.delete(OEM, PCID.lower())
    assert pool.deleted == [PCID]
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_20) is None
    assert pool.event_types() == ["added", "added", "deleted", "deleted"]
    assert pool.events()[-1][1:] == ([WMI], PCID)
    assert pool.reader.deletions_due(10) == []
    assert refusal(lambda: pool.delete(OEM, PCID)).code == "vehicle_unknown"
    assert pool.deleted == [PCID]


def test_what_a_crash_leaves_of_a_deletion_is_done_later(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))

    def dies(_: Principal, __: Pcid) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(pool.delete, vehicle_deleted=dies)(OEM, PCID)
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2) is None
    # else the contracts of the vehicle that comes back would be deleted in its stead
    refused = refusal(lambda: pool.publish(OEM, MAKER.publication(LEAF)))
    assert (refused.kind, refused.code) == (Kind.CONFLICT, "vehicle_being_deleted")

    def refuses(_: Principal, __: Pcid) -> None:
        raise ServiceError(Kind.UNAVAILABLE, "later", "try later")

    assert replace(pool.delete, vehicle_deleted=refuses).finish() == 1
    assert pool.delete.finish() == 0
    assert pool.deleted == [PCID]
    pool.publish(OEM, MAKER.publication(LEAF))


# cleansing


def test_what_expired_or_was_revoked_goes_and_the_rest_stays(pool: VehiclePool) -> None:
    ending = MAKER.vehicle("WVWending123456789"[:17], end=pool.now + DAY)
    stolen, held = MAKER.vehicle("WVWstolen12345678"), MAKER.vehicle("WVWonhold12345678")
    for leaf in (LEAF, ending, stolen, held):
        pool.publish(OEM, MAKER.publication(leaf))
    assert pool.cleanse(pool.now) == 0
    pool.revoke(stolen)
    pool.responder.statuses[read(held).fingerprint] = CertificateStatus.ON_HOLD
    pool.now += CHECK_EVERY + DAY
    assert pool.cleanse(pool.now) == 2
    assert pool.cleanse(pool.now) == 0
    assert sorted(pool.event_types()[4:]) == ["expired", "revoked"]
    assert pool.deleted == []  # contracts of a living vehicle stand
    assert pool.look_up(PROVIDER, PCID).fingerprint == read(LEAF).fingerprint
    assert pool.look_up(PROVIDER, "WVWonhold12345678") is not None


def test_a_renewal_between_reading_and_removing_is_kept(pool: VehiclePool) -> None:
    old, new = MAKER.vehicle(start=EARLY), MAKER.vehicle(start=LATE)
    pool.publish(OEM, MAKER.publication(old))
    pool.revoke(old)
    stale = pool.reader.unchecked_since(pool.now + DAY, 10)
    pool.publish(OEM, MAKER.publication(new))
    assert pool.cleanse._remove(stale, "revoked", pool.now) == 0
    assert pool.look_up(PROVIDER, PCID).fingerprint == read(new).fingerprint


def test_each_round_looks_at_those_that_waited_longest(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))
    later = pool.now + 2 * CHECK_EVERY
    pool.responder.asked.clear()
    pool.cleanse(later)
    asked = len(pool.responder.asked)
    assert asked > 0
    pool.cleanse(later + CHECK_EVERY / 2)
    assert len(pool.responder.asked) == asked


def test_slow_responders_hold_up_no_other_chore(pool: VehiclePool) -> None:
    """What a round had no time for is looked at first in the next."""
    for number in range(4):
        pool.publish(OEM, MAKER.publication(MAKER.vehicle(f"WVWslow{number:010}")))
    later = pool.now + 2 * CHECK_EVERY
    clock = iter([0.0, 1.0, ROUND_SECONDS - 1, ROUND_SECONDS + 1, ROUND_SECONDS + 1])
    replace(pool.cleanse, monotonic=lambda: next(clock))(later)
    assert len(pool.reader.unchecked_since(later, 10)) == 2
    pool.cleanse(later)
    assert pool.reader.unchecked_since(later, 10) == []


def test_a_vehicle_of_the_newer_edition_may_have_an_ed448_key(pool: VehiclePool) -> None:
    chain = ed448_chain(PCID)
    pool.anchors = AnchorSet([anchor(chain[-1])])
    leaf, sub_ca_2, sub_ca_1, _ = chain
    sent = VehicleToPublish(leaf, sub_ca_2, sub_ca_1, Schema.ISO15118_20)
    checked, _ = pool.publish(OEM, sent)
    assert pool.show(PROVIDER, PCID).vehicle == checked.vehicle
    older = replace(sent, schema=Schema.ISO15118_2)
    assert refusal(lambda: pool.publish(OEM, older)).code == "key_of_another_edition"
