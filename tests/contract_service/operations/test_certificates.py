"""Contract certificates: issued, recorded before delivery, revoked at the contract's end."""

import threading
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from contract_service.model.contract import ContractStatus
from contract_service.store.contracts import SqlUnitsOfWork
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from pki.model.roles import CertificateRole, RevocationReason
from tests.contract_service.assembly import (
    ADMIN,
    EMAID,
    LIFETIME,
    PROVIDER,
    Contracts,
    at_once,
    csr,
    foreign_chain,
    key_pair,
)
from tests.databases import OUTBOX

CESSATION = RevocationReason.CESSATION_OF_OPERATION


def test_the_common_name_is_the_canonical_emaid(contracts: Contracts) -> None:
    contracts.create(PROVIDER, Emaid.parse(EMAID).with_check_digit().lower())
    key = key_pair()
    issued = contracts.issue(PROVIDER, EMAID, csr(key))
    leaf = x509.load_der_x509_certificate(issued.certificate)
    [common_name] = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert common_name.value == "DEABCC12345678"
    assert leaf.public_key() == key.public_key()
    [asked] = contracts.authority.asked
    assert asked.role is CertificateRole.CONTRACT
    assert (asked.issuer, asked.owner, asked.subject_id) == ("mo-sub2", "DEABC", "DEABCC12345678")
    assert asked.lifetime == LIFETIME


def test_a_certificate_is_recorded_as_delivered(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    issued = contracts.issue(PROVIDER, EMAID, csr())
    assert contracts.find.certificates(Emaid.parse(EMAID)) == (issued,)
    assert contracts.show(PROVIDER, EMAID).certificates == (issued,)
    assert len(issued.chain) == 3
    assert "contract_certificate.issued" in contracts.events()


def test_a_contract_has_several_certificates_over_its_life(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    contracts.create(PROVIDER, "DEABCC87654321")
    issued = {contracts.issue(PROVIDER, EMAID, csr()).fingerprint for _ in range(3)}
    contracts.issue(PROVIDER, "DEABCC87654321", csr())
    recorded = contracts.find.certificates(Emaid.parse(EMAID))
    assert {certificate.fingerprint for certificate in recorded} == issued


def test_no_certificate_outlives_its_contract(contracts: Contracts) -> None:
    until = contracts.now + timedelta(days=10)
    contracts.create(PROVIDER, EMAID, valid_until=until)
    contracts.issue(PROVIDER, EMAID, csr())
    assert contracts.authority.asked[0].lifetime == timedelta(days=10)
    contracts.now = until
    with pytest.raises(ServiceError) as refused:
        contracts.issue(PROVIDER, EMAID, csr())
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "contract_not_active")


@pytest.mark.parametrize("state", [ContractStatus.SUSPENDED, ContractStatus.TERMINATED])
def test_a_contract_that_does_not_stand_gets_none(
    contracts: Contracts, state: ContractStatus
) -> None:
    contracts.create(PROVIDER, EMAID)
    if state is ContractStatus.SUSPENDED:
        contracts.suspend(PROVIDER, EMAID)
    else:
        contracts.terminate(PROVIDER, EMAID)
    with pytest.raises(ServiceError) as refused:
        contracts.issue(PROVIDER, EMAID, csr())
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "contract_not_active")
    assert contracts.authority.asked == []


def test_a_contract_that_ends_while_we_issue_gets_none(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    contracts.authority.before_delivery = lambda: contracts.terminate(PROVIDER, EMAID)
    with pytest.raises(ServiceError) as refused:
        contracts.issue(PROVIDER, EMAID, csr())
    assert refused.value.code == "contract_not_active"
    assert contracts.find.certificates(Emaid.parse(EMAID)) == ()
    assert [reason for *_, reason in contracts.revocations.revoked] == [CESSATION]


def test_nothing_is_recorded_where_the_process_dies_while_issuing(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)

    def die() -> None:
        raise KeyboardInterrupt

    contracts.authority.before_delivery = die
    with pytest.raises(KeyboardInterrupt):
        contracts.issue(PROVIDER, EMAID, csr())
    assert contracts.find.certificates(Emaid.parse(EMAID)) == ()
    assert contracts.events() == ["contract.created"]


def test_termination_revokes_every_own_certificate_once(contracts: Contracts) -> None:
    contract = contracts.create(PROVIDER, EMAID)
    serials = {contracts.issue(PROVIDER, EMAID, csr()).serial for _ in range(3)}
    contracts.record_foreign(PROVIDER, contract, foreign_chain("DEABCC12345678"))
    contracts.terminate(PROVIDER, EMAID)
    contracts.terminate(PROVIDER, EMAID)
    assert {serial for _, serial, _ in contracts.revocations.revoked} == serials
    assert len(contracts.revocations.revoked) == 3
    assert contracts.terminate.finish(ADMIN) == 0
    assert len(contracts.revocations.revoked) == 3


@pytest.mark.parametrize("again", ["terminate", "finish"])
def test_an_interrupted_termination_is_finished(contracts: Contracts, again: str) -> None:
    contracts.create(PROVIDER, EMAID)
    serials = {contracts.issue(PROVIDER, EMAID, csr()).serial for _ in range(3)}
    contracts.revocations.failures = [ConnectionError("the database is away")]
    with pytest.raises(ConnectionError):
        contracts.terminate(PROVIDER, EMAID)
    found = contracts.find(Emaid.parse(EMAID))
    assert found is not None
    assert found.status is ContractStatus.TERMINATED
    assert contracts.revocations.revoked == []
    if again == "terminate":
        contracts.terminate(PROVIDER, EMAID)
    else:
        assert contracts.terminate.finish(ADMIN) == 0
    assert {serial for _, serial, _ in contracts.revocations.revoked} == serials


def test_one_revocation_that_fails_does_not_hold_up_others(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    for _ in range(3):
        contracts.issue(PROVIDER, EMAID, csr())
    unavailable = ServiceError(Kind.UNAVAILABLE, "later", "try again later")
    contracts.revocations.failures = [unavailable, unavailable]
    with pytest.raises(ServiceError):
        contracts.terminate(PROVIDER, EMAID)
    assert contracts.terminate.finish(ADMIN) == 1
    assert contracts.terminate.finish(ADMIN) == 0
    assert len(contracts.revocations.revoked) == 3


def test_issuing_and_terminating_at_once_leaves_no_certificate_alive(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    request = csr()
    at_once(
        [lambda: contracts.issue(PROVIDER, EMAID, request)] * 5
        + [lambda: contracts.terminate(PROVIDER, EMAID)]
    )
    contracts.terminate.finish(ADMIN)
    revoked = {serial for _, serial, _ in contracts.revocations.revoked}
    recorded = {
        certificate.serial for certificate in contracts.find.certificates(Emaid.parse(EMAID))
    }
    assert recorded <= revoked
    assert len(revoked) == len(contracts.authority.asked)


@pytest.mark.parametrize("status", [ContractStatus.TERMINATED, ContractStatus.SUSPENDED])
def test_recording_waits_for_a_change_of_status_under_way(
    contracts: Contracts, status: ContractStatus
) -> None:
    """What is recorded meanwhile would be on no list of what to revoke."""
    contract = contracts.create(PROVIDER, EMAID)
    issued = threading.Event()
    contracts.authority.before_delivery = issued.set
    outcomes: list[object] = []

    def issue() -> None:
        try:
            outcomes.append(contracts.issue(PROVIDER, EMAID, csr()))
        except ServiceError as refused:
            outcomes.append(refused.code)

    issuing = threading.Thread(target=issue)
    with SqlUnitsOfWork(contracts.database, OUTBOX)() as work:
        assert work.contracts.lock(contract.emaid) is not None
        work.contracts.set_status(contract.contract_id, status)
        issuing.start()
        assert issued.wait(10)
        issuing.join(0.3)
        assert outcomes == []  # it waits: whether the change is committed is not known yet
        work.commit()
    issuing.join(10)
    assert outcomes == ["contract_not_active"]
    assert contracts.find.certificates(contract.emaid) == ()
    assert len(contracts.revocations.revoked) == 1
    assert "contract_certificate.issued" not in contracts.events()


def test_a_change_of_status_that_is_undone_lets_recording_go_on(contracts: Contracts) -> None:
    contract = contracts.create(PROVIDER, EMAID)
    with SqlUnitsOfWork(contracts.database, OUTBOX)() as work:
        work.contracts.lock(contract.emaid)
        work.contracts.set_status(contract.contract_id, ContractStatus.TERMINATED)
        issuing = threading.Thread(target=contracts.issue, args=(PROVIDER, EMAID, csr()))
        issuing.start()
        issuing.join(0.3)
    issuing.join(10)
    assert len(contracts.find.certificates(contract.emaid)) == 1
    assert contracts.revocations.revoked == []


def test_a_foreign_chain_is_recorded_once(contracts: Contracts) -> None:
    contract = contracts.create(PROVIDER, EMAID)
    chain = foreign_chain("DE-ABC-C12345678")
    assert contracts.record_foreign(PROVIDER, contract, chain)
    assert not contracts.record_foreign(PROVIDER, contract, chain)
    [recorded] = contracts.find.certificates(Emaid.parse(EMAID))
    assert recorded.chain == chain
    assert contracts.events().count("contract_certificate.recorded") == 1


def test_many_at_once_record_a_foreign_chain_once(contracts: Contracts) -> None:
    contract = contracts.create(PROVIDER, EMAID)
    chain = foreign_chain("DEABCC12345678")
    outcomes = at_once([lambda: contracts.record_foreign(PROVIDER, contract, chain)] * 6)
    assert sorted(outcomes, key=str) == [False] * 5 + [True]
    assert contracts.events().count("contract_certificate.recorded") == 1


@pytest.mark.parametrize("common_name", ["DEABCC87654321", "no emaid", "DEABCC123456780"])
def test_a_chain_of_another_emaid_is_not_recorded(contracts: Contracts, common_name: str) -> None:
    contract = contracts.create(PROVIDER, EMAID)
    with pytest.raises(ServiceError) as refused:
        contracts.record_foreign(PROVIDER, contract, foreign_chain(common_name))
    assert refused.value.code == "certificate_names_another_contract"
    assert contracts.find.certificates(Emaid.parse(EMAID)) == ()


def test_a_leaf_alone_is_not_recorded(contracts: Contracts) -> None:
    contract = contracts.create(PROVIDER, EMAID)
    with pytest.raises(ServiceError) as refused:
        contracts.record_foreign(PROVIDER, contract, foreign_chain("DEABCC12345678")[:1])
    assert refused.value.code == "chain_incomplete"
