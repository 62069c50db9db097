"""Whole hierarchies: complete, made once, all or nothing."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from pki.model.authority import is_slot
from pki.model.build import Publication
from pki.model.profile import ROOT_ROLES
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from pki.store.tables import anchors, authorities, keys, serial_reservations
from tests.conftest import NOW
from tests.pki.issuing.house import ADMIN, LEAVES, MO, House, leaf_request
from tests.pki.issuing.reading import certificate_of, rows, sub1_request

SUITES = [
    (Edition.ISO15118_2, KeyAlgorithm.P256, ""),
    (Edition.ISO15118_20, KeyAlgorithm.P521, "-20-p521"),
    (Edition.ISO15118_20, KeyAlgorithm.ED448, "-20-ed448"),
]


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
        if (edition, role) not in house.issue.profiles:
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
        lambda: founded.rollover(MO, "nobody"),  # nor may it learn what exists
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
