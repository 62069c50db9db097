"""Delegated signers: what they look like, how long they live, that there is never a gap."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.authority import AuthorityState
from pki.model.certificate_reference import BySerial
from pki.model.roles import RevocationReason
from pki.store.unit_of_work import unit_of_work_opener
from tests.databases import OUTBOX
from tests.pki.status.asking import status_of
from tests.pki.status.installation import ROOT, SUB1, SUB2, Installation


@pytest.mark.parametrize(("authority", "days"), [(ROOT, 396), (SUB1, 396), (SUB2, 7)])
def test_made_at_the_ceremony(installed: Installation, authority: str, days: int) -> None:
    """[V2G20-1021] below online authorities; thirteen months below offline ones."""
    signer = installed.signers.newest(authority, installed.clock())
    assert signer is not None
    certificate = x509.load_der_x509_certificate(signer.certificate)
    certificate.verify_directly_issued_by(installed.certificate(authority))
    assert signer.not_after - signer.not_before <= timedelta(days=days)
    assert signer.not_after - signer.not_before > timedelta(days=days - 1)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert installed.keys.open(signer.key_id).public_key() == certificate.public_key()


def test_renewal_leaves_no_gap(installed: Installation) -> None:
    issued = installed.contract(lifetime=timedelta(days=100))
    for _ in range(30):
        installed.clock.forward(timedelta(days=1))
        installed.renew(installed.clock())
        signer = installed.signers.newest(SUB2, installed.clock())
        assert signer is not None
        assert signer.not_after - installed.clock() > timedelta(days=3)
    assert status_of(installed, issued).name == "GOOD"


def test_renewal_waits_for_half_the_life(installed: Installation) -> None:
    assert installed.renew(installed.clock()) == ()
    installed.clock.forward(timedelta(days=4))
    assert installed.renew(installed.clock()) == (SUB2,)
    assert installed.renew(installed.clock()) == ()


def test_offline_authorities_are_left_to_the_ceremony(installed: Installation) -> None:
    installed.clock.forward(timedelta(days=395))
    assert installed.renew(installed.clock()) == (SUB2,)
    with pytest.raises(ServiceError) as caught:
        installed.issue_signer(SUB1)
    assert caught.value.code == "key_is_offline"
    made = installed.ceremony_issue_signer(SUB1)
    assert made.not_after > installed.clock() + timedelta(days=390)


def test_a_ceremony_renews_what_is_half_through(installed: Installation) -> None:
    assert installed.ceremony_renew.at_ceremony(installed.clock()) == ()
    installed.clock.forward(timedelta(days=200))
    assert installed.ceremony_renew.at_ceremony(installed.clock()) == (ROOT, SUB1)
    assert installed.ceremony_renew.at_ceremony(installed.clock()) == ()


def test_a_retired_authority_keeps_its_signer(installed: Installation) -> None:
    """What it issued stays valid, so it answers until it expires."""
    issued = installed.contract(lifetime=timedelta(days=100))
    with unit_of_work_opener(installed.database, OUTBOX)() as work:
        retired = work.authorities.get(SUB2)
        assert retired is not None
        work.authorities.replace(replace(retired, state=AuthorityState.RETIRED))
        work.commit()
    installed.clock.forward(timedelta(days=4))
    assert installed.renew(installed.clock()) == (SUB2,)
    assert installed.refresh(installed.clock()) == (SUB2,)
    installed.clock.forward(timedelta(days=20))
    assert status_of(installed, issued).name == "GOOD"


def test_one_failure_does_not_stop_the_others(installed: Installation) -> None:
    """A revoked authority gets no signer any more; those after it do."""
    serial = f"{installed.certificate(SUB1).serial_number:X}"
    installed.revoke(
        LOCAL_ADMINISTRATOR, BySerial(ROOT, serial), RevocationReason.CESSATION_OF_OPERATION
    )
    installed.clock.forward(timedelta(days=200))
    with pytest.raises(ServiceError) as caught:
        installed.ceremony_renew.at_ceremony(installed.clock())
    assert caught.value.code == "authority_revoked"
    root = installed.signers.newest(ROOT, installed.clock())
    assert root is not None
    assert root.not_after > installed.clock() + timedelta(days=300)


def test_unknown_authority(installed: Installation) -> None:
    with pytest.raises(ServiceError) as caught:
        installed.issue_signer("nobody-g1")
    assert caught.value.kind is Kind.NOT_FOUND


def test_nothing_to_gain_at_an_authoritys_end(installed: Installation) -> None:
    sub2 = installed.directory.get(SUB2)
    assert sub2 is not None
    assert sub2.not_after is not None
    installed.clock.forward(sub2.not_after - installed.clock() - timedelta(days=1))
    installed.renew(installed.clock())
    assert installed.renew(installed.clock()) == ()
