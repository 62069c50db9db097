"""Trust anchors on both databases: who may change them, what is refused, when it counts."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from foundation.short_cache import LIFETIME_SECONDS
from pki.model.path_anchor import RevocationPolicy
from pki.model.roles import CertificateRole
from pki.operations.anchors import AddAnchor, ListAnchors, RemoveAnchor
from pki.store.anchors import StoredAnchors, anchor_unit_of_work_opener
from pki.store.tables import anchors, authorities
from tests.databases import OUTBOX
from tests.pki.validation.assembly import POLICIES, PROFILES
from tests.pki.validation.authorities import certify, hierarchy, name
from tests.pki.validation.test_chain_parser import pem
from tests.pki.validation.vectors import foreign, hubject

ROLE = CertificateRole
H = hierarchy()
Clock = Callable[[], dt.datetime]


@pytest.fixture
def add(database: Database, clock: Clock) -> AddAnchor:
    return AddAnchor(anchor_unit_of_work_opener(database, OUTBOX), PROFILES, POLICIES, clock)


@pytest.fixture
def remove(database: Database, clock: Clock) -> RemoveAnchor:
    return RemoveAnchor(anchor_unit_of_work_opener(database, OUTBOX), clock)


@pytest.fixture
def listed(database: Database) -> ListAnchors:
    return ListAnchors(StoredAnchors(database).read_all)


def refusal(add: AddAnchor, *arguments: object, **options: object) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        add(*arguments, **options)  # type: ignore[arg-type] # passed through
    return refused.value


def test_a_foreign_root_is_added_with_the_policies_of_the_field(
    add: AddAnchor, listed: ListAnchors, database: Database
) -> None:
    anchor = add(LOCAL_ADMINISTRATOR, pem(foreign("moRootCA")), ROLE.MO_ROOT)
    assert (anchor.tolerance_policy, anchor.revocation) == ("field", RevocationPolicy.SOFT)
    assert not anchor.own
    (stored,) = listed(LOCAL_ADMINISTRATOR)
    assert stored.certificate.der == foreign("moRootCA")
    assert (stored.role, stored.name) == (ROLE.MO_ROOT, anchor.certificate.name)
    with database.read() as connection:
        event = connection.execute(sa.select(outbox)).one()
    assert event.type == "anchor.added"
    assert event.subject["fingerprint"] == anchor.fingerprint


@pytest.mark.parametrize(
    ("file", "role"),
    [
        ("v2g_root_qa_g1", ROLE.V2G_ROOT),
        ("v2g_root_g2", ROLE.V2G_ROOT),
        ("bmw_oem_root", ROLE.OEM_ROOT),
    ],
)
def test_published_roots_are_accepted_by_tolerance_and_refused_by_strict(
    add: AddAnchor, file: str, role: CertificateRole
) -> None:
    refused = refusal(add, LOCAL_ADMINISTRATOR, hubject(file), role, tolerance_policy="strict")
    assert refused.code == "anchor_not_tolerated"
    assert refused.fields
    add(LOCAL_ADMINISTRATOR, hubject(file), role, name=file)


def test_our_own_root_is_known_as_ours(
    add: AddAnchor, database: Database, now: dt.datetime
) -> None:
    with database.write() as connection:
        connection.execute(
            sa.insert(authorities),
            {
                "name": "mo-root-g1",
                "slot": "mo-root",
                "generation": 1,
                "role": "mo_root",
                "edition": "iso15118-2",
                "algorithm": "p256",
                "state": "active",
                "online": False,
                "certificate": H.root.der,
                "created_at": now,
            },
        )
        connection.commit()
    anchor = add(LOCAL_ADMINISTRATOR, H.root.der, ROLE.MO_ROOT)
    assert anchor.own
    assert (anchor.tolerance_policy, anchor.revocation) == ("strict", RevocationPolicy.HARD)


def test_only_administrators_change_and_auditors_read(
    add: AddAnchor, remove: RemoveAnchor, listed: ListAnchors
) -> None:
    for role in set(ClientRole) - {ClientRole.ADMIN}:
        principal = Principal("c", frozenset({role}), frozenset({"DEABC"}))
        assert refusal(add, principal, H.root.der, ROLE.MO_ROOT).kind is Kind.FORBIDDEN
        with pytest.raises(ServiceError) as refused:
            remove(principal, "00" * 32)
        assert refused.value.kind is Kind.FORBIDDEN
        if role is ClientRole.AUDITOR:
            assert listed(principal) == ()
        else:
            with pytest.raises(ServiceError):
                listed(principal)


EXPIRED = certify(
    name("MO Root old"),
    ca=True,
    start=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    end=dt.datetime(2021, 1, 1, tzinfo=dt.UTC),
)


@pytest.mark.parametrize(
    ("certificate", "role", "kind", "code"),
    [
        (b"", ROLE.MO_ROOT, Kind.MALFORMED, "certificate_chain_empty"),
        (b"\x30\x03\x02\x01\x01", ROLE.MO_ROOT, Kind.MALFORMED, "certificate_unreadable"),
        (pem(*H.chain), ROLE.MO_ROOT, Kind.INVALID, "anchor_not_single"),
        (H.root.der, ROLE.MO_SUB1, Kind.INVALID, "anchor_role_invalid"),
        (H.root.der, ROLE.V2G_ROOT, Kind.INVALID, "anchor_not_tolerated"),
        (H.sub1.der, ROLE.MO_ROOT, Kind.INVALID, "anchor_not_self_signed"),
        (H.leaf.der, ROLE.MO_ROOT, Kind.INVALID, "anchor_not_self_signed"),
        (certify(name("x")).der, ROLE.MO_ROOT, Kind.INVALID, "anchor_not_a_ca"),
        (
            certify(name("x"), ca=True, key_usage=frozenset({"crl_sign"})).der,
            ROLE.MO_ROOT,
            Kind.INVALID,
            "anchor_not_a_ca",
        ),
        (
            certify(name("x"), ca=True, extra=[(x509.PolicyConstraints(0, None), False)]).der,
            ROLE.MO_ROOT,
            Kind.INVALID,
            "anchor_breaks_rules",
        ),
        (EXPIRED.der, ROLE.MO_ROOT, Kind.INVALID, "anchor_expired"),
        (
            EXPIRED.certificate.public_bytes(Encoding.DER)[:-1] + b"\0",
            ROLE.MO_ROOT,
            Kind.INVALID,
            "anchor_not_self_signed",
        ),
    ],
)
def test_what_is_no_anchor(
    add: AddAnchor,
    listed: ListAnchors,
    certificate: bytes | str,
    role: CertificateRole,
    kind: Kind,
    code: str,
) -> None:
    refused = refusal(add, LOCAL_ADMINISTRATOR, certificate, role)
    assert (refused.kind, refused.code) == (kind, code)
    assert listed(LOCAL_ADMINISTRATOR) == ()


def test_unknown_policies_and_endless_names_are_refused(add: AddAnchor) -> None:
    refused = refusal(
        add, LOCAL_ADMINISTRATOR, H.root.der, ROLE.MO_ROOT, tolerance_policy="anything"
    )
    assert refused.code == "tolerance_policy_unknown"
    for text in ("", "x" * 256):
        refused = refusal(add, LOCAL_ADMINISTRATOR, H.root.der, ROLE.MO_ROOT, name=text)
        assert refused.code == "anchor_name_too_long"


def test_one_root_is_one_anchor(
    add: AddAnchor, remove: RemoveAnchor, listed: ListAnchors, database: Database
) -> None:
    anchor = add(LOCAL_ADMINISTRATOR, H.root.der, ROLE.MO_ROOT)
    again = refusal(add, LOCAL_ADMINISTRATOR, H.root.der, ROLE.MO_ROOT, name="another")
    assert (again.kind, again.code) == (Kind.CONFLICT, "anchor_exists")
    colons = ":".join(anchor.fingerprint[i : i + 2].upper() for i in range(0, 64, 2))
    assert remove(LOCAL_ADMINISTRATOR, colons).fingerprint == anchor.fingerprint
    assert listed(LOCAL_ADMINISTRATOR) == ()
    with pytest.raises(ServiceError) as refused:
        remove(LOCAL_ADMINISTRATOR, anchor.fingerprint)
    assert refused.value.kind is Kind.NOT_FOUND
    with database.read() as connection:
        types = connection.scalars(sa.select(outbox.c.type)).all()
    assert sorted(types) == ["anchor.added", "anchor.removed"]


def test_the_set_that_counts_is_the_same_object_until_it_changes(
    add: AddAnchor, database: Database
) -> None:
    source = StoredAnchors(database)
    empty = source()
    add(LOCAL_ADMINISTRATOR, H.root.der, ROLE.MO_ROOT)
    assert source() is empty  # within half a second
    source._recent._lifetime = 0.0
    filled = source()
    assert [a.role for a in filled.anchors] == [ROLE.MO_ROOT]
    assert source() is filled
    assert LIFETIME_SECONDS <= 0.5


def test_a_row_that_cannot_be_read_is_not_trusted(database: Database, now: dt.datetime) -> None:
    with database.write() as connection:
        connection.execute(
            sa.insert(anchors),
            {
                "fingerprint": "00" * 32,
                "name": "x",
                "role": "mo_root",
                "certificate": b"rubbish",
                "own": True,
                "tolerance_policy": "strict",
                "revocation_policy": "hard",
                "added_at": now,
            },
        )
        connection.commit()
    assert StoredAnchors(database)().anchors == ()
