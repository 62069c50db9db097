"""What a path means: role, edition, authorities."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import is_slot
from pki.model.enrolment_rules import choose_target, read_algorithm
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

LABELS = ("mo", "cpo", "oem", "cps", "veh")


@given(label=st.text(max_size=40) | st.from_regex(r"(\w+-)?(mo|cpo|oem|cps|veh)", fullmatch=True))
def test_any_label_is_a_role_or_is_unknown(label: str) -> None:
    try:
        target = choose_target(label, None, None, None)
    except ServiceError as refused:
        assert (refused.kind, refused.code) == (Kind.NOT_FOUND, "label_unknown")
        return
    assert re.fullmatch(r"(\w+-)?(mo|cpo|oem|cps|veh)", label, re.ASCII | re.IGNORECASE)
    slot = target.slot(target.algorithms[0])
    assert is_slot(slot) or "_" in slot or slot[0].isdigit()  # none is an authority's full name
    assert not re.search(r"-g[0-9]+$", slot)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("edition", ["ISO15118-2", "ISO15118-20"])
def test_slots_are_those_of_the_hierarchies(label: str, edition: str) -> None:
    target = choose_target(label, edition, None, None)
    branch = "oem" if label == "veh" else label
    slots = {target.slot(algorithm) for algorithm in target.algorithms}
    if edition == "ISO15118-2":
        assert slots == {f"{branch}-sub2"}
    else:
        assert slots == {f"{branch}-sub2-20-p521", f"{branch}-sub2-20-ed448"}
    for algorithm in {*KeyAlgorithm, None} - set(target.algorithms):
        with pytest.raises(ServiceError) as refused:
            target.slot(algorithm)
        assert refused.value.code == "key_algorithm_not_allowed"


def principal(*roles: ClientRole) -> Principal:
    return Principal("client", frozenset(roles))


@pytest.mark.parametrize(
    ("role", "leaf"),
    [
        (ClientRole.CPO, CertificateRole.SECC_LEAF),
        (ClientRole.MO, CertificateRole.CONTRACT),
        (ClientRole.OEM, CertificateRole.OEM_PROVISIONING),
        (ClientRole.CPS, CertificateRole.CPS_LEAF),
    ],
)
def test_without_a_label_the_role_decides(role: ClientRole, leaf: CertificateRole) -> None:
    for roles in ((role,), (role, ClientRole.AUDITOR), (role, ClientRole.ADMIN)):
        target = choose_target(None, None, None, principal(*roles))
        assert (target.rule.leaf, target.edition) == (leaf, Edition.ISO15118_2)


@pytest.mark.parametrize(
    "roles",
    [(), (ClientRole.ADMIN,), (ClientRole.CPO, ClientRole.MO), tuple(ClientRole)],
)
def test_who_has_no_one_role_names_one(roles: tuple[ClientRole, ...]) -> None:
    with pytest.raises(ServiceError) as refused:
        choose_target(None, None, None, principal(*roles))
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "label_needed")


@given(text=st.text(max_size=40))
def test_any_other_edition_or_key_type_is_refused(text: str) -> None:
    for read, code in (
        (lambda: choose_target("cpo", text, None, None), "edition_unknown"),
        (lambda: choose_target("cpo", None, text, None), "edition_unknown"),
        (lambda: read_algorithm(text), "algorithm_unknown"),
    ):
        with pytest.raises(ServiceError) as refused:
            read()
        assert (refused.value.kind, refused.value.code) == (Kind.INVALID, code)
