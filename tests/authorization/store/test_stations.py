"""Stations on both databases: one operator, its EVSEs, also when two come at once."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from authorization.model.claim import Place
from authorization.model.station import Coordinates, Station
from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from tests.authorization.conftest import Kept
from tests.authorization.fakes import ADMIN, AUDITOR, CPO, MO, OTHER_CPO


def test_a_station_is_a_place(kept: Kept) -> None:
    kept.register_station(CPO, "CS-1", "de*abc", ["DE*ABC*E2", "DE*ABC*E1"])
    place = Place("CS-1", "DEABC", ("DEABCE2", "DEABCE1"))
    assert kept.directory.by_station("CS-1") == place
    assert kept.directory.by_evse("DEABCE1") == place
    assert kept.directory.by_station("cs-1") is None
    assert kept.directory.by_evse("DEABCE3") is None


def test_a_station_without_evses_is_a_place(kept: Kept) -> None:
    kept.register_station(CPO, "CS-1", "DEABC", [])
    assert kept.directory.by_station("CS-1") == Place("CS-1", "DEABC", ())


def test_registering_again_replaces_evses_and_coordinates(kept: Kept) -> None:
    first = kept.register_station(CPO, "CS-1", "DEABC", ["DE*ABC*E1"])
    assert kept.register_station(CPO, "CS-1", "DEABC", ["DE*ABC*E1"]) == first
    place = Coordinates(48.1, 11.5)
    kept.register_station(CPO, "CS-1", "DEABC", ["DE*ABC*E2"], place)
    found = kept.list_stations.one(CPO, "CS-1")
    assert found.coordinates == place
    assert [evse.key for evse in found.evses] == ["DEABCE2"]
    kept.register_station(CPO, "CS-2", "DEABC", ["DE*ABC*E1"])
    with kept.database.read() as connection:
        types = connection.scalars(sa.select(outbox.c.type)).all()
    assert types == ["station.registered"] * 4


def test_a_station_belongs_to_one_operator(kept: Kept) -> None:
    kept.register_station(CPO, "CS-1", "DEABC", ["DE*ABC*E1"])
    with pytest.raises(ServiceError) as caught:
        kept.register_station(OTHER_CPO, "CS-1", "DEXYZ", [])
    assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "station_taken")
    with pytest.raises(ServiceError) as caught:
        kept.register_station(CPO, "CS-2", "DEABC", ["DE*ABC*E3", "DE*ABC*E1"])
    assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "evse_taken")
    assert kept.directory.by_station("CS-2") is None
    assert kept.directory.by_evse("DEABCE3") is None


def test_a_secc_id_names_one_station_of_its_operator(kept: Kept) -> None:
    kept.register_station(CPO, "CS-1", "DEABC", [], secc_id="de-abc-s-0001-4")
    found = kept.list_stations.one(CPO, "CS-1").secc_id
    assert found is not None
    assert (found.raw, found.key) == ("de-abc-s-0001-4", "DEABCS00014")
    kept.register_station(CPO, "CS-2", "DEABC", [])
    for secc_id, code in (
        ("DEABCS00014", "secc_taken"),
        ("DE-XYZ-S-0001-4", "secc_of_another_operator"),
        ("nonsense", "invalid_secc_id"),
        ("DE-ABC-S-" + "1" * 60, "invalid_secc_id"),
    ):
        for station_id in ("CS-2", "CS-3"):  # registered and new
            with pytest.raises(ServiceError) as caught:
                kept.register_station(CPO, station_id, "DEABC", [], secc_id=secc_id)
            assert caught.value.code == code
    kept.register_station(CPO, "CS-1", "DEABC", [])
    assert kept.list_stations.one(CPO, "CS-1").secc_id is None
    kept.register_station(CPO, "CS-2", "DEABC", [], secc_id="DEABCS00014")


@pytest.mark.parametrize(
    ("principal", "operator_id"), [(CPO, "DEXYZ"), (MO, "DEABC"), (AUDITOR, "DEABC")]
)
def test_a_station_is_registered_for_ones_own_operator(
    kept: Kept, principal: Principal, operator_id: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        kept.register_station(principal, "CS-1", operator_id, [])
    assert caught.value.kind is Kind.FORBIDDEN


def test_each_sees_its_own_stations(kept: Kept) -> None:
    for number in range(3):
        kept.register_station(CPO, f"CS-{number}", "DEABC", [f"DE*ABC*E{number}"])
    kept.register_station(OTHER_CPO, "CS-9", "DEXYZ", [])

    def ids(stations: tuple[Station, ...]) -> list[str]:
        return [station.station_id for station in stations]

    assert ids(kept.list_stations(CPO)) == ["CS-0", "CS-1", "CS-2"]
    assert ids(kept.list_stations(CPO, limit=2)) == ["CS-0", "CS-1"]
    assert ids(kept.list_stations(CPO, after="CS-1", limit=2)) == ["CS-2"]
    assert ids(kept.list_stations(OTHER_CPO)) == ["CS-9"]
    assert ids(kept.list_stations(AUDITOR)) == ["CS-0", "CS-1", "CS-2", "CS-9"]
    assert kept.list_stations.one(ADMIN, "CS-9").operator_id == "DEXYZ"
    for principal, station_id in ((CPO, "CS-9"), (MO, "CS-0"), (CPO, "CS-7")):
        with pytest.raises(ServiceError) as caught:
            kept.list_stations.one(principal, station_id)
        assert caught.value.kind is Kind.NOT_FOUND
    with pytest.raises(ServiceError):
        kept.list_stations(MO)
    nobody = Principal("cpo-3", frozenset({ClientRole.CPO}))
    assert kept.list_stations(nobody) == ()


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Run the actions in threads that begin together; return how each ended, sorted."""
    barrier, ends = threading.Barrier(len(actions)), []

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
            ends.append("done")
        except ServiceError as refusal:
            ends.append(refusal.code)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def test_two_operators_at_once_get_one_station(kept: Kept) -> None:
    ends = at_once(
        lambda: kept.register_station(CPO, "CS-1", "DEABC", ["DE*ABC*E1"]),
        lambda: kept.register_station(OTHER_CPO, "CS-1", "DEXYZ", ["DE*XYZ*E1"]),
    )
    assert ends == ["done", "station_taken"]
    assert len(kept.list_stations(ADMIN)) == 1


def test_two_stations_at_once_get_one_evse(kept: Kept) -> None:
    names = ["DE*ABC*E1", "DE*ABC*E2"]
    ends = at_once(
        lambda: kept.register_station(CPO, "CS-1", "DEABC", names),
        lambda: kept.register_station(CPO, "CS-2", "DEABC", names[::-1]),
        lambda: kept.register_station(CPO, "CS-3", "DEABC", names),
    )
    assert ends == ["done", "evse_taken", "evse_taken"]
    assert len(kept.list_stations(ADMIN)) == 1
