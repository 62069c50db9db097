"""x509-limbo: RFC 5280 path validation agrees, or a data file says why a V2G validator differs."""

import time
from datetime import datetime

import pytest

from pki.model.path_anchor import Anchor, RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_crl import SuppliedCrls, read_crl
from tests.pki.validation.assembly import validator
from tests.pki.validation.vectors import LimboCase, limbo_cases, limbo_deviations

MAXIMUM_SECONDS = 0.1


def decide(case: LimboCase, now: datetime) -> bool:
    roots = [read_certificate(der) for der in case.roots]
    if not all(isinstance(root, PathCertificate) for root in roots):
        return False
    policy = RevocationPolicy.HARD if case.crls else RevocationPolicy.NONE
    anchors = [
        Anchor(root, case.id, None, own=False, tolerance_policy="strict", revocation=policy)
        for root in roots
        if isinstance(root, PathCertificate)
    ]
    evidence = SuppliedCrls([read_crl(crl) for crl in case.crls])
    validate = validator(*anchors, evidence=[evidence])
    return validate([case.leaf, *case.intermediates], None, case.at or now).valid


@pytest.mark.parametrize("case", limbo_cases(), ids=str)
def test_we_agree_or_say_why_not(case: LimboCase, now: datetime) -> None:
    agrees = decide(case, now) is case.accepted
    assert agrees is (case.id not in limbo_deviations())


@pytest.mark.parametrize("case", limbo_cases(), ids=str)
def test_no_case_takes_long(case: LimboCase, now: datetime) -> None:
    def seconds() -> float:
        began = time.thread_time()
        decide(case, now)
        return time.thread_time() - began

    assert min(seconds() for _ in range(3)) < MAXIMUM_SECONDS


def test_every_deviation_is_a_case_and_has_a_reason() -> None:
    assert set(limbo_deviations()) <= {case.id for case in limbo_cases()}
    assert all(row["reason"].strip() for row in limbo_deviations().values())
    assert len(limbo_cases()) == 138
