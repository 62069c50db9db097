"""The root pool on both databases: what stands in it, who changes it, and that it trusts nobody."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.root_pool import (
    USED_BY,
    PooledRoot,
    RootFilter,
    RootType,
    is_root_reference,
    names_root,
    root_id,
)
from contract_service.operations.list_roots import ListRoots, ShowRoot
from contract_service.operations.publish_root import PublishRoot
from contract_service.operations.withdraw_root import WithdrawRoot
from contract_service.store.roots import SqlPublishedRoots, SqlRootUnitsOfWork
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.roles import Edition
from tests.databases import OUTBOX
from tests.pki.validation.assembly import POLICIES, PROFILES
from tests.pki.validation.authorities import Authority, certify, name
from tests.pki.validation.vectors import hubject

READER = Principal("cpo", frozenset({ClientRole.CPO}))
V2G = certify(name("V2G Root", "V2G"), ca=True)
MO = certify(name("MO Root"), ca=True)
OEM = certify(name("OEM Root", "OEM"), ca=True)
NEWER = certify(name("V2G Root 20", "V2G"), ca=True, curve=ec.SECP521R1(), digest=hashes.SHA512())
OURS = certify(name("Our V2G Root", "V2G"), ca=True)


def pooled(root: Authority, root_type: RootType, *, own: bool = False) -> PooledRoot:
    read = read_certificate(root.der)
    assert isinstance(read, PathCertificate)
    return PooledRoot(read, root_type, own)


@dataclass
class Pool:
    """The pool's operations over one database; `trusted` are the fingerprints of anchors."""

    database: Database
    now: dt.datetime

    def __post_init__(self) -> None:
        published = SqlPublishedRoots(self.database)
        work = SqlRootUnitsOfWork(self.database, OUTBOX)
        self.trusted: set[str] = set()
        self.list = ListRoots(lambda: [pooled(OURS, RootType.V2G, own=True)], published, self.clock)
        self.show = ShowRoot(self.list, self.clock)
        self.publish = PublishRoot(work, self.list, PROFILES, POLICIES["field"], self.clock)
        self.withdraw = WithdrawRoot(work, self.list, published, self.end_trust, self.clock)

    def clock(self) -> dt.datetime:
        return self.now

    def end_trust(self, principal: Principal, fingerprint: str) -> bool:
        assert principal.is_admin
        known = fingerprint in self.trusted
        self.trusted.discard(fingerprint)
        return known

    def names(self, wanted: RootFilter | None = None) -> list[str | None]:
        roots = self.list(READER) if wanted is None else self.list(READER, wanted)
        return [root.certificate.common_name for root in roots]

    def events(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.id)).all()
        return [(row.type, row.subject["fingerprint"]) for row in rows]


@pytest.fixture
def pool(database: Database, now: dt.datetime) -> Pool:
    return Pool(database, now)


def refusal(act: Callable[[], object]) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        act()
    return refused.value


def test_our_own_roots_stand_in_it_by_themselves(pool: Pool) -> None:
    (ours,) = pool.list(READER)
    assert ours.own
    assert ours.certificate.der == OURS.der
    assert refusal(lambda: pool.withdraw(LOCAL_ADMINISTRATOR, ours.root_id)).code == "root_is_ours"
    assert pool.names() == ["Our V2G Root"]


def test_a_published_root_is_found_by_id_and_fingerprint_in_any_spelling(pool: Pool) -> None:
    root = pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO)
    colons = ":".join(root.fingerprint[at : at + 2] for at in range(0, 64, 2))
    for reference in (root.root_id, root.root_id.upper(), root.fingerprint, colons.upper()):
        assert pool.show(READER, reference).certificate.der == MO.der
    assert pool.events() == [("root.added", root.fingerprint)]


def test_publishing_again_changes_nothing_and_another_type_is_a_conflict(pool: Pool) -> None:
    first = pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO)
    assert pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO).root_id == first.root_id
    ours = pool.publish(LOCAL_ADMINISTRATOR, OURS.der, RootType.V2G)
    assert ours.own
    for root in (MO, OURS):
        refused = refusal(partial(pool.publish, LOCAL_ADMINISTRATOR, root.der, RootType.PE))
        assert (refused.kind, refused.code) == (Kind.CONFLICT, "root_of_another_type")
    assert pool.names() == ["Our V2G Root", "MO Root"]
    assert len(pool.events()) == 1


@pytest.mark.parametrize(
    ("file", "root_type"),
    [
        ("v2g_root_qa_g1", RootType.V2G),
        ("v2g_root_g2", RootType.V2G),
        ("bmw_oem_root", RootType.OEM),
    ],
)
def test_roots_of_the_field_can_be_published(pool: Pool, file: str, root_type: RootType) -> None:
    root = pool.publish(LOCAL_ADMINISTRATOR, hubject(file), root_type)
    assert pool.show(READER, root.root_id).certificate.der == hubject(file)


SUB1 = certify(name("Sub", "V2G"), V2G, ca=True, path_length=1)
EXPIRED = certify(
    name("Old", "V2G"),
    ca=True,
    start=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    end=dt.datetime(2026, 11, 30, tzinfo=dt.UTC),
)


@pytest.mark.parametrize(
    ("der", "root_type", "kind", "code"),
    [
        (b"", RootType.V2G, Kind.MALFORMED, "certificate_chain_malformed"),
        (b"\x30\x03\x02\x01\x01", RootType.V2G, Kind.MALFORMED, "certificate_unreadable"),
        (V2G.der + b"\x00", RootType.V2G, Kind.MALFORMED, "certificate_chain_malformed"),
        (V2G.der + V2G.der, RootType.V2G, Kind.MALFORMED, "certificate_chain_malformed"),
        (b"\x30\x82\xff\xff" + bytes(65535), RootType.V2G, Kind.TOO_LARGE, "certificate_too_large"),
        (SUB1.der, RootType.V2G, Kind.INVALID, "root_not_self_signed"),
        (certify(name("x", "V2G")).der, RootType.V2G, Kind.INVALID, "root_not_a_ca"),
        (EXPIRED.der, RootType.V2G, Kind.INVALID, "root_expired"),
        (MO.der, RootType.OEM, Kind.INVALID, "root_not_tolerated"),
        (
            certify(name("P-384", "V2G"), ca=True, curve=ec.SECP384R1()).der,
            RootType.V2G,
            Kind.INVALID,
            "root_not_tolerated",
        ),
    ],
)
def test_what_is_no_root_of_its_type_is_refused_and_nothing_stored(
    pool: Pool, der: bytes, root_type: RootType, kind: Kind, code: str
) -> None:
    refused = refusal(lambda: pool.publish(LOCAL_ADMINISTRATOR, der, root_type))
    assert (refused.kind, refused.code) == (kind, code)
    assert pool.names() == ["Our V2G Root"]
    assert pool.events() == []


def test_a_private_environment_has_keys_of_its_own(pool: Pool) -> None:
    private = certify(name("PE", None), ca=True, curve=ec.SECP384R1())
    root = pool.publish(LOCAL_ADMINISTRATOR, private.der, RootType.PE)
    assert root.algorithm is None


def test_withdrawing_ends_the_trust_as_well(pool: Pool) -> None:
    root = pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO)
    pool.trusted.add(root.fingerprint)
    pool.withdraw(LOCAL_ADMINISTRATOR, root.fingerprint)
    assert pool.trusted == set()
    assert pool.names() == ["Our V2G Root"]
    assert [kind for kind, _ in pool.events()] == ["root.added", "root.removed"]
    assert refusal(lambda: pool.show(READER, root.root_id)).kind is Kind.NOT_FOUND
    assert refusal(lambda: pool.withdraw(LOCAL_ADMINISTRATOR, root.root_id)).code == "root_unknown"


def test_a_crash_between_trust_and_pool_leaves_a_root_that_is_not_trusted(pool: Pool) -> None:
    root = pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO)
    pool.trusted.add(root.fingerprint)

    def dies(_: Principal, fingerprint: str) -> bool:
        pool.trusted.discard(fingerprint)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(pool.withdraw, end_trust=dies)(LOCAL_ADMINISTRATOR, root.root_id)
    assert pool.trusted == set()
    pool.withdraw(LOCAL_ADMINISTRATOR, root.root_id)
    assert pool.names() == ["Our V2G Root"]


def test_an_expired_root_is_told_to_nobody_and_goes(pool: Pool) -> None:
    root = pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO)
    pool.publish(LOCAL_ADMINISTRATOR, hubject("v2g_root_g2"), RootType.V2G)
    assert pool.withdraw.expired(pool.now) == 0
    pool.now = root.certificate.not_after + dt.timedelta(seconds=1)
    assert pool.names() == ["V2G Root CA G2"]  # ours ended on the same day
    assert refusal(lambda: pool.show(READER, root.root_id)).code == "root_unknown"
    assert pool.withdraw.expired(pool.now) == 1
    assert pool.withdraw.expired(pool.now) == 0
    assert pool.events()[-1] == ("root.removed", root.fingerprint)


def test_only_administrators_change_it_and_every_party_reads(pool: Pool) -> None:
    root = pool.publish(LOCAL_ADMINISTRATOR, MO.der, RootType.MO)
    for role in set(ClientRole) - {ClientRole.ADMIN}:
        asker = Principal("c", frozenset({role}), frozenset({"DEABC"}), frozenset({"WVW"}))
        for act in (
            partial(pool.publish, asker, V2G.der, RootType.V2G),
            partial(pool.withdraw, asker, root.root_id),
        ):
            assert refusal(act).kind is Kind.FORBIDDEN
        assert len(pool.list(asker)) == 2
    assert refusal(lambda: pool.list(Principal("c", frozenset()))).kind is Kind.FORBIDDEN


def test_filters_by_type_by_user_and_by_edition(pool: Pool) -> None:
    for root, root_type in (
        (V2G, RootType.V2G),
        (MO, RootType.MO),
        (OEM, RootType.OEM),
        (NEWER, RootType.V2G),
        (certify(name("PE", None), ca=True), RootType.PE),
    ):
        pool.publish(LOCAL_ADMINISTRATOR, root.der, root_type)
    assert pool.names(RootFilter(root_type=RootType.MO)) == ["MO Root"]
    assert pool.names(RootFilter(edition=Edition.ISO15118_20)) == ["V2G Root 20"]
    assert "PE" not in pool.names(RootFilter(used_by=ClientRole.CPO))
    for role, types in USED_BY.items():
        shown = pool.list(READER, RootFilter(used_by=role))
        assert {root.root_type for root in shown} == types
    assert pool.names(RootFilter(used_by=ClientRole.AUDITOR)) == []
    combined = RootFilter(RootType.V2G, ClientRole.CPO, Edition.ISO15118_2)
    assert pool.names(combined) == ["Our V2G Root", "V2G Root"]


def test_one_of_many_who_publish_at_once_does(pool: Pool) -> None:
    threads = [
        threading.Thread(target=pool.publish, args=(LOCAL_ADMINISTRATOR, MO.der, RootType.MO))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pool.names() == ["Our V2G Root", "MO Root"]
    assert len(pool.events()) == 1


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_reference_names_one_root(one: bytes, other: bytes) -> None:
    reference = root_id(one.hex())
    assert is_root_reference(reference)
    assert names_root(reference.upper(), one.hex())
    assert names_root(reference, other.hex()) == (one == other)
    assert names_root(one.hex().upper(), other.hex()) == (one == other)


@given(st.text(max_size=200))
def test_any_other_text_names_none(text: str) -> None:
    assert not names_root(text, "ab" * 32)
