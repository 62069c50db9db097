"""Several contracts of one vehicle: the default in ISO 15118-2, one after the other in -20."""

from datetime import timedelta
from typing import Any

from contract_service.model.installation import StepName
from exi import decode
from foundation.identifiers import Emaid
from pki.model.roles import KeyAlgorithm
from tests.contract_service.provisioning.refusals import NO_CONTRACT, refused
from tests.contract_service.provisioning.works import PROVIDER, Car, Works, delivered, request


def several(works: Works, algorithm: KeyAlgorithm) -> tuple[Car, list[str]]:
    works.found(algorithm)
    car = works.car(algorithm=algorithm)
    emaids = [f"DEABCC0000000{number}" for number in range(3)]
    for emaid in emaids:
        works.provisioned(car, emaid)
        works.now += timedelta(seconds=1)
    return car, emaids


def test_2_delivers_the_default_alone(works: Works) -> None:
    car, emaids = several(works, KeyAlgorithm.P256)
    assert [emaid.canonical for emaid in works.ask(car).emaids] == emaids[:1]
    with works.pool_units() as work:
        work.pool.set_default(car.published.pcid, Emaid.parse(emaids[2]))
        work.commit()
    assert [emaid.canonical for emaid in works.ask(car).emaids] == emaids[2:]


def test_2_puts_no_other_in_the_place_of_a_default_that_is_gone(works: Works) -> None:
    car, emaids = several(works, KeyAlgorithm.P256)
    with works.pool_units() as work:
        gone = work.pool.of_contract(Emaid.parse(emaids[0]))
        work.pool.delete([data.data_id for data in gone])
        work.commit()
    installed = refused(works, car, request(works, car), NO_CONTRACT, StepName.CONTRACT)
    assert installed.steps[-1].code == "no_default"
    with works.pool_units() as work:
        gone = work.pool.of_contract(Emaid.parse(emaids[1]))
        work.pool.delete([data.data_id for data in gone])
        work.commit()
    assert [emaid.canonical for emaid in works.ask(car).emaids] == emaids[2:]


def series(works: Works, car: Car, count: int, **changes: Any) -> list[tuple[str, int]]:
    found = []
    for number in range(count):
        installed = works.ask(car, request(works, car, timestamp=number, **changes))
        assert delivered(installed.exi, car.published.schema, car.key, car.certificate)
        message: Any = decode(installed.exi, car.published.schema)
        assert message.remaining_contract_chains == installed.remaining_contracts
        found.append((installed.emaids[0].canonical, installed.remaining_contracts))
    return found


def test_20_delivers_one_after_the_other_in_a_session(works: Works) -> None:
    car, emaids = several(works, KeyAlgorithm.P521)
    assert series(works, car, 3) == [(emaids[0], 2), (emaids[1], 1), (emaids[2], 0)]
    # and another session begins with the first
    assert series(works, car, 1, session=bytes(8)) == [(emaids[0], 2)]


def test_20_keeps_to_the_vehicles_maximum_and_priorities(works: Works) -> None:
    car, emaids = several(works, KeyAlgorithm.P521)
    wanted = {"prioritized": [f"de-abc-{emaids[2][5:]}", "nonsense", emaids[1]], "maximum": 2}
    assert series(works, car, 2, **wanted) == [(emaids[2], 1), (emaids[1], 0)]
    installed = works.ask(car, request(works, car, maximum=0, session=bytes(8)))
    assert installed.steps[-1].code == "no_room"
    one = works.ask(
        car,
        request(works, car, session=bytes(8)),
        maximum_chains=1,
        prioritized_emaids=(Emaid.parse(emaids[1]),),
    )
    assert (one.emaids[0].canonical, one.remaining_contracts) == (emaids[1], 0)


def test_20_answers_a_request_that_is_sent_again_with_the_same_contract(works: Works) -> None:
    car, emaids = several(works, KeyAlgorithm.P521)
    message = request(works, car)
    assert [works.ask(car, message).emaids[0].canonical for _ in range(3)] == emaids[:1] * 3


def test_20_leaves_out_a_contract_that_does_not_stand(works: Works) -> None:
    car, emaids = several(works, KeyAlgorithm.P521)
    works.suspend(PROVIDER, emaids[0])
    assert series(works, car, 2) == [(emaids[1], 1), (emaids[2], 0)]
