"""Below somebody else's root, and authorities taken over with their keys."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from foundation.database import Database
from foundation.errors import ServiceError
from pki.keys.sealed import generate_key
from pki.model.authority import Authority, AuthorityState
from pki.model.finding import FindingCode
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.found import Founding, silent
from pki.operations.import_authority import KeyImport
from pki.store.tables import anchors, authorities, keys
from tests.conftest import NOW
from tests.pki.issuing.house import ADMIN, House, leaf_request
from tests.pki.issuing.reading import rows, sub1_request


def certify_elsewhere(elsewhere: House, request: bytes, name: str) -> tuple[bytes, ...]:
    issued = elsewhere.issue(
        ADMIN,
        replace(
            leaf_request(CertificateRole.CPS_LEAF),
            role=CertificateRole.CPO_SUB1,
            issuer="v2g-root",
            common_name=name,
            subject_id=name,
            csr=request,
        ),
    )
    assert issued.root is not None
    return (*issued.chain, issued.root)


def test_a_sub_ca_below_somebody_elses_root(house: House, elsewhere: House) -> None:
    pending = house.request_certificate(ADMIN, sub1_request())
    assert pending.authority.state is AuthorityState.PENDING
    request = x509.load_der_x509_csr(pending.csr)
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == (
        "CN=Our CPO Sub-CA 1 G1,DC=V2G,O=Example Charging,C=DE"
    )
    again = house.request_certificate(ADMIN, sub1_request())
    assert again.authority == pending.authority  # a lost file is made again, the key stays

    chain = certify_elsewhere(elsewhere, pending.csr, "Our CPO Sub-CA 1 G1")
    imported = house.import_certificate(ADMIN, "partner-sub1", chain)
    assert imported.authority.state is AuthorityState.ACTIVE
    assert imported.tolerances == ()
    assert imported.authority.upper_chain == chain[1:]
    with pytest.raises(ServiceError) as refused:
        house.import_certificate(ADMIN, "partner-sub1", chain)
    assert refused.value.code == "authority_not_pending"

    shown = house.show_authority(ADMIN, "partner-sub1")
    assert shown.chain == chain
    assert shown.record is None

    with pytest.raises(ServiceError) as elsewhere_too:
        house.rollover(ADMIN, "partner-sub1")
    assert elsewhere_too.value.code == "parent_is_elsewhere"
    second = house.request_certificate(ADMIN, sub1_request(generation=2))
    assert second.authority.name == "partner-sub1-g2"
    assert second.authority.key_id != pending.authority.key_id
    new_chain = certify_elsewhere(elsewhere, second.csr, "Our CPO Sub-CA 1 G2")
    house.import_certificate(ADMIN, "partner-sub1-g2", new_chain)
    states = {a.name: a.state for a in house.directory.all()}
    assert states == {
        "partner-sub1-g1": AuthorityState.RETIRED,
        "partner-sub1-g2": AuthorityState.ACTIVE,
    }


def test_leaves_below_a_foreign_root_carry_its_chain(house: House, elsewhere: House) -> None:
    """Sub-CA 2 of our own below our Sub-CA 1 below somebody else's root."""
    pending = house.request_certificate(ADMIN, sub1_request("cpo-sub1"))
    chain = certify_elsewhere(elsewhere, pending.csr, "Our CPO Sub-CA 1 G1")
    house.import_certificate(ADMIN, "cpo-sub1", chain)
    founding = Founding(
        slot="cpo-sub2",
        generation=1,
        role=CertificateRole.CPO_SUB2,
        edition=Edition.ISO15118_2,
        algorithm=KeyAlgorithm.P256,
        common_name="Our CPO Sub-CA 2 G1",
        organization="Example Charging",
        country="DE",
        parent="cpo-sub1",
    )
    house.found(ADMIN, [founding], silent)
    issued = house.issue(ADMIN, leaf_request(CertificateRole.SECC_LEAF))
    assert issued.root == chain[-1]
    assert issued.chain[2:] == chain[:1]


def test_a_pending_authority_issues_nothing(house: House) -> None:
    house.request_certificate(ADMIN, sub1_request())
    for name, code in (
        ("partner-sub1", "authority_unknown"),
        ("partner-sub1-g1", "authority_pending"),
    ):
        request = replace(leaf_request(CertificateRole.OCSP_SIGNER), issuer=name)
        with pytest.raises(ServiceError) as refused:
            house.issue(ADMIN, request)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"role": CertificateRole.V2G_ROOT}, "authority_request_invalid"),
        ({"role": CertificateRole.CONTRACT}, "authority_request_invalid"),
        ({"algorithm": KeyAlgorithm.P521}, "authority_request_invalid"),
        ({"domain_component": "MO"}, "authority_request_invalid"),
        ({"slot": "mo-sub2-g1"}, "slot_invalid"),
        ({"slot": "mo-sub2"}, "slot_is_another"),
        ({"country": "EU"}, "subject_invalid"),
    ],
)
def test_bad_requests_for_authorities_are_refused(
    database: Database, founded: House, changes: dict[str, object], code: str
) -> None:
    before = len(rows(database, keys))
    with pytest.raises(ServiceError) as refused:
        founded.request_certificate(ADMIN, replace(sub1_request(), **changes))  # type: ignore[arg-type] # fields by name
    assert refused.value.code == code
    assert len(rows(database, keys)) == before


def test_a_certificate_that_does_not_fit_is_not_imported(house: House, elsewhere: House) -> None:
    pending = house.request_certificate(ADMIN, sub1_request())
    own, root = certify_elsewhere(elsewhere, pending.csr, "Our CPO Sub-CA 1 G1")
    other = elsewhere.directory.active("cpo-sub1")
    mo_root = elsewhere.directory.active("mo-root")
    assert other is not None
    assert mo_root is not None
    assert other.certificate is not None
    assert mo_root.certificate is not None
    flipped = bytearray(own)
    flipped[-1] ^= 1
    for chain, code in (
        ((other.certificate, root), "certificate_key_mismatch"),
        ((own,), "certificate_chain_broken"),
        ((own, mo_root.certificate), "certificate_chain_broken"),
        ((bytes(flipped), root), "certificate_chain_broken"),
        ((own[:-1], root), "certificate_chain_malformed"),
        ((b"", root), "certificate_chain_malformed"),
    ):
        with pytest.raises(ServiceError) as refused:
            house.import_certificate(ADMIN, "partner-sub1", chain)
        assert refused.value.code == code
    late = House(house.database, lambda: NOW + timedelta(days=2000))
    with pytest.raises(ServiceError) as expired:
        late.import_certificate(ADMIN, "partner-sub1", (own, root))
    assert expired.value.code == "certificate_not_valid_now"
    assert house.directory.active("partner-sub1") is None


def test_an_empty_chain_is_refused(house: House) -> None:
    house.request_certificate(ADMIN, sub1_request())
    with pytest.raises(ServiceError) as refused:
        house.import_certificate(ADMIN, "partner-sub1", ())
    assert refused.value.code == "certificate_chain_broken"


def exported(elsewhere: House, slot: str, passphrase: bytes | None) -> tuple[bytes, Authority]:
    authority = elsewhere.directory.active(slot)
    assert authority is not None
    assert authority.key_id is not None
    key = elsewhere.keys.open(authority.key_id)
    protection = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection), authority


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_a_root_comes_with_its_key_and_becomes_an_anchor(
    house: House, elsewhere: House, passphrase: bytes | None
) -> None:
    key, root = exported(elsewhere, "v2g-root", passphrase)
    assert root.certificate is not None
    request = KeyImport("v2g-root", root.role, root.edition, key, passphrase, (root.certificate,))
    imported = house.import_key(ADMIN, request)
    assert (imported.authority.name, imported.authority.online) == ("v2g-root-g1", False)
    assert [row.name for row in rows(house.database, anchors)] == ["v2g-root-g1"]
    with pytest.raises(ServiceError) as twice:
        house.import_key(ADMIN, request)
    assert twice.value.code == "authority_imported_already"

    sub_key, sub = exported(elsewhere, "cpo-sub1", None)
    assert sub.certificate is not None
    chain = (sub.certificate, root.certificate)
    below = house.import_key(
        ADMIN, KeyImport("cpo-sub1", sub.role, sub.edition, sub_key, None, chain)
    )
    assert (below.authority.parent, below.authority.upper_chain) == ("v2g-root-g1", ())
    (rolled,) = house.rollover(ADMIN, "cpo-sub1")
    assert rolled.parent == "v2g-root-g1"


def test_keys_that_do_not_fit_are_not_imported(house: House, elsewhere: House) -> None:
    key, root = exported(elsewhere, "v2g-root", b"correct horse")
    plain, _ = exported(elsewhere, "v2g-root", None)
    stranger = generate_key(KeyAlgorithm.P256).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    assert root.certificate is not None
    good = KeyImport("r", root.role, root.edition, key, b"correct horse", (root.certificate,))
    for changes, code in (
        ({"passphrase": b"wrong"}, "private_key_malformed"),
        ({"passphrase": None}, "private_key_malformed"),
        ({"key": plain}, "private_key_malformed"),  # a passphrase for a key without one
        ({"key": b"-----BEGIN nonsense"}, "private_key_malformed"),
        ({"key": b""}, "private_key_malformed"),
        ({"key": bytes(9000)}, "private_key_too_large"),
        ({"key": stranger, "passphrase": None}, "certificate_key_mismatch"),
        ({"slot": "R"}, "slot_invalid"),
        ({"role": CertificateRole.CONTRACT}, "role_invalid"),
        ({"role": CertificateRole.CPO_SUB1}, "certificate_chain_broken"),
        ({"edition": Edition.ISO15118_20}, "profile_violated"),
        ({"chain": (root.certificate, root.certificate)}, "certificate_chain_broken"),
    ):
        with pytest.raises(ServiceError) as refused:
            house.import_key(ADMIN, replace(good, **changes))
        assert refused.value.code == code
    assert not rows(house.database, keys)
    assert not rows(house.database, authorities)


def test_departures_of_an_imported_authority_are_told(house: House) -> None:
    """A hub root with EKU OCSPSigning is taken over; the answer says what was put up with."""
    key = generate_key(KeyAlgorithm.P256)
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.DOMAIN_COMPONENT, "V2G"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hub Root"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier(bytes(8)), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .sign(key, SHA256())
    )
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    imported = house.import_key(
        ADMIN,
        KeyImport(
            "hub-root",
            CertificateRole.V2G_ROOT,
            Edition.ISO15118_2,
            pkcs8,
            None,
            (certificate.public_bytes(Encoding.DER),),
        ),
    )
    assert {finding.code for finding in imported.tolerances} == {
        FindingCode.KEY_USAGE_EXCESS_BIT,
        FindingCode.EXTENDED_KEY_USAGE_UNEXPECTED,
    }
