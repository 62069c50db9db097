"""Contracts on a real database, with an authority and a revocation service that are fakes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract_service.operations.bind_pcid import BindPcid
from contract_service.operations.create import CreateContract
from contract_service.operations.find import FindContract
from contract_service.operations.issue_certificate import IssueContractCertificate
from contract_service.operations.record_foreign_certificate import RecordForeignCertificate
from contract_service.operations.resume import ResumeContract
from contract_service.operations.show import ListContracts, ShowContract
from contract_service.operations.suspend import SuspendContract
from contract_service.operations.terminate import TerminateContract
from contract_service.store.contracts import (
    SqlContractCertificates,
    SqlContractReader,
    SqlUnitsOfWork,
)
from contract_service.store.issued_certificates import SqlIssuedCertificates
from foundation.database import Database
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from pki.model.certificate_reference import BySerial
from pki.model.issued import CertificateRecord, IssuedCertificate
from pki.model.roles import RevocationReason
from pki.operations.issue import IssueRequest, Record, certificate_issued
from pki.store.issuance import SqlIssuanceLog
from tests.databases import OUTBOX

PROVIDER = Principal("emp-abc", frozenset({ClientRole.MO}), frozenset({"DEABC"}))
STRANGER = Principal("emp-xyz", frozenset({ClientRole.MO}), frozenset({"DEXYZ"}))
OPERATOR = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))
ADMIN = Principal("admin", frozenset({ClientRole.ADMIN}))

EMAID = "DE-ABC-C12345678"
LIFETIME = timedelta(days=365)


def key_pair() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    common_name: str,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    issuer: str = "MO Sub 2",
    not_before: datetime = datetime(2026, 11, 1, tzinfo=UTC),
    not_after: datetime = datetime(2027, 11, 1, tzinfo=UTC),
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .sign(signer, hashes.SHA256())
    )


def der(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.DER)


def csr(key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """Return a DER request whose own subject must not count."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DEXYZC99999999")]))
        .sign(key or key_pair(), hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def foreign_chain(common_name: str) -> tuple[bytes, bytes, bytes]:
    key = key_pair()
    return (
        der(certificate(common_name, key.public_key(), key)),
        der(certificate("MO Sub 2", key.public_key(), key, issuer="MO Sub 1")),
        der(certificate("MO Sub 1", key.public_key(), key, issuer="MO Root")),
    )


@dataclass
class Authority:
    """Stands in for `pki.operations.issue.IssueCertificate`, and remembers what it was asked."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=key_pair)
    asked: list[IssueRequest] = field(default_factory=list)
    before_delivery: Callable[[], object] = lambda: None

    def __call__(
        self, principal: Principal, request: IssueRequest, record: Record
    ) -> IssuedCertificate:
        self.asked.append(request)
        assert request.csr is not None
        requested = x509.load_der_x509_csr(request.csr).public_key()
        assert isinstance(requested, ec.EllipticCurvePublicKey)
        leaf = certificate(request.common_name, requested, self.key)
        sub2 = certificate("MO Sub 2", self.key.public_key(), self.key, issuer="MO Sub 1")
        sub1 = certificate("MO Sub 1", self.key.public_key(), self.key, issuer="Root")
        self.before_delivery()
        issued = IssuedCertificate(
            issuer="mo-sub2-g1",
            serial=f"{leaf.serial_number:X}",
            fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
            certificate=der(leaf),
            chain=(der(leaf), der(sub2), der(sub1)),
            root=None,
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
        )
        own = CertificateRecord(
            issuer=issued.issuer,
            serial=issued.serial,
            fingerprint=issued.fingerprint,
            role=request.role,
            subject_id=request.subject_id,
            owner=request.owner,
            certificate=issued.certificate,
            not_before=issued.not_before,
            not_after=issued.not_after,
            issued_at=issued.not_before,
        )
        record(issued, own, certificate_issued(principal, own))
        return issued


@dataclass
class Revocations:
    """Stands in for `pki.operations.revoke.Revoke`; fails as often as `failures` says."""

    revoked: list[tuple[str, str, RevocationReason]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def __call__(
        self, principal: Principal, reference: BySerial, reason: RevocationReason
    ) -> object:
        if self.failures:
            raise self.failures.pop(0)
        self.revoked.append((reference.issuer, reference.serial, reason))
        return None


class Contracts:
    """Every operation on contracts, over one database."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self.authority = Authority()
        self.revocations = Revocations()
        reader, units = SqlContractReader(database), SqlUnitsOfWork(database, OUTBOX)
        self.create = CreateContract(units, self.clock)
        self.suspend = SuspendContract(units, self.clock)
        self.resume = ResumeContract(units, self.clock)
        self.terminate = TerminateContract(units, reader, self.revocations, self.clock)
        self.bind_pcid = BindPcid(units, self.clock)
        self.show = ShowContract(reader)
        self.list = ListContracts(reader)
        self.find = FindContract(reader)
        self.record_foreign = RecordForeignCertificate(
            SqlContractCertificates(database, OUTBOX), self.clock
        )
        self.issue = IssueContractCertificate(
            SqlIssuedCertificates(database, OUTBOX, SqlIssuanceLog(database, OUTBOX).record),
            reader,
            self.authority,
            self.revocations,
            self.clock,
            issuer="mo-sub2",
            lifetime=LIFETIME,
        )

    def clock(self) -> datetime:
        return self.now

    def events(self) -> list[str]:
        with self.database.read() as connection:
            return [row.type for row in connection.execute(sa.select(outbox.c.type))]

    def told(self) -> str:
        """Return everything that events say."""
        with self.database.read() as connection:
            return repr(connection.execute(sa.select(outbox)).all())


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Run the calls in threads that start together; return what each gave or raised."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[object] = []

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            outcomes.append(call())
        except Exception as failure:
            outcomes.append(failure)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
