"""Rollover: generations overlap, roots included."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from foundation.database import Database
from foundation.errors import ServiceError
from pki.model.authority import Authority, AuthorityState
from pki.model.roles import CertificateRole
from pki.store.tables import anchors
from tests.conftest import NOW
from tests.pki.issuing.house import ADMIN, MO, House, leaf_request
from tests.pki.issuing.reading import certificate_of, rows


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
