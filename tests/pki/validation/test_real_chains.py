"""Chains of Hubject's PKI at the time of their issue, and of a generated foreign PKI."""

from datetime import UTC, datetime

import pytest

from pki.model.path_anchor import Anchor, RevocationPolicy
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Verdict
from tests.pki.validation.assembly import anchor, validator
from tests.pki.validation.vectors import HUBJECT_TIME, foreign, hubject

ROLE = CertificateRole
FOREIGN_TIME = datetime(2026, 12, 1, tzinfo=UTC)

HUBJECT_CHAINS = {
    ROLE.CONTRACT: ("contract", "mo_sub2", "mo_sub1"),
    ROLE.OEM_PROVISIONING: ("oem_provisioning", "oem_sub2", "oem_sub1"),
    ROLE.CPS_LEAF: ("cps_leaf", "cps_sub2", "cps_sub1"),
}
HUBJECT_TOLERANCES = {
    ROLE.CONTRACT: (
        "contract:basic_constraints_missing",
        "contract:contract_below_v2g_root",
        "contract:key_usage_missing",
        "v2g_root:extended_key_usage_unexpected",
    ),
    ROLE.OEM_PROVISIONING: (
        "oem_provisioning:basic_constraints_missing",
        "oem_provisioning:key_usage_missing",
        "oem_provisioning:subject_alternative_name_unexpected",
        "v2g_root:extended_key_usage_unexpected",
    ),
    ROLE.CPS_LEAF: (
        "cps_leaf:default_value_encoded",
        "cps_leaf:key_usage_missing",
        "cps_leaf:lifetime_too_long",
        "cps_leaf:subject_country_unassigned",
        "cps_sub2:lifetime_too_long",
        "v2g_root:extended_key_usage_unexpected",
    ),
}


def chain(role: CertificateRole) -> list[bytes]:
    return [hubject(name) for name in HUBJECT_CHAINS[role]]


def hubject_root(policy: str = "field") -> Anchor:
    return anchor(hubject("v2g_root_qa_g1"), ROLE.V2G_ROOT, policy=policy)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
def test_hubject_chains_are_valid_in_their_time_by_named_tolerances(role: ROLE) -> None:
    verdict = validator(hubject_root())(chain(role), role, HUBJECT_TIME)
    assert verdict.valid
    assert verdict.fault is None
    assert verdict.reasons == ()
    assert verdict.tolerances == HUBJECT_TOLERANCES[role]
    assert len(verdict.path) == 4
    assert verdict.anchor == hubject_root().fingerprint


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
def test_strict_refuses_exactly_what_field_tolerates(role: ROLE) -> None:
    verdict = validator(hubject_root("strict"))(chain(role), role, HUBJECT_TIME)
    assert verdict.fault is Fault.CHAIN
    assert codes(verdict) == {name.split(":")[1] for name in HUBJECT_TOLERANCES[role]}
    assert verdict.tolerances == ()


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
@pytest.mark.parametrize("given", [0, 1, 2])
def test_hubject_chains_are_expired_today_and_nothing_else(
    role: ROLE, given: int, now: datetime
) -> None:
    presented = chain(role)
    presented = presented[given:] + presented[:given]  # whatever the order
    verdict = validator(hubject_root())(presented, role, now)
    assert verdict.fault is Fault.EXPIRED
    assert codes(verdict) == {"expired"}


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
@pytest.mark.parametrize("other", ["v2g_root_g2", "bmw_oem_root"])
def test_hubject_chains_are_refused_below_another_root(role: ROLE, other: str) -> None:
    validate = validator(anchor(hubject(other), ROLE.V2G_ROOT))
    verdict = validate(chain(role), role, HUBJECT_TIME)
    assert verdict.fault is Fault.CHAIN
    assert codes(verdict) == {"issuer_not_found"}
    supplied = validate([*chain(role), hubject("v2g_root_qa_g1")], role, HUBJECT_TIME)
    assert codes(supplied) == {"unknown_root"}  # being sent makes no root trusted


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_sub_ca_breaks_the_path(role: ROLE, missing: int) -> None:
    presented = chain(role)
    del presented[missing]
    verdict = validator(hubject_root())(presented, role, HUBJECT_TIME)
    assert verdict.fault is Fault.CHAIN
    assert codes(verdict) == {"issuer_not_found"}


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
def test_a_ca_is_no_leaf(role: ROLE) -> None:
    verdict = validator(hubject_root())(chain(role)[1:], role, HUBJECT_TIME)
    assert verdict.fault is Fault.CHAIN
    assert "basic_constraints_wrong_ca" in codes(verdict)


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
@pytest.mark.parametrize("asked", HUBJECT_CHAINS)
def test_a_leaf_of_one_role_is_none_of_another(role: ROLE, asked: ROLE) -> None:
    verdict = validator(hubject_root())(chain(role), asked, HUBJECT_TIME)
    assert verdict.valid is (role is asked)
    if role is not asked:
        assert verdict.fault is Fault.CHAIN


@pytest.mark.parametrize("role", HUBJECT_CHAINS)
def test_roots_and_repetitions_that_are_sent_along_change_nothing(role: ROLE) -> None:
    plain = validator(hubject_root())(chain(role), role, HUBJECT_TIME)
    presented = [*chain(role), hubject("v2g_root_qa_g1"), *chain(role)[1:]]
    assert validator(hubject_root())(presented, role, HUBJECT_TIME) == plain


def test_the_us_oem_chain_ends_where_its_root_was_not_published() -> None:
    presented = [hubject(n) for n in ("us_oem_provisioning", "us_oem_sub2", "us_oem_sub1")]
    at = datetime(2022, 4, 1, tzinfo=UTC)
    verdict = validator(hubject_root())(presented, ROLE.OEM_PROVISIONING, at)
    assert verdict.fault is Fault.CHAIN
    assert codes(verdict) == {"issuer_not_found"}


def test_the_us_oem_chain_is_tolerated_below_its_sub_ca() -> None:
    # RFC 5280 lets any CA be an anchor; the policy names the missing domain component
    validate = validator(anchor(hubject("us_oem_sub1"), ROLE.OEM_ROOT))
    presented = [hubject("us_oem_provisioning"), hubject("us_oem_sub2")]
    verdict = validate(presented, None, HUBJECT_TIME)
    assert verdict.valid
    verdict = validate(presented, ROLE.OEM_PROVISIONING, HUBJECT_TIME)
    assert "oem_provisioning:subject_domain_component_missing" in verdict.tolerances
    # as a root it is wrong: a path length and an OCSP URL; one sub-CA is enough for a maker
    assert codes(verdict) == {"path_length_unexpected", "ocsp_url_unexpected"}
    assert "oem_provisioning:sub_ca_missing" in verdict.tolerances


FOREIGN_CHAINS = {
    ROLE.CONTRACT: (("contractLeaf", "moSubCA2", "moSubCA1"), "moRootCA", ROLE.MO_ROOT),
    ROLE.OEM_PROVISIONING: (("oemLeaf", "oemSubCA2", "oemSubCA1"), "oemRootCA", ROLE.OEM_ROOT),
    ROLE.CPS_LEAF: (("cpsLeaf", "cpsSubCA2", "cpsSubCA1"), "v2gRootCA", ROLE.V2G_ROOT),
    ROLE.SECC_LEAF: (("seccLeaf", "cpoSubCA2", "cpoSubCA1"), "v2gRootCA", ROLE.V2G_ROOT),
}


@pytest.mark.parametrize("role", FOREIGN_CHAINS)
def test_the_foreign_pki_is_accepted_once_its_root_is_imported(role: ROLE) -> None:
    names, root, root_role = FOREIGN_CHAINS[role]
    presented = [foreign(name) for name in names]
    before = validator()(presented, role, FOREIGN_TIME)
    assert codes(before) == {"issuer_not_found"}
    imported = anchor(foreign(root), root_role, revocation=RevocationPolicy.SOFT)
    verdict = validator(imported)(presented, role, FOREIGN_TIME)
    assert verdict.valid
    # its profiles are in order; what is missing is an answer about revocation, by policy
    assert {name.split(":")[1] for name in verdict.tolerances} == {"revocation_unknown"}
    assert len(verdict.tolerances) == 3


@pytest.mark.parametrize("role", FOREIGN_CHAINS)
def test_hard_revocation_refuses_the_foreign_pki_for_want_of_evidence(role: ROLE) -> None:
    names, root, root_role = FOREIGN_CHAINS[role]
    imported = anchor(foreign(root), root_role, policy="strict", revocation=RevocationPolicy.HARD)
    verdict = validator(imported)([foreign(name) for name in names], role, FOREIGN_TIME)
    assert verdict.fault is Fault.REVOCATION_UNKNOWN
    assert codes(verdict) == {"revocation_unknown"}


def test_the_contract_answer_is_told_whole() -> None:
    imported = anchor(foreign("moRootCA"), ROLE.MO_ROOT, revocation=RevocationPolicy.SOFT)
    presented = [foreign(name) for name in FOREIGN_CHAINS[ROLE.CONTRACT][0]]
    verdict = validator(imported)(presented, ROLE.CONTRACT, FOREIGN_TIME)
    assert verdict.role is ROLE.CONTRACT
    assert verdict.subject_cn == "DEOLD123456789"
    assert verdict.path == (
        "CN=DEOLD123456789,O=Foreign PKI,C=DE,DC=MO",
        "CN=Foreign MO Sub2,O=Foreign PKI,C=DE,DC=MO",
        "CN=Foreign MO Sub1,O=Foreign PKI,C=DE,DC=MO",
        "CN=Foreign MO Root,O=Foreign PKI,C=DE,DC=MO",
    )
    assert verdict.tolerances == (
        "contract:revocation_unknown",
        "mo_sub1:revocation_unknown",
        "mo_sub2:revocation_unknown",
    )
    assert verdict.valid_until == datetime(2028, 11, 21, 6, 55, 17, tzinfo=UTC)
