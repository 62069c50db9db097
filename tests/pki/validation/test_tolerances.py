"""Tolerance policies: every quirk of real certificates by name, nothing more, nonsense refused."""

import pytest
from cryptography import x509

from foundation.errors import Kind, ServiceError
from pki.model.path_profile import certificate_findings
from pki.model.roles import CertificateRole, Edition
from pki.model.tolerance import INTOLERABLE, KNOWN_CODES
from pki.profiles.tolerances import parse_tolerance_policies
from tests.pki.validation.assembly import POLICIES, PROFILES, readable
from tests.pki.validation.authorities import certify, hierarchy, name
from tests.pki.validation.vectors import hubject

ROLE = CertificateRole
FIELD, STRICT = POLICIES["field"], POLICIES["strict"]
H = hierarchy()

QUIRKS = [
    ("contract", ROLE.CONTRACT, {"key_usage_missing", "basic_constraints_missing"}),
    (
        "oem_provisioning",
        ROLE.OEM_PROVISIONING,
        {
            "key_usage_missing",
            "basic_constraints_missing",
            "subject_alternative_name_unexpected",
        },
    ),
    (
        "us_oem_provisioning",
        ROLE.OEM_PROVISIONING,
        {
            "key_usage_missing",
            "basic_constraints_missing",
            "subject_alternative_name_unexpected",
            "subject_domain_component_missing",
        },
    ),
    (
        "cps_leaf",
        ROLE.CPS_LEAF,
        {
            "key_usage_missing",
            "default_value_encoded",
            "subject_country_unassigned",
            "lifetime_too_long",
        },
    ),
    ("cps_sub2", ROLE.CPS_SUB2, {"lifetime_too_long"}),
    ("v2g_root_qa_g1", ROLE.V2G_ROOT, {"extended_key_usage_unexpected"}),
    ("v2g_root_g2", ROLE.V2G_ROOT, {"extended_key_usage_unexpected"}),
    ("bmw_oem_root", ROLE.OEM_ROOT, {"lifetime_too_long", "key_usage_excess_bit"}),
    # all DC=V2G, which annex F allows: no tolerance needed
    *(
        (f"{branch}_sub{n}", ROLE(f"{role}_sub{n}"), set[str]())
        for branch, role in (("mo", "mo"), ("oem", "oem"), ("us_oem", "oem"))
        for n in (1, 2)
    ),
    ("cps_sub1", ROLE.CPS_SUB1, set[str]()),
]


@pytest.mark.parametrize(("file", "role", "quirks"), QUIRKS)
def test_field_tolerates_each_quirk_by_name_and_strict_none(
    file: str, role: CertificateRole, quirks: set[str]
) -> None:
    profile = PROFILES[Edition.ISO15118_2, role]
    findings = certificate_findings(readable(hubject(file)), profile)
    assert {finding.code for finding in findings} == quirks
    assert FIELD.judge(findings) == ((), tuple(f"{role}:{f.code}" for f in findings))
    assert STRICT.judge(findings) == (findings, ())


def test_quirks_of_which_no_certificate_was_published() -> None:
    sub2 = certify(
        name("MO Sub2"),
        H.sub1,
        ca=True,
        path_length=0,
        key_usage=frozenset(
            {"key_cert_sign", "crl_sign", "digital_signature", "content_commitment"}
        ),
    )
    leaf = certify(
        name("DEABCC00000012"), sub2, without=frozenset({x509.AuthorityInformationAccess})
    )
    for certificate, role, code in (
        (sub2, ROLE.MO_SUB2, "key_usage_excess_bit"),
        (leaf, ROLE.CONTRACT, "ocsp_url_missing"),
    ):
        profile = PROFILES[Edition.ISO15118_2, role]
        findings = certificate_findings(readable(certificate.der), profile)
        assert [finding.code for finding in findings] == [code]
        assert FIELD.judge(findings)[0] == ()
        assert STRICT.judge(findings)[0] == findings


def test_a_tolerance_for_one_role_is_none_for_another() -> None:
    profile = PROFILES[Edition.ISO15118_2, ROLE.SECC_LEAF]
    findings = certificate_findings(readable(hubject("contract")), profile)
    refusing, tolerated = FIELD.judge(findings)
    assert tolerated == ()
    assert {"key_usage_missing", "basic_constraints_missing"} <= {f.code for f in refusing}


def test_every_tolerance_says_where_it_was_seen() -> None:
    assert STRICT.tolerances == ()
    assert all(t.seen and t.code in KNOWN_CODES - INTOLERABLE for t in FIELD.tolerances)


GOOD = 'code = "key_usage_missing", roles = ["contract"], seen = "there"'


def with_code(code: str) -> str:
    return f"[p]\ntolerated = [{{ {GOOD.replace('key_usage_missing', code)} }}]"


@pytest.mark.parametrize(
    "text",
    [
        "no toml =",
        "policy = 1",
        "[p]\nother = []",
        "[p]\ntolerated = 1",
        "[p]\ntolerated = [1]",
        '[p]\ntolerated = [{ code = "key_usage_missing", roles = ["contract"] }]',
        f"[p]\ntolerated = [{{ {GOOD}, more = 1 }}]",
        with_code("no_such_code"),
        with_code("anchor_role_wrong"),
        with_code("basic_constraints_wrong_ca"),
        f"[p]\ntolerated = [{{ {GOOD.replace('there', ' ')} }}]",
        f"""[p]\ntolerated = [{{ {GOOD.replace('["contract"]', "[]")} }}]""",
        f"""[p]\ntolerated = [{{ {GOOD.replace('["contract"]', '["nobody"]')} }}]""",
        f"""[p]\ntolerated = [{{ {GOOD.replace('["contract"]', "[[1]]")} }}]""",
        f"""[p]\ntolerated = [{{ {GOOD.replace('"key_usage_missing"', "[]")} }}]""",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as refusal:
        parse_tolerance_policies(text)
    assert (refusal.value.kind, refusal.value.code) == (Kind.INVALID, "tolerance_invalid")


def test_a_good_policy_is_read() -> None:
    policy = parse_tolerance_policies(f"[p]\ntolerated = [{{ {GOOD} }}]")["p"]
    assert [(t.code, t.roles) for t in policy.tolerances] == [
        ("key_usage_missing", frozenset({ROLE.CONTRACT}))
    ]
