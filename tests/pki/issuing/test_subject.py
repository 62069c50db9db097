"""Subjects: what a common name means, whose it is, what may stand in a name."""

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal
from pki.model.profile import CommonNameForm, DomainComponent
from pki.model.subject import (
    LeafName,
    build_name,
    component_to_issue,
    read_common_name,
    require_ownership,
)
from tests.pki.issuing.house import ADMIN, CPO, MO, OEM

F = CommonNameForm
CPS = Principal("cps", frozenset({ClientRole.CPS}))


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (F.EMAID, "DEABCC12345678", LeafName("DEABCC12345678", "DEABC")),
        (F.PCID, "wp0abcdefgh123456", LeafName("WP0ABCDEFGH123456", "WP0")),
        (F.VEHICLE, "WP0ABCDEFGH123456", LeafName("WP0ABCDEFGH123456", "WP0")),
        (F.SECC, "DE*ABC*E1", LeafName("DEABCE1", "DEABC")),
        (F.SECC, "DEABCS0001X", LeafName("DEABCS0001X", "DEABC")),
        (F.SERVICE, "CPS 1", LeafName("CPS 1", None)),
        (F.AUTHORITY, "Root G1", LeafName("Root G1", None)),
    ],
)
def test_a_common_name_tells_key_and_owner(
    form: CommonNameForm, text: str, expected: LeafName
) -> None:
    assert read_common_name(form, text) == expected


def test_an_emaid_may_carry_its_right_check_digit() -> None:
    with_digit = Emaid.parse("DEABCC12345678").with_check_digit()
    assert read_common_name(F.EMAID, with_digit) == LeafName("DEABCC12345678", "DEABC")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (F.EMAID, "DE-ABC-C12345678"),  # separators
        (F.EMAID, "deabcc12345678"),  # lower case
        (F.EMAID, "DEABCC123456780"),  # a wrong check digit
        (F.EMAID, "NNABCC12345678"),  # no country
        (F.EMAID, "DE*ABC*123456*7"),  # DIN
        (F.EMAID, ""),
        (F.EMAID, "DEABCC12345678\x00"),
        (F.PCID, "WP0"),
        (F.SECC, "NN*ABC*E1"),
        (F.SECC, "DEABC"),
        (F.VEHICLE, "X"),
        (F.SERVICE, ""),
        (F.SERVICE, " CPS"),
        (F.SERVICE, "a\nb"),
        (F.SERVICE, "x" * 65),
        (F.SERVICE, "\u202ecps"),  # would be read backwards
    ],
)
def test_what_we_do_not_issue_is_refused(form: CommonNameForm, text: str) -> None:
    with pytest.raises(ServiceError) as refused:
        read_common_name(form, text)
    assert refused.value.kind in {Kind.INVALID, Kind.MALFORMED}


@pytest.mark.parametrize(
    ("principal", "form", "owner", "allowed"),
    [
        (MO, F.EMAID, "DEABC", True),
        (MO, F.EMAID, "DEXYZ", False),
        (CPO, F.EMAID, "DEABC", False),  # an operator id is no provider id
        (OEM, F.PCID, "WP0", True),
        (OEM, F.PCID, "WP1", False),
        (OEM, F.VEHICLE, "WP0", True),
        (MO, F.PCID, "WP0", False),
        (CPO, F.SECC, "DEABC", True),
        (CPO, F.SECC, "DEXYZ", False),
        (MO, F.SECC, "DEABC", False),
        (MO, F.SERVICE, "evtrust", False),
        (CPS, F.PROVISIONING, "cps", True),
        (CPS, F.PROVISIONING, "other-cps", False),
        (CPS, F.PROVISIONING, "evtrust", False),
        (CPS, F.SERVICE, "cps", False),
        (MO, F.PROVISIONING, "mo", False),  # a client, but no provisioning service
        (OEM, F.AUTHORITY, "evtrust", False),
        *((ADMIN, form, "DEXYZ", True) for form in F),
    ],
)
def test_a_participant_gets_certificates_of_its_own_alone(
    principal: Principal, form: CommonNameForm, owner: str, allowed: bool
) -> None:
    if allowed:
        require_ownership(principal, form, owner)
    else:
        with pytest.raises(ServiceError) as refused:
            require_ownership(principal, form, owner)
        assert refused.value.kind is Kind.FORBIDDEN


def test_the_order_is_c_o_dc_cn_and_absent_parts_stay_away() -> None:
    whole = build_name("x", organization="O", country="DE", domain_component="V2G")
    assert [a.rfc4514_attribute_name for a in whole] == ["C", "O", "DC", "CN"]
    bare = build_name("x", organization=None, country=None, domain_component=None)
    assert [a.rfc4514_attribute_name for a in bare] == ["CN"]


@pytest.mark.parametrize("country", ["EU", "de", "DEU", "", "D"])
def test_a_country_is_one_of_iso_3166(country: str) -> None:
    with pytest.raises(ServiceError, match="country"):
        build_name("x", organization="O", country=country, domain_component=None)


def test_a_branch_carries_its_roots_component() -> None:
    rule = DomainComponent(frozenset({"MO", "V2G"}), required=True, issued=None, inherited=True)
    above = build_name("x", organization=None, country=None, domain_component="MO")
    assert component_to_issue(rule, above) == "MO"
    fixed = DomainComponent(frozenset({"CPO"}), required=True, issued="CPO", inherited=False)
    assert component_to_issue(fixed, above) == "CPO"


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_any_text_makes_a_name_or_is_refused(text: str) -> None:
    try:
        name = build_name(text, organization=text, country=None, domain_component=None)
    except ServiceError as refused:
        assert refused.code == "subject_invalid"
    else:
        assert name == x509.Name(list(name))
        assert len(text.encode()) <= 64
    for form in F:
        try:
            read_common_name(form, text)
        except ServiceError as refused:
            assert refused.kind in {Kind.INVALID, Kind.MALFORMED}
