"""What holds for any Id, any order and any flipped bit."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_service.model.signed_message import verify_message
from exi import Facets, Message, Schema, decode, encode
from exi.errors import ExiError
from exi.messages.iso15118_2 import V2GMessage
from pki.model.roles import KeyAlgorithm
from tests.contract_service.signatures.holders import flip, foreign_holder, published
from tests.contract_service.signatures.messages import (
    request_20,
    response,
    response_20,
    signature_of,
    signed_request,
    with_references,
    with_signature,
)
from tests.exi.values import CHARACTERS
from tests.exi.vectors import stream

MESSAGES_20: dict[KeyAlgorithm, tuple[Message, Message]] = {
    one: (request_20(one), response_20(one)) for one in (KeyAlgorithm.P521, KeyAlgorithm.ED448)
}
IDS = st.text(CHARACTERS, min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(IDS)
def test_any_id(identifier: str) -> None:
    """`id1`, `ID1` or anything else, also after a way over the wire."""
    message = signed_request(identifier)
    assert verify_message(decode(encode(message), Schema.ISO15118_2)).valid


@settings(max_examples=24, deadline=None)
@given(st.permutations(range(4)))
def test_any_order_of_references(order: list[int]) -> None:
    """Hubject's stand as 2, 1, 4, 3."""
    message = published("foreign/response.exi")
    references = signature_of(message).signed_info.references
    reordered = with_references(
        message, [references[place] for place in order], foreign_holder("cpsLeaf")
    )
    assert verify_message(reordered).valid


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4 * 256 - 1))
def test_any_bit_of_a_digest(bit: int) -> None:
    message = published("foreign/response.exi")
    references = list(signature_of(message).signed_info.references)
    which, place = divmod(bit, 256)
    changed = flip(references[which].digest_value, place)
    references[which] = replace(references[which], digest_value=changed)
    assert not verify_message(
        with_references(message, references, foreign_holder("cpsLeaf"))
    ).signature.digests_valid
    info = replace(signature_of(message).signed_info, references=tuple(references))
    judged = verify_message(
        with_signature(message, replace(signature_of(message), signed_info=info))
    ).signature
    assert (judged.digests_valid, judged.signature_valid) == (False, False)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["foreign/request.exi", "hubject/request.exi"]), st.integers(0, 511))
def test_any_bit_of_a_signature(name: str, bit: int) -> None:
    message = published(name)
    value = signature_of(message).signature_value
    changed = replace(
        signature_of(message), signature_value=replace(value, value=flip(value.value, bit))
    )
    judged = verify_message(with_signature(message, changed)).signature
    assert (judged.digests_valid, judged.signature_valid) == (True, False)


def signed_part(message: Message) -> object:
    """What a valid signature vouches for: the rest, such as the session, is not signed."""
    if isinstance(message, V2GMessage):
        return message.body
    return getattr(message, "oem_provisioning_chain", None) or getattr(
        message, "signed_installation_data", None
    )


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_any_bit_of_a_request(data: st.DataObject) -> None:
    """Whatever still verifies says what was signed."""
    octets = stream("foreign/request.exi")
    changed = flip(octets, data.draw(st.integers(0, 8 * len(octets) - 1)))
    try:
        message = decode(changed, Schema.ISO15118_2, Facets.LENIENT)
    except ExiError:
        return
    if verify_message(message).valid:
        assert signed_part(message) == signed_part(published("foreign/request.exi"))


@pytest.mark.parametrize("algorithm", MESSAGES_20)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bit_of_a_message_of_iso_15118_20(algorithm: KeyAlgorithm, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(MESSAGES_20[algorithm]))
    octets = encode(original)
    changed = flip(octets, data.draw(st.integers(0, 8 * len(octets) - 1)))
    try:
        message = decode(changed, Schema.ISO15118_20, Facets.LENIENT)
    except ExiError:
        return
    if verify_message(message).valid:
        assert signed_part(message) == signed_part(original)


def test_two_signatures_over_one_delivery() -> None:
    """ECDSA is random: signing again gives another value, and both stand."""
    message = response()
    assert verify_message(message).valid
    again = with_references(
        message, signature_of(message).signed_info.references, foreign_holder("cpsLeaf")
    )
    assert signature_of(again).signature_value != signature_of(message).signature_value
    assert verify_message(again).valid
