"""Renewal before expiry, for a vehicle's new key, and by hand."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contract_service.model.contract_data import ContractData, InstallationAction, Origin
from contract_service.operations.bind_pcid import BindPcid
from contract_service.operations.renew_contract_data import (
    RenewContractData,
    RenewDueContractData,
)
from contract_service.profiles.renewal import load_renewal_policy
from contract_service.store.contract_pool_tables import contract_data
from exi import Schema
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.outbox import outbox
from foundation.principal import Principal
from pki.model.roles import CertificateStatus, KeyAlgorithm
from pki.store.tables import certificates
from tests.contract_service.provisioning.works import (
    EMAID,
    PROVIDER,
    STRANGER,
    Car,
    Works,
    delivered,
    new_pcid,
)

POLICY = load_renewal_policy()
TOLD = ("contract_data.renewed", "contract_data.renewal_failed", "contract_data.renewal_due")


def chore(works: Works, **bounds: int) -> RenewDueContractData:
    policy = replace(POLICY, **bounds)  # type: ignore[arg-type] # its two counts
    return RenewDueContractData(
        works.pool, works.pool_units, works.vehicles, works.provision, policy
    )


def run(works: Works) -> int:
    return chore(works)(works.now)


def by_hand(works: Works, who: Principal = PROVIDER, emaid: str = EMAID) -> Any:
    return RenewContractData(works.contracts, works.pool, works.provision)(who, emaid)


def later(works: Works, days: float) -> None:
    works.now += timedelta(days=days)
    works.renew_signers()
    works.refresh()


def standing(works: Works, emaid: str = EMAID) -> ContractData:
    (pooled,) = works.pool.of_contract(Emaid.parse(emaid), None)
    return pooled.data


def told(works: Works) -> list[tuple[str, tuple[str, ...], dict[str, str]]]:
    """What was told of renewals: the event, whom it concerns, and what its subject adds."""
    statement = sa.select(outbox).where(outbox.c.type.in_(TOLD)).order_by(outbox.c.occurred_at)
    with works.database.read() as connection:
        return [
            (
                row.type.removeprefix("contract_data."),
                tuple(row.owners),
                {name: row.subject[name] for name in ("reason", "code") if name in row.subject},
            )
            for row in connection.execute(statement)
        ]


def refusal(call: Callable[[], object]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value


def as_of_provider(works: Works) -> None:
    """Make what stands look as if the provider's own authority had made it."""
    with works.database.write() as connection:
        connection.execute(sa.update(contract_data).values(origin=Origin.SIGNED.value))
        connection.commit()


@pytest.fixture
def car(works: Works) -> Car:
    return works.found().car(lifetime=timedelta(days=3000))


def test_what_runs_out_soon_is_renewed_once_and_the_vehicle_can_use_it(
    works: Works, car: Car
) -> None:
    first = works.provisioned(car)
    assert run(works) == 0
    later(works, 334)
    assert run(works) == 0
    later(works, 2)
    assert run(works) == 1
    second = standing(works)
    assert second.not_after > first.not_after + timedelta(days=300)
    assert (second.pcid, second.created_at) == (first.pcid, first.created_at)
    assert told(works) == [("renewed", ("DEABC", "WP0"), {"reason": "expires"})]
    (answer,) = works.pool.answers(second.data_id, InstallationAction.INSTALL, second.recipient_key)
    _, chain = delivered(answer.message, Schema.ISO15118_2, car.key, car.certificate)
    assert chain == second.chain
    assert run(works) == 0
    # the certificate that is installed goes on until it expires
    with works.database.read() as connection:
        statuses = connection.scalars(sa.select(certificates.c.status)).all()
    assert CertificateStatus.REVOKED.value not in statuses


def test_a_new_key_of_the_vehicle_gets_its_contract_anew(works: Works, car: Car) -> None:
    works.provisioned(car)
    newer = works.car(lifetime=timedelta(days=3000))
    assert run(works) == 1
    assert told(works) == [("renewed", ("DEABC", "WP0"), {"reason": "vehicle_certificate"})]
    installed = works.ask(newer)
    assert installed.accepted
    delivered(installed.exi, Schema.ISO15118_2, newer.key, newer.certificate)
    assert run(works) == 0


def test_both_editions_are_renewed_each_for_its_own_key(works: Works, car: Car) -> None:
    works.found(KeyAlgorithm.P521)
    newer = works.car(algorithm=KeyAlgorithm.P521, lifetime=timedelta(days=3000))
    works.provisioned(car)
    works.provisioned(newer)
    renewed = by_hand(works, emaid="de-abc-C12345678")
    assert {data.schema for data in renewed} == set(Schema)
    assert [event for event, _, _ in told(works)] == ["renewed", "renewed"]


@pytest.mark.parametrize("ending", ["suspend", "terminate"])
def test_a_contract_that_rests_or_ended_is_not_renewed(works: Works, car: Car, ending: str) -> None:
    works.provisioned(car)
    getattr(works, ending)(PROVIDER, EMAID)
    works.car()  # another key
    later(works, 336)
    assert run(works) == 0
    assert refusal(lambda: by_hand(works)).code == "contract_not_active"
    assert told(works) == []


def test_a_contract_that_was_bound_to_another_vehicle_is_not_bound_back(
    works: Works, car: Car
) -> None:
    works.provisioned(car)
    other = new_pcid()
    BindPcid(works.units, works.clock)(PROVIDER, EMAID, other)
    later(works, 336)
    assert run(works) == 0
    refused = refusal(lambda: by_hand(works))
    assert (refused.kind, refused.code) == (Kind.CONFLICT, "contract_bound_otherwise")
    contract = works.contracts.find(Emaid.parse(EMAID))
    assert contract is not None
    assert contract.pcid == Pcid.parse(other)


def test_what_the_providers_own_authority_made_is_announced_once_for_each_reason(
    works: Works, car: Car
) -> None:
    first = works.provisioned(car)
    as_of_provider(works)
    later(works, 336)
    due = ("renewal_due", ("DEABC", "WP0"), {"reason": "expires"})
    assert (run(works), told(works)) == (1, [due])
    later(works, 5)
    assert (run(works), told(works)) == (0, [due])
    works.car(lifetime=timedelta(days=1000))
    assert run(works) == 1
    assert told(works)[1] == ("renewal_due", ("DEABC", "WP0"), {"reason": "vehicle_certificate"})
    assert standing(works).data_id == first.data_id
    assert refusal(lambda: by_hand(works)).code == "contract_data_of_provider"


def test_a_failure_is_told_with_its_code_and_tried_again_after_a_while(
    works: Works, car: Car
) -> None:
    works.provisioned(car)
    later(works, 336)
    works.vehicles.published.clear()
    assert (run(works), run(works)) == (1, 0)
    failed = ("renewal_failed", ("DEABC", "WP0"), {"reason": "expires", "code": "vehicle_unknown"})
    assert told(works) == [failed]
    works.now += POLICY.retry_after
    works.refresh()
    assert run(works) == 1
    assert told(works) == [failed, failed]
    works.publish(car)  # a key that was not tried: at once
    assert run(works) == 1
    assert told(works)[2][0] == "renewed"


def test_a_revoked_provisioning_certificate_gets_nothing_new(works: Works, car: Car) -> None:
    first = works.provisioned(car)
    later(works, 336)
    works.revoke_certificate(car.certificate, "oem-sub2-g1")
    run(works)
    assert told(works)[0][2]["code"] == "vehicle_certificate_invalid"
    assert standing(works).data_id == first.data_id


def test_a_round_is_bounded_and_the_next_goes_on(works: Works, car: Car) -> None:
    for number in range(7):
        works.provisioned(car, f"DEABCC{number:08}")
    works.car(lifetime=timedelta(days=3000))
    bounded = chore(works, looked_at_a_round=5, renewed_a_round=2)
    tried = [bounded(works.now) for _ in range(8)]
    assert max(tried) == 2
    assert sum(tried) == 7
    assert len(told(works)) == 7


def test_two_processes_at_once_renew_once(works: Works, car: Car) -> None:
    for number in range(5):
        works.provisioned(car, f"DEABCC{number:08}")
    works.car(lifetime=timedelta(days=3000))
    start = threading.Barrier(3)
    tried: list[int] = []

    def process() -> None:
        one = chore(works)
        start.wait()
        tried.append(one(works.now))

    threads = [threading.Thread(target=process) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(tried) == 5
    assert [event for event, _, _ in told(works)] == ["renewed"] * 5


def test_by_hand_it_needs_the_provider_and_something_to_renew(works: Works, car: Car) -> None:
    assert refusal(lambda: by_hand(works)).code == "contract_unknown"
    first = works.provisioned(car)
    assert refusal(lambda: by_hand(works, STRANGER)).code == "not_your_provider"
    assert standing(works).data_id == first.data_id
    (second,) = by_hand(works)
    assert second == standing(works)
    assert told(works) == [("renewed", ("DEABC", "WP0"), {"reason": "asked"})]


def test_of_two_who_renew_by_hand_the_later_is_told_and_its_certificate_revoked(
    works: Works, car: Car
) -> None:
    works.provisioned(car)
    provision = works.provision

    class Faster:
        """Somebody else renews while this one's key is made."""

        done = False

        def __call__(self, algorithm: KeyAlgorithm) -> Any:
            if not self.done:
                self.done = True
                by_hand(works)
            return provision.generate(algorithm)

    slow = RenewContractData(works.contracts, works.pool, replace(provision, generate=Faster()))
    assert refusal(lambda: slow(PROVIDER, EMAID)).code == "contract_data_changed"
    assert len(told(works)) == 1
    with works.database.read() as connection:
        statuses = connection.scalars(sa.select(certificates.c.status)).all()
    assert statuses.count(CertificateStatus.REVOKED.value) == 1
