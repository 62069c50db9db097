"""CPS leaves: one below each Prov Sub-CA 2, renewed with an overlap, gone once revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP521R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract_service.model.cps_signer import CpsSigner
from contract_service.operations.cps_signers import (
    RENEWAL,
    FindSigners,
    IssueCpsSigner,
    ListSigners,
    RenewCpsSigners,
)
from contract_service.store.cps_signers import SqlSignerRows
from exi import Schema
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.certificate_reference import BySerial
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm, RevocationReason
from pki.operations.revoke import Revoke
from pki.operations.validate import ValidateChain
from pki.profiles.tolerances import load_tolerance_policies
from pki.store.anchors import StoredAnchors
from pki.store.revocation_evidence import OwnRecords
from pki.store.status import open_status_unit_of_work
from tests.databases import OUTBOX
from tests.pki.issuing.house import ADMIN, House
from tests.server.assembly import all_rows

PROVIDER = Principal("emp", frozenset({ClientRole.MO}), frozenset({"DEABC"}))
STATION = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))


@dataclass
class Signers:
    """The CPS leaves of a house of authorities, at a time that the test sets."""

    database: Database
    now: datetime

    def __post_init__(self) -> None:
        self.house = House(self.database, self.clock)
        self.rows = SqlSignerRows(self.database)
        self.issue = IssueCpsSigner(self.house.keys, self.house.issue, self.rows, self.clock)
        self.renew = RenewCpsSigners(self.house.directory, self.rows, self.issue)

    def clock(self) -> datetime:
        return self.now

    @property
    def find(self) -> FindSigners:
        """Without what an earlier look remembered."""
        validate = ValidateChain(
            StoredAnchors(self.database),
            (OwnRecords(self.database),),
            self.house.profiles,
            load_tolerance_policies(),
        )
        return FindSigners(self.rows, self.house.keys, validate, self.clock)

    def only(self, schema: Schema = Schema.ISO15118_2) -> CpsSigner:
        (signer,) = self.find(schema).newest.values()
        return signer


@pytest.fixture
def signers(database: Database, now: datetime) -> Signers:
    return Signers(database, now)


def test_each_hierarchy_gets_a_leaf_of_its_kind(signers: Signers) -> None:
    signers.house.create()
    signers.house.create(Edition.ISO15118_20, KeyAlgorithm.P521)
    assert set(signers.renew(signers.now)) == {"cps-sub2-g1", "cps-sub2-20-p521-g1"}
    assert signers.renew(signers.now) == ()
    for schema, octets in ((Schema.ISO15118_2, 800), (Schema.ISO15118_20, 1600)):
        signer = signers.only(schema)
        leaf, sub2, sub1 = map(x509.load_der_x509_certificate, signer.certificate.chain)
        root = x509.load_der_x509_certificate(signer.certificate.root)
        leaf.verify_directly_issued_by(sub2)
        sub2.verify_directly_issued_by(sub1)
        sub1.verify_directly_issued_by(root)
        assert "DC=CPS" in leaf.subject.rfc4514_string()
        assert leaf.public_key() == signer.key.public_key()
        assert max(map(len, signer.certificate.chain)) <= octets
    twenty = signers.only(Schema.ISO15118_20).key.public_key()
    assert isinstance(twenty, EllipticCurvePublicKey)
    assert isinstance(twenty.curve, SECP521R1)


def test_a_new_leaf_overlaps_the_old_one_and_signs_from_then_on(signers: Signers) -> None:
    signers.house.create()
    signers.renew(signers.now)
    first = signers.only()
    signers.now = first.certificate.not_after - RENEWAL - timedelta(seconds=1)
    assert signers.renew(signers.now) == ()
    signers.now += timedelta(seconds=1)
    assert signers.renew(signers.now) == ("cps-sub2-g1",)
    found = signers.find(Schema.ISO15118_2)
    (second,) = found.newest.values()
    assert second.fingerprint != first.fingerprint
    assert set(found.valid) == {first.fingerprint, second.fingerprint}
    signers.now = first.certificate.not_after
    assert set(signers.find(Schema.ISO15118_2).valid) == {second.fingerprint}


@pytest.mark.parametrize("role", [CertificateRole.CPS_LEAF, CertificateRole.CPS_SUB2])
def test_what_is_revoked_signs_no_more(signers: Signers, role: CertificateRole) -> None:
    signers.house.create()
    signers.renew(signers.now)
    leaf, sub2, *_ = map(x509.load_der_x509_certificate, signers.only().certificate.chain)
    revoked, issuer = (
        (leaf, "cps-sub2-g1") if role is CertificateRole.CPS_LEAF else (sub2, "cps-sub1-g1")
    )
    Revoke(open_status_unit_of_work(signers.database, OUTBOX), signers.clock)(
        ADMIN, BySerial(issuer, f"{revoked.serial_number:X}"), RevocationReason.KEY_COMPROMISE
    )
    assert signers.find(Schema.ISO15118_2).valid == {}


def test_a_rollover_gets_a_leaf_of_its_own_and_keeps_the_other(signers: Signers) -> None:
    signers.house.create()
    signers.renew(signers.now)
    first = signers.only()
    signers.house.rollover(ADMIN, "cps-sub2")
    assert signers.renew(signers.now) == ("cps-sub2-g2",)
    found = signers.find(Schema.ISO15118_2)
    assert len(found.valid) == 2
    assert [one.certificate.issuer for one in found.newest.values()] in (
        ["cps-sub2-g2"],
        ["cps-sub2-g1"],  # both last equally long
    )
    assert first.fingerprint in found.valid


def test_without_authorities_nobody_signs(signers: Signers) -> None:
    assert signers.renew(signers.now) == ()
    assert signers.find(Schema.ISO15118_2).newest == {}


def test_their_keys_lie_sealed(signers: Signers) -> None:
    signers.house.create()
    signers.renew(signers.now)
    key = signers.only().key
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secret = key.private_numbers().private_value.to_bytes(32)  # type: ignore[union-attr] # of P-256
    with signers.database.read() as connection:
        blobs = [
            bytes(value)
            for table in sa.inspect(connection).get_table_names()
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            for value in row
            if isinstance(value, bytes | memoryview)
        ]
    assert blobs
    assert not any(secret in blob or pkcs8 in blob for blob in blobs)
    assert all_rows(signers.database)["contract_cps_signers"]


def test_providers_may_list_them_and_stations_may_not(signers: Signers) -> None:
    signers.house.create()
    signers.renew(signers.now)
    list_signers = ListSigners(signers.find)
    assert [one.fingerprint for one in list_signers(PROVIDER)] == [signers.only().fingerprint]
    with pytest.raises(ServiceError, match="role_required"):
        list_signers(STATION)
