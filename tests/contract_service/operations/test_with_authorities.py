"""Contract certificates from real authorities, to their real revocation."""

import dataclasses
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from contract_service.operations.issue_certificate import IssueContractCertificate
from contract_service.operations.terminate import TerminateContract
from contract_service.store.contracts import (
    SqlContractReader,
    SqlUnitsOfWork,
)
from contract_service.store.issued_certificates import SqlIssuedCertificates
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid
from foundation.principal import Principal
from pki.model.issued import CertificateRecord, IssuedCertificate
from pki.model.roles import CertificateStatus, RevocationReason
from pki.operations.issue import IssueRequest, Record
from pki.operations.revoke import Revoke
from pki.store.status import open_status_unit_of_work
from pki.store.tables import certificates, serial_reservations
from tests.contract_service.assembly import EMAID, LIFETIME, PROVIDER, Contracts, csr, key_pair
from tests.databases import OUTBOX
from tests.pki.issuing.house import House, leaf_request


@pytest.fixture
def house(database: Database, clock: Callable[[], datetime]) -> House:
    built = House(database, clock)
    built.create()
    return built


@pytest.fixture
def revoke(database: Database, clock: Callable[[], datetime]) -> Revoke:
    return Revoke(open_status_unit_of_work(database, OUTBOX), clock)


@pytest.fixture
def issue(house: House, revoke: Revoke) -> IssueContractCertificate:
    return IssueContractCertificate(
        SqlIssuedCertificates(house.database, OUTBOX, house.log.record),
        SqlContractReader(house.database),
        house.issue,
        revoke,
        house.clock,
        issuer="mo-sub2",
        lifetime=LIFETIME,
    )


def test_from_the_request_to_the_revocation(
    contracts: Contracts, issue: IssueContractCertificate, revoke: Revoke
) -> None:
    contracts.create(PROVIDER, EMAID)
    key = key_pair()
    issued = issue(PROVIDER, EMAID, csr(key))
    leaf, sub2, sub1 = (x509.load_der_x509_certificate(der) for der in issued.chain)
    leaf.verify_directly_issued_by(sub2)
    sub2.verify_directly_issued_by(sub1)
    assert leaf.public_key() == key.public_key()
    assert "CN=DEABCC12345678" in leaf.subject.rfc4514_string().split(",")
    assert contracts.find.certificates(Emaid.parse(EMAID)) == (issued,)
    TerminateContract(
        SqlUnitsOfWork(contracts.database, OUTBOX),
        SqlContractReader(contracts.database),
        revoke,
        contracts.clock,
    )(PROVIDER, EMAID)
    statement = sa.select(certificates).where(certificates.c.fingerprint == issued.fingerprint)
    with contracts.database.read() as connection:
        row = connection.execute(statement).one()
    assert (row.owner, row.subject_id) == ("DEABC", "DEABCC12345678")
    assert (row.status, row.revocation_reason) == (
        CertificateStatus.REVOKED,
        RevocationReason.CESSATION_OF_OPERATION,
    )


def test_a_request_with_a_bad_signature_leaves_nothing(
    contracts: Contracts, issue: IssueContractCertificate, database: Database
) -> None:
    contracts.create(PROVIDER, EMAID)
    forged = bytearray(csr())
    forged[-1] ^= 1
    for request in (
        bytes(forged),
        b"\x30\x03\x02\x01\x00",
        csr(ec.generate_private_key(ec.SECP384R1())),
    ):
        with pytest.raises(ServiceError) as refused:
            issue(PROVIDER, EMAID, request)
        assert refused.value.kind in (Kind.MALFORMED, Kind.INVALID)
    assert contracts.find.certificates(Emaid.parse(EMAID)) == ()
    with database.read() as connection:
        issued = sa.select(serial_reservations).where(serial_reservations.c.role == "contract")
        assert connection.execute(issued).all() == []


def test_authority_and_contract_have_a_certificate_on_record_or_neither(
    contracts: Contracts, house: House, issue: IssueContractCertificate, database: Database
) -> None:
    """One transaction: what is taken already for the contract is not recorded for the authority."""
    contract = contracts.create(PROVIDER, EMAID)
    standing = issue(PROVIDER, EMAID, csr())
    rows = SqlIssuedCertificates(database, OUTBOX, house.log.record)
    before = contracts.events()

    def record(_: IssuedCertificate, own: CertificateRecord, told: Event) -> None:
        rows.record(contract.contract_id, standing, told, own, told)

    with pytest.raises(ServiceError) as refused:
        house.issue(PROVIDER, leaf_request(), record)
    assert refused.value.code == "certificate_exists"
    statement = sa.select(certificates.c.fingerprint).where(certificates.c.role == "contract")
    with database.read() as connection:
        assert connection.scalars(statement).all() == [standing.fingerprint]
    assert contracts.events() == before


def test_a_contract_suspended_while_we_sign_leaves_a_revoked_certificate(
    contracts: Contracts, house: House, issue: IssueContractCertificate, database: Database
) -> None:
    contracts.create(PROVIDER, EMAID)

    def issue_slowly(
        principal: Principal, request: IssueRequest, record: Record
    ) -> IssuedCertificate:
        def later(issued: IssuedCertificate, own: CertificateRecord, told: Event) -> None:
            contracts.suspend(PROVIDER, EMAID)
            record(issued, own, told)

        return house.issue(principal, request, later)

    with pytest.raises(ServiceError) as refused:
        dataclasses.replace(issue, issue=issue_slowly)(PROVIDER, EMAID, csr())
    assert refused.value.code == "contract_not_active"
    assert contracts.find.certificates(Emaid.parse(EMAID)) == ()
    with database.read() as connection:
        rows = connection.execute(sa.select(certificates).where(certificates.c.role == "contract"))
        assert [row.status for row in rows] == [CertificateStatus.REVOKED]
    assert "contract_certificate.issued" not in contracts.events()
