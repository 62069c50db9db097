"""Identifiers as their senders name them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.enrolment import IdentifierKind, kind_of, masked, parse_identifier
from foundation.errors import Kind, ServiceError
from tests.autocharge.assembly import EVCCID20_SPELLINGS, MAC_SPELLINGS, VIN_SPELLINGS


@pytest.mark.parametrize(
    ("named", "spellings", "kind"),
    [
        ("mac", MAC_SPELLINGS, IdentifierKind.MAC),
        ("evccid", MAC_SPELLINGS, IdentifierKind.MAC),
        ("evccid", EVCCID20_SPELLINGS, IdentifierKind.EVCCID20),
        ("vin", VIN_SPELLINGS, IdentifierKind.VIN),
    ],
)
def test_every_spelling_is_one_identifier(
    named: str, spellings: tuple[str, ...], kind: IdentifierKind
) -> None:
    parsed = [parse_identifier(named, text) for text in spellings]
    assert len({identifier.key for identifier in parsed}) == 1
    assert {kind_of(identifier) for identifier in parsed} == {kind}


@given(st.sampled_from(["mac", "evccid", "vin", "pcid", ""]), st.text(max_size=300))
def test_any_text_is_an_identifier_or_malformed(kind: str, text: str) -> None:
    try:
        identifier = parse_identifier(kind, text)
    except ServiceError as refused:
        assert refused.kind is Kind.MALFORMED
        assert len(text) < 5 or text not in refused.detail
    else:
        assert len(masked(identifier)) == 5


def test_a_mask_hides_all_but_four_characters() -> None:
    assert masked(parse_identifier("mac", MAC_SPELLINGS[0])) == "…BE31"
