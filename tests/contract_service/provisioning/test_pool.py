"""The contract pool: who reads, chooses and deletes, and what background work does."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contract_service.model.contract_data import InstallationAction
from contract_service.operations.delete_contract_data import DeleteContractData
from contract_service.operations.maintain_pool import SETTLED, CleansePool, RenewSignatures
from contract_service.operations.read_contract_pool import (
    AnswerToProvide,
    ListVehicleContracts,
    LookUpContract,
    ProvideContractData,
    SetDefaultContract,
    sees_vehicle,
)
from contract_service.operations.read_installation import ReadInstallation
from contract_service.store.contract_pool_tables import default_contracts, prepared_answers
from exi import Schema
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal
from pki.model.certificate_reference import BySerial
from pki.model.roles import CertificateStatus, RevocationReason
from pki.store.tables import certificates
from tests.contract_service.provisioning.works import (
    EMAID,
    MAKER,
    OPERATOR,
    PCID,
    PROVIDER,
    SESSION,
    STRANGER,
    Car,
    Works,
    delivered,
    new_pcid,
    session_of,
    signer_of,
)
from tests.pki.issuing.house import ADMIN
from tests.server.assembly import all_rows

OTHER_MAKER = Principal("oem-2", frozenset({ClientRole.OEM}), wmis=frozenset({"WVW"}))
OTHER_OPERATOR = Principal("cpo-2", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEXYZ"}))
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))
EMAIDS = ["DEABCC00000001", "DEABCC00000002"]


@pytest.fixture
def car(works: Works) -> Car:
    made = works.found().car()
    works.provisioned(made)
    return made


def deletion(works: Works) -> DeleteContractData:
    return DeleteContractData(works.pool, works.pool_units, works.revoke, works.clock)


def statuses(works: Works) -> list[str]:
    with works.database.read() as connection:
        statement = sa.select(certificates.c.status).where(certificates.c.role == "contract")
        return sorted(connection.scalars(statement))


def test_a_deletion_revokes_what_we_issued_and_the_contract_stands(works: Works, car: Car) -> None:
    deletion(works)(PROVIDER, EMAID)
    assert works.pool.of_vehicle(car.published.pcid, None) == []
    assert statuses(works) == [CertificateStatus.REVOKED]
    assert works.contracts.find(Emaid.parse(EMAID)) is not None
    assert "contract_data.deleted" in works.events()
    assert works.ask(car).steps[-1].code == "no_contract"
    with works.database.read() as connection:
        assert connection.execute(sa.select(prepared_answers)).all() == []
        assert connection.execute(sa.select(default_contracts)).all() == []
    with pytest.raises(ServiceError, match="contract_data_unknown"):
        deletion(works)(PROVIDER, EMAID)
    other = works.car(new_pcid())  # and the EMAID is free for another vehicle
    assert works.provisioned(other)


def test_a_deletion_may_leave_the_certificate_alone(works: Works, car: Car) -> None:
    deletion(works)(PROVIDER, EMAID, revoke=False)
    assert statuses(works) == [CertificateStatus.GOOD]


def test_where_the_revocation_fails_the_data_stay(works: Works, car: Car) -> None:
    def fails(principal: Principal, reference: BySerial, reason: RevocationReason) -> None:
        raise ServiceError(Kind.UNAVAILABLE, "away", "try again later")

    before = all_rows(works.database)
    with pytest.raises(ServiceError, match="away"):
        DeleteContractData(works.pool, works.pool_units, fails, works.clock)(PROVIDER, EMAID)
    assert all_rows(works.database) == before


def test_only_the_provider_deletes(works: Works, car: Car) -> None:
    before = all_rows(works.database)
    for principal in (STRANGER, MAKER, OPERATOR, AUDITOR):
        with pytest.raises(ServiceError, match="not_your_provider"):
            deletion(works)(principal, EMAID)
    assert all_rows(works.database) == before


def test_a_vehicle_that_is_deleted_takes_its_contracts_with_it(works: Works, car: Car) -> None:
    for emaid in EMAIDS:
        works.provisioned(car, emaid)
    deletion(works).of_vehicle(MAKER, car.published.pcid)
    deletion(works).of_vehicle(MAKER, car.published.pcid)  # as a crash would have it
    assert works.pool.of_vehicle(car.published.pcid, None) == []
    assert set(statuses(works)) == {CertificateStatus.REVOKED}
    assert works.events().count("contract_data.deleted") == 3


def test_who_looks_a_contract_up_is_told_what_concerns_him(works: Works, car: Car) -> None:
    look_up = LookUpContract(works.pool, works.choose)
    for principal in (PROVIDER, MAKER, AUDITOR, ADMIN, OPERATOR):
        (pooled,) = look_up(principal, "de-abc-c12345678", None)
        assert sees_vehicle(principal, pooled) == (principal is not OPERATOR)
    for principal in (STRANGER, OTHER_MAKER):
        with pytest.raises(ServiceError, match="contract_data_unknown"):
            look_up(principal, EMAID, None)
    with pytest.raises(ServiceError, match="contract_data_unknown"):
        look_up(PROVIDER, EMAID, Schema.ISO15118_20)
    root = signer_of(works).root_fingerprint
    assert look_up(PROVIDER, EMAID, None, root)
    with pytest.raises(ServiceError, match="contract_data_unknown"):
        look_up(PROVIDER, EMAID, None, "0" * 64)


def test_a_vehicles_contracts_are_its_manufacturers_to_see(works: Works, car: Car) -> None:
    list_contracts = ListVehicleContracts(works.pool)
    for principal in (MAKER, AUDITOR, ADMIN):
        assert len(list_contracts(principal, PCID.lower(), None)) == 1
    for principal in (PROVIDER, OTHER_MAKER, OPERATOR):
        with pytest.raises(ServiceError, match="not_your_wmi"):
            list_contracts(principal, PCID, None)


def test_the_manufacturer_chooses_the_default(works: Works, car: Car) -> None:
    works.provisioned(car, EMAIDS[0])
    set_default = SetDefaultContract(works.pool_units)
    set_default(MAKER, PCID, EMAIDS[0])
    assert [one.canonical for one in works.ask(car).emaids] == EMAIDS[:1]
    for principal in (PROVIDER, OTHER_MAKER, OPERATOR, AUDITOR):
        with pytest.raises(ServiceError, match="not_your_wmi"):
            set_default(principal, PCID, EMAID)
    with pytest.raises(ServiceError, match="contract_data_unknown"):
        set_default(MAKER, PCID, EMAIDS[1])
    assert [one.canonical for one in works.ask(car).emaids] == EMAIDS[:1]


def test_the_manufacturer_gets_the_answer_without_a_station(works: Works, car: Car) -> None:
    provide = ProvideContractData(works.pool, works.choose, works.validate, works.clock)
    wanted = AnswerToProvide(EMAID, PCID, Schema.ISO15118_2, SESSION)
    provided = provide(MAKER, wanted)
    assert session_of(provided.exi, Schema.ISO15118_2) == SESSION
    assert provided.root == signer_of(works).root_fingerprint
    assert delivered(provided.exi, Schema.ISO15118_2, car.key, car.certificate)
    for principal in (OTHER_MAKER, PROVIDER, OPERATOR, AUDITOR):
        with pytest.raises(ServiceError, match="not_your_wmi"):
            provide(principal, wanted)
    works.suspend(PROVIDER, EMAID)
    with pytest.raises(ServiceError, match="contract_data_unknown"):
        provide(MAKER, wanted)


def test_a_record_is_read_by_those_it_concerns_and_names_nobody(works: Works, car: Car) -> None:
    installed = works.ask(car, station_id="station-1")
    read = ReadInstallation(works.log)
    for principal in (OPERATOR, PROVIDER, MAKER, AUDITOR, ADMIN):
        record = read(principal, installed.reference)
        assert record.steps == installed.steps
        assert EMAID not in repr(record)
        assert PCID not in repr(record)
    for principal in (OTHER_OPERATOR, STRANGER, OTHER_MAKER):
        with pytest.raises(ServiceError, match="installation_not_found"):
            read(principal, installed.reference)
    with pytest.raises(ServiceError, match="installation_not_found"):
        read(ADMIN, "x" * 36)
    stored = "".join(all_rows(works.database)["contract_installations"])
    assert EMAID not in stored
    assert PCID not in stored


# background work


def renewal(works: Works) -> RenewSignatures:
    return RenewSignatures(works.pool, works.pool_units, works.signers, works.signer_rows)


def signers_of_answers(works: Works, data: Any) -> set[str]:
    found = works.pool.answers(data.data_id, InstallationAction.INSTALL, data.recipient_key)
    return {answer.signer for answer in found}


def test_a_new_cps_leaf_signs_what_is_in_the_pool(works: Works, car: Car) -> None:
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    old = signer_of(works)
    works.now = old.certificate.not_after - timedelta(days=20)
    works.renew_signers()
    works.refresh()
    new = signer_of(works)
    assert new.fingerprint != old.fingerprint
    assert signers_of_answers(works, pooled.data) == {old.fingerprint}
    assert renewal(works)(works.now) == 1
    assert signers_of_answers(works, pooled.data) == {new.fingerprint}
    installed = works.ask(car)
    _, chain = delivered(installed.exi, Schema.ISO15118_2, car.key, car.certificate)
    assert chain == pooled.data.chain
    works.now += SETTLED + timedelta(hours=1)
    works.refresh()
    assert renewal(works)(works.now) == 0
    works.refresh()
    assert signer_of(works).certificate.signed_all_at == works.now


def test_a_new_v2g_root_gets_its_signatures_beside_the_old_ones(works: Works, car: Car) -> None:
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    works.house.rollover(ADMIN, "v2g-root", branch=True)
    works.renew_signers()
    works.refresh()
    assert renewal(works)(works.now) == 1
    assert signers_of_answers(works, pooled.data) == set(works.signers(Schema.ISO15118_2).valid)


def cleansing(works: Works) -> CleansePool:
    return CleansePool(works.pool, works.pool_units, works.validate)


def test_what_has_ended_is_taken_out(works: Works) -> None:
    works.found()
    kept, expired, revoked, terminated = (works.car(new_pcid()) for _ in range(4))
    works.provisioned(kept, "DEABCC00000010")
    works.provisioned(expired, "DEABCC00000011", ends=works.now + timedelta(days=2))
    data = works.provisioned(revoked, "DEABCC00000012")
    works.provisioned(terminated, "DEABCC00000013")
    works.terminate(PROVIDER, "DEABCC00000013")
    works.revoke_certificate(data.chain[0], "mo-sub2-g1")
    works.now += timedelta(days=2)
    assert cleansing(works)(works.now) == 3
    assert cleansing(works)(works.now) == 0
    for car, left in ((kept, 1), (expired, 0), (revoked, 0), (terminated, 0)):
        assert len(works.pool.of_vehicle(car.published.pcid, None)) == left
    told = works.events()
    for kind in ("contract_data.expired", "contract_data.revoked", "contract_data.deleted"):
        assert told.count(kind) == 1


def test_a_suspended_contract_stays_in_the_pool(works: Works, car: Car) -> None:
    works.suspend(PROVIDER, EMAID)
    assert cleansing(works)(works.now) == 0
    assert works.pool.of_vehicle(car.published.pcid, None)
