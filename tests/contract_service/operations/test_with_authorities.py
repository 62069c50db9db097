"""Contract certificates from real authorities, to their real revocation."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from contract_service.operations.issue_certificate import IssueContractCertificate
from contract_service.operations.terminate import TerminateContract
from contract_service.store.contracts import (
    SqlContractCertificates,
    SqlContractReader,
    SqlUnitsOfWork,
)
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from pki.model.roles import CertificateStatus, RevocationReason
from pki.operations.revoke import Revoke
from pki.store.status import open_status_unit_of_work
from pki.store.tables import certificates, serial_reservations
from tests.contract_service.assembly import EMAID, LIFETIME, PROVIDER, Contracts, csr, key_pair
from tests.databases import OUTBOX
from tests.pki.issuing.house import House


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
        SqlContractCertificates(house.database, OUTBOX),
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
