"""CRLs as RFC 5280 section 5 writes them, read back by `cryptography` and by `pkilint`."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.model.crl import CrlEntry, build_crl
from pki.model.ocsp_response import signature_hash
from pki.model.roles import KeyAlgorithm, RevocationReason
from tests.pki.status.independent_lint import crl_findings
from tests.pki.status.pki_world import make_world

WORLDS = {algorithm: make_world(algorithm) for algorithm in KeyAlgorithm}
THIS_UPDATE = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
NEXT_UPDATE = THIS_UPDATE + timedelta(days=7)


def built(
    *entries: CrlEntry, algorithm: KeyAlgorithm = KeyAlgorithm.P256, number: int = 7
) -> bytes:
    world = WORLDS[algorithm]
    return build_crl(
        world.authority,
        world.key,
        entries,
        number=number,
        this_update=THIS_UPDATE,
        next_update=NEXT_UPDATE,
    )


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_signed_by_its_authority(algorithm: KeyAlgorithm) -> None:
    der = built(
        CrlEntry(5, THIS_UPDATE, RevocationReason.KEY_COMPROMISE),
        CrlEntry(2**159 - 1, THIS_UPDATE, RevocationReason.UNSPECIFIED),
        algorithm=algorithm,
    )
    crl = x509.load_der_x509_crl(der)
    authority = WORLDS[algorithm].authority
    assert crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type] # P-256, P-521 or Ed448
    assert crl.issuer == authority.subject
    assert crl.last_update_utc == THIS_UPDATE.replace(microsecond=0)
    assert crl.next_update_utc == NEXT_UPDATE.replace(microsecond=0)
    number = crl.extensions.get_extension_for_class(x509.CRLNumber)
    assert (number.value.crl_number, number.critical) == (7, False)  # section 5.2.3
    key_id = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    subject_key_id = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert key_id.value.key_identifier == subject_key_id.value.digest  # section 5.2.1
    assert crl_findings(der) == set()


@pytest.mark.parametrize("reason", RevocationReason)
def test_entry_with_reason(reason: RevocationReason) -> None:
    crl = x509.load_der_x509_crl(built(CrlEntry(5, THIS_UPDATE, reason)))
    entry = crl.get_revoked_certificate_by_serial_number(5)
    assert entry is not None
    assert entry.revocation_date_utc == THIS_UPDATE.replace(microsecond=0)
    if reason is RevocationReason.UNSPECIFIED:
        assert len(entry.extensions) == 0  # section 5.3.1: absent instead of unspecified
    else:
        flag = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert flag.value == reason.value


def test_empty_list() -> None:
    """Section 5.1.2.6: with nothing revoked, the list of revoked certificates is absent."""
    der = built()
    assert len(x509.load_der_x509_crl(der)) == 0
    assert crl_findings(der) == set()


def test_times_of_another_zone_become_utc() -> None:
    east = timezone(timedelta(hours=5))
    world = WORLDS[KeyAlgorithm.P256]
    der = build_crl(
        world.authority,
        world.key,
        [CrlEntry(5, THIS_UPDATE.astimezone(east), RevocationReason.SUPERSEDED)],
        number=1,
        this_update=THIS_UPDATE.astimezone(east),
        next_update=NEXT_UPDATE.astimezone(east),
    )
    crl = x509.load_der_x509_crl(der)
    entry = crl.get_revoked_certificate_by_serial_number(5)
    assert entry is not None
    assert {crl.last_update_utc, entry.revocation_date_utc} == {THIS_UPDATE.replace(microsecond=0)}


def test_authority_without_key_identifier() -> None:
    """An imported authority may have no SKI: the identifier is then made from its key."""
    world = WORLDS[KeyAlgorithm.P256]
    bare = (
        x509.CertificateBuilder()
        .subject_name(world.authority.subject)
        .issuer_name(world.authority.subject)
        .public_key(world.key.public_key())
        .serial_number(1)
        .not_valid_before(THIS_UPDATE)
        .not_valid_after(NEXT_UPDATE)
        .sign(world.key, world.authority.signature_hash_algorithm)  # type: ignore[arg-type] # SHA-256
    )
    der = build_crl(bare, world.key, [], number=1, this_update=THIS_UPDATE, next_update=NEXT_UPDATE)
    key_id = x509.load_der_x509_crl(der).extensions.get_extension_for_class(
        x509.AuthorityKeyIdentifier
    )
    expected = x509.SubjectKeyIdentifier.from_public_key(world.key.public_key())
    assert key_id.value.key_identifier == expected.digest


def test_many_entries_take_linear_time() -> None:
    entries = [
        CrlEntry(serial, THIS_UPDATE, RevocationReason.SUPERSEDED) for serial in range(1, 20_001)
    ]
    assert len(x509.load_der_x509_crl(built(*entries))) == 20_000


def test_the_independent_linter_would_find_a_missing_number() -> None:
    """Section 5.2.3: a CRL without number; so that a clean result means something."""
    world = WORLDS[KeyAlgorithm.P256]
    bare = x509.CertificateRevocationListBuilder(
        world.authority.subject,
        THIS_UPDATE.replace(tzinfo=None),
        NEXT_UPDATE.replace(tzinfo=None),
    ).sign(world.key, signature_hash(world.key))
    assert crl_findings(bare.public_bytes(Encoding.DER)) != set()
