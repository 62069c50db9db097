"""No running service trusts a lab kit: not as an anchor, not as an authority, not in its name."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract_service.model.lab_pki import LabPki
from contract_service.model.root_pool import RootType
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.lab import LAB_ORGANIZATION
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.anchors import AddAnchor
from pki.operations.create_hierarchy import HierarchyRequest
from pki.operations.import_authority import KeyImport
from pki.operations.validate import ValidateChain
from pki.store.anchors import StoredAnchors, anchor_unit_of_work_opener
from pki.store.tables import anchors, authorities
from tests.conftest import NOW
from tests.contract_service.lab.kits import lab_pki
from tests.contract_service.pools.test_root_pool import Pool
from tests.databases import OUTBOX
from tests.pki.issuing.house import House
from tests.pki.issuing.reading import rows, sub1_request
from tests.pki.validation.assembly import POLICIES, PROFILES

PKI: LabPki = lab_pki(Edition.ISO15118_2)


@pytest.fixture
def house(database: Database) -> House:
    return House(database, lambda: NOW)


def pkcs8(name: str) -> bytes:
    return PKI.members[name].key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def assert_refused(refused: pytest.ExceptionInfo[ServiceError]) -> None:
    assert (refused.value.kind, refused.value.code) == (Kind.FORBIDDEN, "lab_certificate")
    assert "init --demo" in refused.value.detail


@pytest.mark.parametrize("root", ["v2g_root", "mo_root", "oem_root"])
def test_a_lab_root_is_no_anchor(database: Database, root: str) -> None:
    add = AddAnchor(anchor_unit_of_work_opener(database, OUTBOX), PROFILES, POLICIES, lambda: NOW)
    with pytest.raises(ServiceError) as refused:
        add(LOCAL_ADMINISTRATOR, PKI.members[root].der, CertificateRole(root))
    assert refused.value.code == "anchor_of_a_lab"
    assert "init --demo" in refused.value.detail
    assert rows(database, anchors) == []


@pytest.mark.parametrize("root_type", list(RootType))
def test_a_lab_root_is_not_even_published(database: Database, root_type: RootType) -> None:
    pool = Pool(database, NOW)
    with pytest.raises(ServiceError) as refused:
        pool.publish(LOCAL_ADMINISTRATOR, PKI.members["v2g_root"].der, root_type)
    assert refused.value.code == "root_of_a_lab"
    assert pool.names() == ["Our V2G Root"]


@pytest.mark.parametrize(
    ("name", "role"), [("v2g_root", "v2g_root"), ("mo_sub1", "mo_sub1"), ("mo_sub2", "mo_sub2")]
)
def test_a_lab_authority_is_not_taken_over_with_its_key(
    house: House, database: Database, name: str, role: str
) -> None:
    above = [m.der for m in PKI.chain(name)]
    for chain in (above or [PKI.members[name].der], [*above, PKI.members["mo_root"].der]):
        request = KeyImport(
            "lab-slot", CertificateRole(role), Edition.ISO15118_2, pkcs8(name), None, chain
        )
        with pytest.raises(ServiceError) as refused:
            house.import_key(LOCAL_ADMINISTRATOR, request)
        assert_refused(refused)
    assert rows(database, authorities) == []
    assert rows(database, anchors) == []


def test_no_authority_of_ours_hangs_below_a_lab_root(house: House) -> None:
    pending = house.request_certificate(LOCAL_ADMINISTRATOR, sub1_request())
    issued_elsewhere = [PKI.members["cpo_sub1"].der, PKI.members["v2g_root"].der]
    # the chain is refused for what it is, before its key is looked at
    with pytest.raises(ServiceError) as refused:
        house.import_certificate(LOCAL_ADMINISTRATOR, pending.authority.name, issued_elsewhere)
    assert refused.value.code == "lab_certificate"


def test_no_authority_takes_the_labs_name(house: House, database: Database) -> None:
    request = HierarchyRequest(
        Edition.ISO15118_2, KeyAlgorithm.P256, organization=LAB_ORGANIZATION, country="DE"
    )
    with pytest.raises(ServiceError) as refused:
        house.create_hierarchy(LOCAL_ADMINISTRATOR, request)
    assert_refused(refused)
    assert rows(database, authorities) == []
    house.create_hierarchy(LOCAL_ADMINISTRATOR, replace(request, organization="Example"))
    assert len(rows(database, authorities)) > 10


@pytest.mark.parametrize("leaf", ["contract", "secc_leaf", "cps_leaf", "oem_provisioning"])
def test_a_service_with_authorities_of_its_own_refuses_every_lab_leaf(
    house: House, database: Database, leaf: str
) -> None:
    house.create(Edition.ISO15118_2, KeyAlgorithm.P256)
    validate = ValidateChain(StoredAnchors(database), (), PROFILES, POLICIES)
    root = {"contract": "mo_root", "oem_provisioning": "oem_root"}.get(leaf, "v2g_root")
    chain = [*(m.der for m in PKI.chain(leaf)), PKI.members[root].der]
    verdict = validate(chain, CertificateRole(leaf), NOW)
    assert not verdict.valid
    assert verdict.anchor is None
