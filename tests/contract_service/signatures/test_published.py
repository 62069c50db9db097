"""Messages that others signed verify; what we sign is what RISE-V2G signs."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from contract_service.model.exi_signature import sign_elements, verify_signature
from contract_service.model.signature_suite import P256_SHA256
from contract_service.model.signed_message import verify_message
from exi import Schema, decode_fragment, encode, encode_fragment
from exi.messages.xmldsig import SignedInfo
from exi.roots import fragment_roots
from tests.contract_service.signatures.holders import codes, foreign_holder, published
from tests.contract_service.signatures.messages import signature_of, with_signature
from tests.exi.vectors import FOLDER, stream
from tests.pki.validation.vectors import foreign


@pytest.mark.parametrize(
    "name", ["foreign/request.exi", "foreign/response.exi", "hubject/request.exi"]
)
def test_signed_by_others(name: str) -> None:
    judged = verify_message(published(name))
    assert judged.valid
    assert judged.signature.reasons == ()


def test_who_signed() -> None:
    request = verify_message(published("foreign/request.exi")).content
    response = verify_message(published("foreign/response.exi")).content
    assert request is not None
    assert response is not None
    assert (request.signer_chain, request.signer_role) == (
        (foreign("oemLeaf"),),
        "oem_provisioning",
    )
    assert response.signer_chain == (
        foreign("cpsLeaf"),
        foreign("cpsSubCA2"),
        foreign("cpsSubCA1"),
    )
    assert response.signer_role == "cps_leaf"
    assert (request.schema, len(response.elements)) == (Schema.ISO15118_2, 4)


def test_an_unsigned_refusal_of_the_field() -> None:
    """Hubject's negative response: no signature, one Id three times, no certificate."""
    judged = verify_message(published("hubject/negative_response.exi"))
    assert not judged.valid
    assert "signature_missing" in codes(judged.signature.reasons)


@pytest.mark.parametrize(
    ("name", "signer"), [("foreign/request.exi", "oemLeaf"), ("foreign/response.exi", "cpsLeaf")]
)
def test_ours_has_the_same_bytes(name: str, signer: str) -> None:
    """Signing what others signed gives their message but for the signature value."""
    message = published(name)
    judged = verify_message(message)
    assert judged.content is not None
    ours = sign_elements(judged.content.elements, foreign_holder(signer).key)
    theirs = signature_of(message)
    assert ours.signed_info == theirs.signed_info
    assert encode_fragment(ours.signed_info) == encode_fragment(theirs.signed_info)
    assert verify_message(with_signature(message, ours)).valid
    unchanged = replace(ours, signature_value=theirs.signature_value)
    assert encode(with_signature(message, unchanged)) == stream(name)


def rise() -> tuple[dict[str, Any], tuple[Any, ...]]:
    data: dict[str, Any] = json.loads((FOLDER / "rise_v2g.json").read_text("utf-8"))
    roots = fragment_roots(Schema.ISO15118_2)
    elements = tuple(
        decode_fragment(bytes.fromhex(fragment["exi"]), roots[name].cls)
        for name, fragment in data["fragments"].items()
    )
    return data, elements


def test_digests_of_rise_v2g() -> None:
    data, elements = rise()
    for element, fragment in zip(elements, data["fragments"].values(), strict=True):
        assert P256_SHA256.digest(encode_fragment(element)).hex().upper() == fragment["sha256"]


def test_signed_info_of_rise_v2g() -> None:
    """Its references stand in an order of their own; the digests and all else are the same."""
    data, elements = rise()
    key = derive_private_key(int(data["cps_private_scalar"], 16), SECP256R1())
    ours = sign_elements(elements, key)
    theirs = decode_fragment(bytes.fromhex(data["signed_info_exi"]), SignedInfo)
    assert set(ours.signed_info.references) == set(theirs.references)
    in_their_order = replace(ours.signed_info, references=theirs.references)
    assert encode_fragment(in_their_order).hex().upper() == data["signed_info_exi"]
    value = P256_SHA256.sign(key, bytes.fromhex(data["signed_info_exi"]))
    signature = replace(
        ours,
        signed_info=theirs,
        signature_value=replace(ours.signature_value, value=value),
    )
    assert verify_signature(signature, elements, key.public_key(), {P256_SHA256}).valid
