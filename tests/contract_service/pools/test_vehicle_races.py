"""Publishing, deleting, cleansing and bulk files of the same vehicles at once, in real threads."""

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Callable

from contract_service.model.vehicle_file import VehicleRecord
from contract_service.operations.cleanse_vehicles import CHECK_EVERY
from contract_service.operations.publish_vehicles import PublishVehicles
from foundation.errors import ServiceError
from tests.contract_service.pools.manufacturer import OEM, VehiclePool, manufacturer

MAKER = manufacturer()
EARLY, LATE = dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
PCIDS = [f"WVWrace{number:010}" for number in range(4)]
ROUNDS = 8


def repeatedly(
    act: Callable[[list[int]], None], seed: int, count: int, failures: list[BaseException]
) -> None:
    """Do it over and over with everything in another order; keep what nobody expects."""
    shuffled = random.Random(seed)
    for _ in range(ROUNDS):
        order = list(range(count))
        shuffled.shuffle(order)
        try:
            act(order)
        except ServiceError:  # older, unknown or being deleted: all of them expected
            continue
        except BaseException as failure:
            failures.append(failure)
            return


def test_whatever_happens_at_once_the_pool_and_its_events_agree(pool: VehiclePool) -> None:
    leaves = [MAKER.vehicle(pcid, start=start) for pcid in PCIDS for start in (EARLY, LATE)]
    publish_many = PublishVehicles(pool.publish.check, pool.open_work, pool.reader)
    failures: list[BaseException] = []

    def in_bulk(order: list[int]) -> None:
        records = [
            VehicleRecord(line, MAKER.publication(leaves[at])) for line, at in enumerate(order)
        ]
        list(publish_many(OEM, records))

    def one_by_one(order: list[int]) -> None:
        for at in order:
            pool.publish(OEM, MAKER.publication(leaves[at]))

    def delete(order: list[int]) -> None:
        for at in order:
            pool.delete(OEM, PCIDS[at // 2])

    def cleanse(_: list[int]) -> None:
        pool.cleanse(pool.now + 2 * CHECK_EVERY)

    one_by_one([0, 2, 4, 6])  # else deletions may be over before there is anything to delete
    pool.revoke(leaves[1])
    acts = [in_bulk, in_bulk, one_by_one, one_by_one, delete, cleanse]
    threads = [
        threading.Thread(target=repeatedly, args=(act, seed, len(leaves), failures))
        for seed, act in enumerate(acts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert pool.reader.deletions_due(10) == []
    told = Counter((pcid.upper(), kind.partition(".")[2]) for kind, _, pcid in pool.events())
    standing = {
        vehicle.pcid.key for vehicle in pool.reader.unchecked_since(pool.now + 99 * CHECK_EVERY, 99)
    }
    for pcid in PCIDS:
        came = told[pcid.upper(), "added"]
        went = told[pcid.upper(), "deleted"] + told[pcid.upper(), "revoked"]
        assert came - went == (pcid.upper() in standing)
    assert sum(told.values()) > len(PCIDS)
