"""What we issue, our strict validation accepts: every leaf role, edition and key type."""

import datetime as dt
from collections.abc import Callable

import pytest

from foundation.database import Database
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.model.verdict import Fault
from pki.operations.validate import ValidateChain
from pki.store.anchors import StoredAnchors
from pki.store.revocation_evidence import OwnRecords
from tests.pki.issuing.house import ADMIN, LEAVES, House, leaf_request
from tests.pki.validation.assembly import POLICIES, PROFILES

EDITIONS = [
    (Edition.ISO15118_2, KeyAlgorithm.P256, ""),
    (Edition.ISO15118_20, KeyAlgorithm.P521, "-20-p521"),
    (Edition.ISO15118_20, KeyAlgorithm.ED448, "-20-ed448"),
]


@pytest.mark.parametrize(("edition", "algorithm", "suffix"), EDITIONS)
def test_every_leaf_is_valid_for_its_role_alone(
    database: Database,
    clock: Callable[[], dt.datetime],
    now: dt.datetime,
    edition: Edition,
    algorithm: KeyAlgorithm,
    suffix: str,
) -> None:
    house = House(database, clock)
    house.create(edition, algorithm)
    validate = ValidateChain(StoredAnchors(database), (OwnRecords(database),), PROFILES, POLICIES)
    roles = [role for role in LEAVES if (edition, role) in PROFILES]
    later = now + dt.timedelta(days=1)  # what is issued now begins now
    for role in roles:
        issued = house.issue(ADMIN, leaf_request(role, suffix=suffix, algorithm=algorithm))
        for _ in range(2):
            verdict = validate(issued.chain, role, later)
            assert verdict.valid, verdict.reasons
            assert verdict.tolerances == ()
        for other in set(roles) - {role}:
            verdict = validate(issued.chain, other, later)
            assert verdict.fault is Fault.CHAIN, (role, other)
        assert validate(issued.chain, None, later).valid
        assert validate(issued.chain[1:], CertificateRole.CONTRACT, later).fault is Fault.CHAIN
        if role is CertificateRole.CONTRACT:
            sub2 = validate(issued.chain[1:], CertificateRole.MO_SUB2, later)
            assert sub2.valid, sub2.reasons
