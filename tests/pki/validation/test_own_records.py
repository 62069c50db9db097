"""Our own records as evidence, on both databases: at most half a second behind."""

import datetime as dt
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import BySerial
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_revocation import Evidence
from pki.model.roles import CertificateRole, CertificateStatus, RevocationReason
from pki.model.verdict import Fault
from pki.operations.release import Release
from pki.operations.revoke import Revoke
from pki.operations.validate import ValidateChain
from pki.store.revocation_evidence import OwnRecords
from pki.store.status import open_status_unit_of_work
from pki.store.tables import authorities, certificates, serial_reservations
from tests.databases import OUTBOX
from tests.pki.validation.assembly import anchor, readable, validator
from tests.pki.validation.authorities import AT, EMAID, Authority, certify, hierarchy, name

ROLE = CertificateRole
H = hierarchy()
NAMES = {ROLE.MO_ROOT: "mo-root-g1", ROLE.MO_SUB1: "mo-sub1-g1", ROLE.MO_SUB2: "mo-sub2-g1"}


def record(database: Database, issuer: str, certificate: Authority, role: CertificateRole) -> None:
    parsed = readable(certificate.der)
    with database.write() as connection:
        connection.execute(
            sa.insert(certificates),
            {
                "issuer": issuer,
                "serial": f"{certificate.serial:X}",
                "fingerprint": parsed.fingerprint,
                "role": role,
                "owner": "evtrust",
                "certificate": certificate.der,
                "not_before": parsed.not_before,
                "not_after": parsed.not_after,
                "issued_at": AT,
                "status": "good",
            },
        )
        connection.commit()


@pytest.fixture
def ours(database: Database) -> Database:
    """The hierarchy as an installation would have recorded it."""
    for role, authority in (
        (ROLE.MO_ROOT, H.root),
        (ROLE.MO_SUB1, H.sub1),
        (ROLE.MO_SUB2, H.sub2),
    ):
        with database.write() as connection:
            connection.execute(
                sa.insert(authorities),
                {
                    "name": NAMES[role],
                    "slot": NAMES[role],
                    "generation": 1,
                    "role": role,
                    "edition": "iso15118-2",
                    "algorithm": "p256",
                    "state": "active",
                    "online": True,
                    "certificate": authority.der,
                    "created_at": AT,
                },
            )
            connection.commit()
    record(database, NAMES[ROLE.MO_ROOT], H.sub1, ROLE.MO_SUB1)
    record(database, NAMES[ROLE.MO_SUB1], H.sub2, ROLE.MO_SUB2)
    record(database, NAMES[ROLE.MO_SUB2], H.leaf, ROLE.CONTRACT)
    return database


def hard(records: OwnRecords) -> ValidateChain:
    root = anchor(
        H.root.der, ROLE.MO_ROOT, policy="strict", revocation=RevocationPolicy.HARD, own=True
    )
    return validator(root, evidence=[records])


def of_leaf(records: OwnRecords) -> Evidence | None:
    return records.status(readable(H.leaf.der), readable(H.sub2.der), AT)


def test_records_of_the_whole_path_satisfy_hard_revocation(ours: Database) -> None:
    validate = hard(OwnRecords(ours))
    for _ in range(2):
        verdict = validate(H.chain, ROLE.CONTRACT, AT)
        assert verdict.valid
        assert verdict.tolerances == ()
        assert verdict.evidence == ()


def test_what_we_did_not_record_we_do_not_vouch_for(ours: Database) -> None:
    validate = hard(OwnRecords(ours))
    stranger = certify(name(EMAID), H.sub2)
    verdict = validate(H.with_leaf(stranger), ROLE.CONTRACT, AT)
    assert verdict.fault is Fault.REVOCATION_UNKNOWN
    twin = certify(name(EMAID), H.sub2, serial=H.leaf.serial)
    verdict = validate(H.with_leaf(twin), ROLE.CONTRACT, AT)
    assert verdict.fault is Fault.REVOCATION_UNKNOWN


def test_an_issuer_that_is_not_ours_is_unknown(ours: Database) -> None:
    other = hierarchy("other")
    found = OwnRecords(ours).status(readable(other.leaf.der), readable(other.sub2.der), AT)
    assert found is None


def test_a_role_is_what_it_was_issued_as(ours: Database) -> None:
    leaf = certify(name(EMAID), H.sub2)
    record(ours, NAMES[ROLE.MO_SUB2], leaf, ROLE.OCSP_SIGNER)
    verdict = hard(OwnRecords(ours))(H.with_leaf(leaf), ROLE.CONTRACT, AT)
    assert verdict.fault is Fault.CHAIN
    assert {reason.code for reason in verdict.reasons} == {"recorded_role_differs"}


@pytest.mark.parametrize(
    ("reason", "status", "fault"),
    [
        (RevocationReason.KEY_COMPROMISE, CertificateStatus.REVOKED, Fault.REVOKED),
        (RevocationReason.CERTIFICATE_HOLD, CertificateStatus.ON_HOLD, Fault.ON_HOLD),
    ],
)
def test_a_revocation_is_effective_within_a_second(
    ours: Database,
    clock: Callable[[], dt.datetime],
    reason: RevocationReason,
    status: CertificateStatus,
    fault: Fault,
) -> None:
    records = OwnRecords(ours)
    validate = hard(records)
    reference = BySerial(NAMES[ROLE.MO_SUB2], f"{H.leaf.serial:X}")
    assert validate(H.chain, ROLE.CONTRACT, AT).valid
    Revoke(open_status_unit_of_work(ours, OUTBOX), clock)(LOCAL_ADMINISTRATOR, reference, reason)
    deadline = time.monotonic() + 1.0
    while validate(H.chain, ROLE.CONTRACT, AT).valid:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    found = of_leaf(records)
    assert found is not None
    assert found.status is status
    # whatever the time that is asked about: no two machines need agree on when it was
    verdict = validate(H.chain, ROLE.CONTRACT, AT - dt.timedelta(days=30))
    assert verdict.fault is fault
    if status is CertificateStatus.ON_HOLD:
        Release(open_status_unit_of_work(ours, OUTBOX), clock)(LOCAL_ADMINISTRATOR, reference)
        deadline = time.monotonic() + 1.0
        while not validate(H.chain, ROLE.CONTRACT, AT).valid:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_revoked_reservation_revokes_what_may_have_been_signed(ours: Database) -> None:
    lost = certify(name(EMAID), H.sub2)
    with ours.write() as connection:
        connection.execute(
            sa.insert(serial_reservations),
            {
                "issuer": NAMES[ROLE.MO_SUB2],
                "serial": f"{lost.serial:X}",
                "role": "contract",
                "reserved_at": AT,
                "client_id": "c",
                "revoked_at": AT,
                "revocation_reason": "unspecified",
            },
        )
        connection.commit()
    verdict = hard(OwnRecords(ours))(H.with_leaf(lost), ROLE.CONTRACT, AT)
    assert verdict.fault is Fault.REVOKED


def test_statuses_are_remembered_within_bounds_and_asked_once(ours: Database) -> None:
    records = OwnRecords(ours, capacity=1)
    records._names._lifetime = records._revisions._lifetime = 60.0
    first = of_leaf(records)
    with ours.write() as connection:  # behind the counts' back, which only a direct write can be
        connection.execute(sa.update(certificates).values(status="revoked"))
        connection.commit()
    assert of_leaf(records) == first
    assert of_leaf(OwnRecords(ours)) != first
    assert records.status(readable(H.sub2.der), readable(H.sub1.der), AT) is not None
    assert len(records._known) == 1
