"""CRLs over a real database: numbers, what they list and for how long, who may make them."""

import threading
from datetime import timedelta

import pytest
from cryptography import x509

from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import ByFingerprint, BySerial
from pki.model.crl import OFFLINE_VALIDITY, ONLINE_VALIDITY
from pki.model.issued import Reservation
from pki.model.roles import CertificateRole, RevocationReason
from pki.operations.status_ports import StoredCrl
from pki.store.issuance import SqlIssuanceLog
from tests.databases import OUTBOX
from tests.pki.status.independent_lint import crl_findings
from tests.pki.status.installation import ROOT, SUB1, SUB2, Installation

ADMIN = LOCAL_ADMINISTRATOR
HOLD = RevocationReason.CERTIFICATE_HOLD


def serials(crl: StoredCrl) -> set[str]:
    return {f"{entry.serial_number:X}" for entry in x509.load_der_x509_crl(crl.crl)}


def newest(installed: Installation, authority: str = SUB2) -> StoredCrl:
    crl = installed.shelf.newest(authority)
    assert crl is not None
    return crl


def test_ceremony_leaves_a_list_of_every_authority(installed: Installation) -> None:
    for authority, validity in (
        (ROOT, OFFLINE_VALIDITY),
        (SUB1, OFFLINE_VALIDITY),
        (SUB2, ONLINE_VALIDITY),
    ):
        crl = newest(installed, authority)
        assert (crl.number, crl.next_update - crl.this_update) == (1, validity)
        parsed = x509.load_der_x509_crl(crl.crl)
        assert parsed.is_signature_valid(installed.certificate(authority).public_key())  # type: ignore[arg-type] # P-256
        assert crl_findings(crl.crl) == set()


def test_revocation_hold_and_release_reach_the_list(installed: Installation) -> None:
    revoked, held, good = (installed.contract() for _ in range(3))
    installed.revoke(ADMIN, ByFingerprint(revoked.fingerprint), RevocationReason.SUPERSEDED)
    installed.revoke(ADMIN, ByFingerprint(held.fingerprint), HOLD)
    assert installed.refresh(installed.clock()) == (SUB2,)
    crl = newest(installed)
    assert crl.number == 2
    assert serials(crl) == {revoked.serial, held.serial}
    assert crl_findings(crl.crl) == set()
    assert good.serial not in serials(crl)
    assert installed.refresh(installed.clock()) == ()  # nothing has changed since
    installed.release(ADMIN, ByFingerprint(held.fingerprint))
    assert installed.refresh(installed.clock()) == (SUB2,)
    assert (newest(installed).number, serials(newest(installed))) == (3, {revoked.serial})


def test_a_list_is_made_anew_every_day(installed: Installation) -> None:
    installed.clock.forward(timedelta(hours=23))
    assert installed.refresh(installed.clock()) == ()
    installed.clock.forward(timedelta(hours=2))
    assert installed.refresh(installed.clock()) == (SUB2,)
    assert newest(installed).number == 2


def test_an_expired_certificate_leaves_after_one_more_list(installed: Installation) -> None:
    """RFC 5280 section 3.3."""
    issued = installed.contract(lifetime=timedelta(days=3))
    installed.revoke(ADMIN, ByFingerprint(issued.fingerprint), RevocationReason.SUPERSEDED)
    assert serials(installed.publish(SUB2)) == {issued.serial}
    installed.clock.forward(timedelta(days=4))
    assert serials(installed.publish(SUB2)) == {issued.serial}  # the one beyond its expiry
    assert serials(installed.publish(SUB2)) == set()


def test_revoked_after_expiry_is_listed_once(installed: Installation) -> None:
    issued = installed.contract(lifetime=timedelta(days=1))
    installed.clock.forward(timedelta(days=2))
    installed.publish(SUB2)
    installed.clock.forward(timedelta(seconds=2))
    installed.revoke(ADMIN, ByFingerprint(issued.fingerprint), RevocationReason.SUPERSEDED)
    assert serials(installed.publish(SUB2)) == {issued.serial}


def test_a_revoked_reservation_is_listed(installed: Installation) -> None:
    log = SqlIssuanceLog(installed.database, OUTBOX)
    log.reserve(Reservation(SUB2, "1234", CertificateRole.CONTRACT, installed.clock(), "x"))
    installed.clock.forward(timedelta(minutes=6))
    installed.revoke(ADMIN, BySerial(SUB2, "1234"), RevocationReason.KEY_COMPROMISE)
    installed.refresh(installed.clock())
    assert serials(newest(installed)) == {"1234"}


def test_lists_of_offline_authorities_need_the_ceremony(installed: Installation) -> None:
    serial = f"{installed.certificate(SUB2).serial_number:X}"
    installed.revoke(ADMIN, BySerial(SUB1, serial), RevocationReason.CA_COMPROMISE)
    assert SUB1 not in installed.refresh(installed.clock())
    with pytest.raises(ServiceError) as caught:
        installed.publish(SUB1)
    assert caught.value.code == "key_is_offline"
    assert newest(installed, SUB1).number == 1
    crl = installed.ceremony_publish(SUB1)
    assert (crl.number, serials(crl)) == (2, {serial})


def test_unknown_authority(installed: Installation) -> None:
    with pytest.raises(ServiceError) as caught:
        installed.publish("nobody-g1")
    assert caught.value.kind is Kind.NOT_FOUND


def test_publishers_at_once_take_different_numbers(installed: Installation) -> None:
    published: list[int] = []
    barrier = threading.Barrier(4)

    def publish() -> None:
        barrier.wait()
        published.append(installed.publish(SUB2).number)

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(published) == [2, 3, 4, 5]
    assert newest(installed).number == 5


def test_an_expired_authority_publishes_no_more(installed: Installation) -> None:
    sub2 = installed.directory.get(SUB2)
    assert sub2 is not None
    assert sub2.not_after is not None
    assert installed.refresh(sub2.not_after + timedelta(seconds=1)) == ()
