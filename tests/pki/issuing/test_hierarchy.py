"""Whole hierarchies, foreign parents, imports and rollover."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
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
from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from pki.keys.sealed import generate_key
from pki.model.authority import Authority, AuthorityState, is_slot
from pki.model.build import Publication
from pki.model.finding import FindingCode
from pki.model.profile import ROOT_ROLES
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from pki.operations.found import Founding, silent
from pki.operations.import_authority import KeyImport
from pki.operations.request_certificate import AuthorityRequest
from pki.store.tables import anchors, authorities, keys, serial_reservations
from tests.conftest import NOW
from tests.pki.issuing.house import ADMIN, LEAVES, MO, SEALER, House, leaf_request

SUITES = [
    (Edition.ISO15118_2, KeyAlgorithm.P256, ""),
    (Edition.ISO15118_20, KeyAlgorithm.P521, "-20-p521"),
    (Edition.ISO15118_20, KeyAlgorithm.ED448, "-20-ed448"),
]


def rows(database: Database, table: sa.Table) -> Sequence[sa.Row[tuple[object, ...]]]:
    with database.read() as connection:
        return connection.execute(sa.select(table)).all()


def certificate_of(authority: Authority) -> x509.Certificate:
    assert authority.certificate is not None
    return x509.load_der_x509_certificate(authority.certificate)


@pytest.mark.parametrize(("edition", "algorithm", "suffix"), SUITES)
def test_a_whole_hierarchy_stands_and_issues(
    house: House, edition: Edition, algorithm: KeyAlgorithm, suffix: str
) -> None:
    steps: list[str] = []
    request = HierarchyRequest(edition, algorithm, "Example Charging", "DE")
    made = house.create_hierarchy(ADMIN, request, steps.append)
    assert Counter(a.role for a in made) == {
        CertificateRole.V2G_ROOT: 1,
        CertificateRole.MO_ROOT: 1,
        CertificateRole.OEM_ROOT: 1,
        **dict.fromkeys((CertificateRole.CPO_SUB1, CertificateRole.CPO_SUB2), 1),
        **dict.fromkeys((CertificateRole.CPS_SUB1, CertificateRole.CPS_SUB2), 1),
        **dict.fromkeys((CertificateRole.MO_SUB1, CertificateRole.MO_SUB2), 2),
        **dict.fromkeys((CertificateRole.OEM_SUB1, CertificateRole.OEM_SUB2), 2),
    }
    assert len(steps) == 30
    by_name = {a.name: a for a in made}
    for authority in made:
        certificate = certificate_of(authority)
        parent = by_name[authority.parent] if authority.parent else authority
        certificate.verify_directly_issued_by(certificate_of(parent))
        assert authority.name == f"{authority.slot}-g1"
        assert authority.online is authority.role.value.endswith("sub2")
        assert (authority.parent is None) is (authority.role in ROOT_ROLES)
        assert certificate.subject.rfc4514_string().startswith("CN=evtrust ")
        assert " G1," in certificate.subject.rfc4514_string()
    assert by_name[f"v2g-root{suffix}-g1"].role is CertificateRole.V2G_ROOT
    own_tree = by_name[f"mo-root-sub2{suffix}-g1"]
    assert "DC=MO" in certificate_of(own_tree).subject.rfc4514_string()
    for role in LEAVES:
        if edition is Edition.ISO15118_2 and role is CertificateRole.VEHICLE_LEAF:
            continue
        issued = house.issue(ADMIN, leaf_request(role, suffix=suffix, algorithm=algorithm))
        assert len(issued.chain) == 3  # [V2G2-009]


def test_own_roots_are_strict_anchors_and_keys_are_offline_where_they_must(
    database: Database, founded: House
) -> None:
    found = rows(database, anchors)
    assert {row.role for row in found} == ROOT_ROLES
    assert {(r.own, r.tolerance_policy, r.revocation_policy) for r in found} == {
        (True, "strict", "hard")
    }
    offline = {row.key_id for row in rows(database, keys) if row.offline}
    assert offline == {a.key_id for a in founded.directory.all() if not a.online}
    assert len(offline) == 9  # three roots, six Sub-CA 1
    told = Counter(row.type for row in rows(database, outbox))
    assert told == {"certificate.issued": 15, "authority.created": 15}


def test_a_hierarchy_is_made_once(database: Database, founded: House) -> None:
    before = (rows(database, authorities), rows(database, serial_reservations))
    with pytest.raises(ServiceError) as refused:
        founded.create()
    assert refused.value.kind is Kind.CONFLICT
    assert "ca list" in refused.value.detail
    assert (rows(database, authorities), rows(database, serial_reservations)) == before
    founded.create(Edition.ISO15118_20, KeyAlgorithm.P521)  # another edition is another hierarchy


@pytest.mark.parametrize(
    ("edition", "algorithm", "organization", "country", "name"),
    [
        (Edition.ISO15118_2, KeyAlgorithm.P521, "O", "DE", "n"),
        (Edition.ISO15118_2, KeyAlgorithm.ED448, "O", "DE", "n"),
        (Edition.ISO15118_20, KeyAlgorithm.P256, "O", "DE", "n"),
        (Edition.ISO15118_2, KeyAlgorithm.P256, "", "DE", "n"),
        (Edition.ISO15118_2, KeyAlgorithm.P256, "O", "EU", "n"),
        (Edition.ISO15118_2, KeyAlgorithm.P256, "O", "DE", "n" * 60),
        (Edition.ISO15118_2, KeyAlgorithm.P256, "O\x00", "DE", "n"),
    ],
)
def test_nonsense_makes_no_key_and_no_row(
    database: Database,
    house: House,
    edition: Edition,
    algorithm: KeyAlgorithm,
    organization: str,
    country: str,
    name: str,
) -> None:
    request = HierarchyRequest(edition, algorithm, organization, country, name)
    with pytest.raises(ServiceError) as refused:
        house.create_hierarchy(ADMIN, request)
    assert refused.value.kind is Kind.INVALID
    assert not rows(database, keys)
    assert not rows(database, authorities)


def test_a_failure_half_way_leaves_no_authority(
    database: Database, clock: Callable[[], datetime]
) -> None:
    # long enough for roots, which name no URL, too long for every Sub-CA
    house = House(database, clock, publication=Publication("http://" + "x" * 500))
    with pytest.raises(ServiceError) as refused:
        house.create()
    assert set(refused.value.fields) == {"der_too_large"}
    assert not rows(database, authorities)
    assert not rows(database, anchors)
    assert len(house.directory.unfinished(NOW + timedelta(hours=1))) == 15


def test_authorities_are_for_administrators(founded: House) -> None:
    request = HierarchyRequest(Edition.ISO15118_20, KeyAlgorithm.P521, "O", "DE")
    for attempt in (
        lambda: founded.create_hierarchy(MO, request),
        lambda: founded.rollover(MO, "mo-sub2"),
        lambda: founded.request_certificate(MO, sub1_request()),
        lambda: founded.import_certificate(MO, "x", []),
        lambda: founded.list_authorities(MO),
        lambda: founded.show_authority(MO, "mo-sub2"),
    ):
        with pytest.raises(ServiceError) as refused:
            attempt()
        assert refused.value.kind is Kind.FORBIDDEN


def test_what_follows_is_told_of_each_authority(
    database: Database, clock: Callable[[], datetime]
) -> None:
    seen: list[str] = []
    house = House(database, clock, after_create=[lambda _, authority: seen.append(authority.name)])
    made = house.create()
    assert seen == [a.name for a in made]
    house.rollover(ADMIN, "mo-sub2")
    assert seen[15:] == ["mo-sub2-g2"]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("mo-sub2", True),
        ("x", True),
        ("mo-sub2-20-p521", True),
        ("mo-sub2-g1", False),  # would be taken for a name
        ("MO", False),
        ("", False),
        ("-x", False),
        ("x--y", False),
        ("x/../y", False),
        ("x" * 49, False),
    ],
)
def test_slots_fit_into_urls_and_differ_from_names(text: str, good: bool) -> None:
    assert is_slot(text) is good


# --- rollover -------------------------------------------------------------------------------


def test_a_rollover_overlaps(database: Database, founded: House) -> None:
    before = founded.issue(MO, leaf_request())
    later = House(database, lambda: NOW + timedelta(days=300))
    (new,) = later.rollover(ADMIN, "mo-sub2")
    assert (new.name, new.generation, new.parent) == ("mo-sub2-g2", 2, "mo-sub1-g1")
    assert "G2" in certificate_of(new).subject.rfc4514_string()
    old = later.directory.get("mo-sub2-g1")
    assert old is not None
    assert old.state is AuthorityState.RETIRED
    assert new.key_id != old.key_id
    issued = later.issue(MO, leaf_request())
    assert issued.issuer == "mo-sub2-g2"
    assert founded.directory.record(before.fingerprint) is not None
    with pytest.raises(ServiceError) as refused:
        later.issue(MO, leaf_request(issuer="mo-sub2-g1"))
    assert refused.value.code == "authority_retired"
    signer = replace(leaf_request(CertificateRole.OCSP_SIGNER), issuer="mo-sub2-g1")
    assert later.issue(ADMIN, signer).issuer == "mo-sub2-g1"  # its status is still answered


def test_a_root_rolls_over_with_an_anchor_and_its_branch(
    database: Database, founded: House
) -> None:
    later = House(database, lambda: NOW + timedelta(days=300))
    made = later.rollover(ADMIN, "v2g-root", branch=True)
    assert len(made) == 9
    assert {a.generation for a in made} == {2}
    issued = later.issue(MO, leaf_request())
    assert issued.root == made[0].certificate
    for child, parent in zip(issued.chain, (*issued.chain[1:], issued.root), strict=True):
        assert parent is not None
        x509.load_der_x509_certificate(child).verify_directly_issued_by(
            x509.load_der_x509_certificate(parent)
        )
    names = {row.name for row in rows(database, anchors)}
    assert names == {"v2g-root-g1", "v2g-root-g2", "mo-root-g1", "oem-root-g1"}
    states = {a.name: a.state for a in later.directory.all()}
    assert states["cpo-sub2-g1"] is AuthorityState.RETIRED
    assert states["mo-root-sub2-g1"] is AuthorityState.ACTIVE


def test_a_root_alone_rolls_over_and_new_branches_grow_from_it(founded: House) -> None:
    founded.rollover(ADMIN, "v2g-root")
    (sub1,) = founded.rollover(ADMIN, "cpo-sub1")  # at once: no cache may hide the new root
    assert sub1.parent == "v2g-root-g2"
    sub2 = founded.directory.active("cpo-sub2")
    assert sub2 is not None
    assert sub2.parent == "cpo-sub1-g1"


def test_an_unknown_slot_does_not_roll_over(founded: House) -> None:
    with pytest.raises(ServiceError) as refused:
        founded.rollover(ADMIN, "mo-sub2-g1")
    assert refused.value.code == "authority_unknown"


def test_of_two_rollovers_at_once_one_wins(database: Database, founded: House) -> None:
    stale = founded.directory

    class Stale:
        """A directory read before the other rollover."""

        everything = stale.all()

        def all(self) -> Sequence[Authority]:
            return self.everything

    second = replace(founded.rollover, directory=Stale())  # type: ignore[arg-type] # as far as asked
    founded.rollover(ADMIN, "mo-sub2")
    with pytest.raises(ServiceError) as refused:
        second(ADMIN, "mo-sub2")
    assert refused.value.code == "authority_exists"
    active = [a for a in founded.directory.all() if a.slot == "mo-sub2"]
    assert [a.state for a in active] == [AuthorityState.RETIRED, AuthorityState.ACTIVE]


# --- below somebody else's root ---------------------------------------------------------------


def sub1_request(slot: str = "partner-sub1", generation: int = 1) -> AuthorityRequest:
    return AuthorityRequest(
        slot=slot,
        role=CertificateRole.CPO_SUB1,
        edition=Edition.ISO15118_2,
        algorithm=KeyAlgorithm.P256,
        common_name=f"Our CPO Sub-CA 1 G{generation}",
        organization="Example Charging",
        country="DE",
    )


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


# --- with its key -----------------------------------------------------------------------------


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


# --- keys at rest -----------------------------------------------------------------------------


def test_keys_are_sealed_and_bound_to_their_rows(database: Database, founded: House) -> None:
    root = founded.directory.active("v2g-root")
    assert root is not None
    assert root.key_id is not None
    (row,) = [row for row in rows(database, keys) if row.key_id == root.key_id]
    key = founded.keys.open(root.key_id)
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert pkcs8 not in row.sealed
    assert SEALER.open(row.sealed, f"pki key {root.key_id} p256 offline") == pkcs8


def test_an_offline_key_is_not_brought_online_by_editing_its_row(
    database: Database, founded: House, clock: Callable[[], datetime]
) -> None:
    root = founded.directory.active("v2g-root")
    assert root is not None
    assert root.key_id is not None
    serving = House(database, clock, allow_offline=False)
    with pytest.raises(ServiceError) as offline:
        serving.keys.open(root.key_id)
    assert (offline.value.kind, offline.value.code) == (Kind.FORBIDDEN, "key_is_offline")
    with database.write() as connection:
        connection.execute(sa.update(keys).values(offline=False))
        connection.commit()
    with pytest.raises(ServiceError) as edited:
        serving.keys.open(root.key_id)
    assert edited.value.code == "sealed_blob_unreadable"
    with pytest.raises(ServiceError) as unknown:
        serving.keys.open("nobody")
    assert unknown.value.code == "key_not_found"


def test_an_authority_is_shown_with_its_chain(founded: House) -> None:
    shown = founded.show_authority(ADMIN, "mo-sub2")
    assert shown.authority.name == "mo-sub2-g1"
    assert len(shown.chain) == 3
    assert shown.record is not None
    assert shown == founded.show_authority(ADMIN, "mo-sub2-g1")
    with pytest.raises(ServiceError) as unknown:
        founded.show_authority(ADMIN, "nobody")
    assert unknown.value.kind is Kind.NOT_FOUND
