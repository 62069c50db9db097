"""A real installation in a database: MO root and Sub-CA 1 offline, MO Sub-CA 2 online."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from foundation.database import Database
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.sealing import Sealer
from pki.keys.sealed import SealedKeyStore, generate_key
from pki.model.build import Publication
from pki.model.issued import IssuedCertificate
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.certifying import Issuers, ThrowawayKeys
from pki.operations.found import FoundAuthorities, Founding, silent
from pki.operations.issue import IssueCertificate, IssueRequest
from pki.operations.ocsp_respond import RespondToOcsp
from pki.operations.ocsp_signers import IssueOcspSigner, RenewOcspSigners
from pki.operations.publish_crl import PublishCrl, RefreshCrls
from pki.operations.release import Release
from pki.operations.revoke import Revoke
from pki.profiles.loader import load_profiles
from pki.store.crls import SqlCrlShelf
from pki.store.issuance import SqlIssuanceLog
from pki.store.keys import SqlSealedKeyRows
from pki.store.ocsp_signers import SqlOcspSigners
from pki.store.status import SqlStatusReader, open_status_unit_of_work
from pki.store.unit_of_work import SqlAuthorityDirectory, unit_of_work_opener
from server.schema import metadata
from tests.databases import OUTBOX

ROOT, SUB1, SUB2 = "mo-root-g1", "mo-sub1-g1", "mo-sub2-g1"

_PLACES = (
    ("mo-root", CertificateRole.MO_ROOT, None),
    ("mo-sub1", CertificateRole.MO_SUB1, "mo-root"),
    ("mo-sub2", CertificateRole.MO_SUB2, "mo-sub1"),
)


@dataclass
class Present:
    """A clock that is moved by hand, and that otherwise is the machine's."""

    shift: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def forward(self, by: timedelta) -> None:
        self.shift += by


@dataclass
class Installation:
    """Everything wired as `server` wires it, over one database."""

    database: Database
    clock: Present = field(default_factory=Present)
    algorithm: KeyAlgorithm = KeyAlgorithm.P256
    sealing_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        database, clock = self.database, self.clock
        self.directory = SqlAuthorityDirectory(database)
        self.shelf = SqlCrlShelf(database)
        self.signers = SqlOcspSigners(database)
        self.statuses = SqlStatusReader(database)
        rows, sealer = SqlSealedKeyRows(database), Sealer(self.sealing_key)
        self.keys = SealedKeyStore(rows, sealer, clock)
        self.ceremony_keys = SealedKeyStore(rows, sealer, clock, allow_offline=True)
        self.issue = self._issue(self.keys)
        work = open_status_unit_of_work(database, OUTBOX)
        self.revoke = Revoke(work, clock)
        self.release = Release(work, clock)
        self.publish = PublishCrl(self.directory, self.shelf, self.keys, clock)
        self.ceremony_publish = PublishCrl(self.directory, self.shelf, self.ceremony_keys, clock)
        self.refresh = RefreshCrls(self.directory, self.shelf, self.publish)
        self.issue_signer = self._issue_signer(self.keys)
        self.ceremony_issue_signer = self._issue_signer(self.ceremony_keys)
        self.renew = RenewOcspSigners(self.directory, self.signers, self.issue_signer)
        self.ceremony_renew = RenewOcspSigners(
            self.directory, self.signers, self.ceremony_issue_signer
        )
        self.respond = self.responder()

    def responder(self) -> RespondToOcsp:
        """Return what another process of the installation would answer with."""
        return RespondToOcsp(
            self.directory, self.statuses, self.signers, self.keys, self.issue_signer, self.clock
        )

    def found(self) -> None:
        """Hold the ceremony: three authorities, with CRLs and signers made in advance."""
        found = FoundAuthorities(
            profiles=load_profiles(),
            issuers=Issuers(self.directory),
            keys=self.ceremony_keys,
            open_unit_of_work=unit_of_work_opener(self.database, OUTBOX),
            throwaway=ThrowawayKeys(generate_key),
            random_bits=secrets.randbits,
            publication=Publication("http://status.example"),
            clock=self.clock,
            after_create=(
                lambda _, authority: void(self.ceremony_publish(authority.name)),
                lambda _, authority: void(self.ceremony_issue_signer(authority.name)),
            ),
        )
        edition = Edition.ISO15118_2 if self.algorithm is KeyAlgorithm.P256 else Edition.ISO15118_20
        found(
            LOCAL_ADMINISTRATOR,
            [
                Founding(
                    slot, 1, role, edition, self.algorithm, f"Test {slot}", "evtrust", "DE", parent
                )
                for slot, role, parent in _PLACES
            ],
            silent,
        )

    def contract(
        self, emaid: str = "DE8AAC000001A7", lifetime: timedelta | None = None
    ) -> IssuedCertificate:
        """Issue a contract certificate below MO Sub-CA 2 for provider DE8AA."""
        public = generate_key(self.algorithm).public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return self.issue(
            LOCAL_ADMINISTRATOR,
            IssueRequest(
                "mo-sub2",
                CertificateRole.CONTRACT,
                emaid,
                emaid,
                "DE8AA",
                None,
                None,
                spki,
                None,
                lifetime,
            ),
        )

    def certificate(self, authority: str) -> x509.Certificate:
        """Return an authority's certificate."""
        found = self.directory.get(authority)
        assert found is not None
        assert found.certificate is not None
        return x509.load_der_x509_certificate(found.certificate)

    def _issue(self, keys: SealedKeyStore) -> IssueCertificate:
        return IssueCertificate(
            profiles=load_profiles(),
            issuers=Issuers(self.directory),
            keys=keys,
            log=SqlIssuanceLog(self.database, OUTBOX),
            throwaway=ThrowawayKeys(generate_key),
            random_bits=secrets.randbits,
            publication=Publication("http://status.example"),
            clock=self.clock,
        )

    def _issue_signer(self, keys: SealedKeyStore) -> IssueOcspSigner:
        return IssueOcspSigner(self.directory, keys, self._issue(keys), self.signers, self.clock)


def void(_: object) -> None:
    """Drop a result where only the deed counts."""


Snapshot = dict[sa.Table, list[dict[str, Any]]]


def snapshot(database: Database) -> Snapshot:
    """Return every row of every table."""
    with database.read() as connection:
        return {
            table: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in metadata.sorted_tables
        }


def restore(database: Database, rows: Snapshot) -> None:
    """Insert the rows of a snapshot into an empty database, in one transaction."""
    with database.write() as connection:
        for table, values in rows.items():
            if values:
                connection.execute(sa.insert(table), values)
        connection.commit()
