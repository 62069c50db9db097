"""Every published message, byte for byte, both ways."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from exi import (
    ExiError,
    Facets,
    Schema,
    decode,
    decode_fragment,
    encode,
    encode_fragment,
    schema_of,
)
from exi.json_form import (
    fragment_from_json,
    fragment_to_json,
    message_from_json,
    message_to_json,
)
from exi.messages import iso15118_2
from exi.messages.xmldsig import SignedInfo
from exi.roots import fragment_roots
from tests.exi.vectors import FOLDER, Row, rows, stream

RISE_V2G = json.loads((FOLDER / "rise_v2g.json").read_text("ascii"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_reference_messages(row: Row) -> None:
    """EXIficient wrote these; what is read is written again alike."""
    value = row.decode()
    form = fragment_to_json(value) if row.fragment else message_to_json(value)
    assert form == row.form
    assert row.encode(value) == row.stream


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_reference_messages_from_json(row: Row) -> None:
    if row.fragment:
        value = fragment_from_json(row.form, fragment_roots(row.schema)[row.element])
    else:
        value = message_from_json(row.form, row.schema)
    assert row.encode(value) == row.stream


@pytest.mark.parametrize("name", ["hubject/request.exi", "foreign/request.exi"])
def test_signed_requests(name: str) -> None:
    """The request of a vehicle; its digest is that of the body written as a fragment."""
    message = decode(stream(name), Schema.ISO15118_2)
    assert encode(message) == stream(name)
    assert isinstance(message.body, iso15118_2.CertificateInstallationReq)
    assert message.header.signature is not None
    (reference,) = message.header.signature.signed_info.references
    assert reference.uri == f"#{message.body.id}"
    assert reference.digest_value == hashlib.sha256(encode_fragment(message.body)).digest()


def test_a_signed_response() -> None:
    """Four references, each the digest of one element written as a fragment."""
    message = decode(stream("foreign/response.exi"), Schema.ISO15118_2)
    assert encode(message) == stream("foreign/response.exi")
    body = message.body
    assert isinstance(body, iso15118_2.CertificateInstallationRes)
    assert message.header.signature is not None
    signed: list[Any] = [
        body.contract_chain,
        body.encrypted_private_key,
        body.dh_public_key,
        body.emaid,
    ]
    digests = {
        f"#{element.id}": hashlib.sha256(encode_fragment(element)).digest() for element in signed
    }
    references = message.header.signature.signed_info.references
    assert {one.uri: one.digest_value for one in references} == digests


def test_a_negative_response_needs_lenient_facets() -> None:
    """A service that has no contract fills what is mandatory with one octet."""
    published = stream("hubject/negative_response.exi")
    with pytest.raises(ExiError) as refusal:
        decode(published, Schema.ISO15118_2)
    assert refusal.value.code == "exi_limit"
    assert refusal.value.path[-2:] == ("eMAID", "value")
    message = decode(published, Schema.ISO15118_2, Facets.LENIENT)
    assert isinstance(message.body, iso15118_2.CertificateInstallationRes)
    assert message.body.response_code == "FAILED_NoCertificateAvailable"
    assert message.body.emaid == iso15118_2.EMAID(id="0", value="0")
    assert encode(message, Facets.LENIENT) == published
    with pytest.raises(ExiError):
        encode(message)


def test_lenient_facets_keep_the_maximum() -> None:
    message = decode(stream("hubject/negative_response.exi"), Schema.ISO15118_2, Facets.LENIENT)
    assert isinstance(message.body, iso15118_2.CertificateInstallationRes)
    emaid = replace(message.body.emaid, value="X" * 16)
    with pytest.raises(ExiError) as refusal:
        encode(replace(message, body=replace(message.body, emaid=emaid)), Facets.LENIENT)
    assert refusal.value.code == "exi_limit"


@pytest.mark.parametrize("element", RISE_V2G["fragments"])
def test_rise_v2g_fragments(element: str) -> None:
    """RISE-V2G's own test data: each fragment and its digest."""
    published = bytes.fromhex(RISE_V2G["fragments"][element]["exi"])
    value = decode_fragment(published, fragment_roots(Schema.ISO15118_2)[element].cls)
    assert encode_fragment(value) == published
    assert hashlib.sha256(published).hexdigest().upper() == RISE_V2G["fragments"][element]["sha256"]


def test_rise_v2g_fragments_from_their_values() -> None:
    """The same bytes out of the values alone."""
    wanted = {name: bytes.fromhex(one["exi"]) for name, one in RISE_V2G["fragments"].items()}
    emaid = iso15118_2.EMAID(id=RISE_V2G["id"]["eMAID"], value=RISE_V2G["emaid"])
    key = iso15118_2.DHPublicKey(
        id=RISE_V2G["id"]["DHpublickey"], value=bytes.fromhex(RISE_V2G["dh_public_key"])
    )
    encrypted = iso15118_2.ContractSignatureEncryptedPrivateKey(
        id=RISE_V2G["id"]["ContractSignatureEncryptedPrivateKey"],
        value=bytes.fromhex(RISE_V2G["encrypted_private_key"]),
    )
    assert encode_fragment(emaid) == wanted["eMAID"]
    assert encode_fragment(key) == wanted["DHpublickey"]
    assert encode_fragment(encrypted) == wanted["ContractSignatureEncryptedPrivateKey"]


def test_rise_v2g_signed_info() -> None:
    """Coded with the XML Signature schema alone; holds the four digests of the fragments."""
    published = bytes.fromhex(RISE_V2G["signed_info_exi"])
    signed_info = decode_fragment(published, SignedInfo)
    assert encode_fragment(signed_info) == published
    digests = {one["sha256"] for one in RISE_V2G["fragments"].values()}
    assert {one.digest_value.hex().upper() for one in signed_info.references} == digests


def test_how_fragments_begin() -> None:
    """The codes that other implementations get wrong: SignedInfo, eMAID, the -20 contract."""
    begins = {row.element: row.stream.hex() for row in rows() if row.fragment}
    assert RISE_V2G["signed_info_exi"].startswith("808112B4")
    assert begins["SignedInstallationData"].startswith("80738")
    emaid = iso15118_2.EMAID(id="id4", value="DEABCC123ABC56")
    typed_wrongly = "80EC02B4B21A"
    assert encode_fragment(emaid).hex().upper() == (
        "80EC0202B4B21A40041111505090D0CC4C8CD05090CD4DBD3D00"
    )
    with pytest.raises(ExiError):
        decode_fragment(bytes.fromhex(typed_wrongly) + bytes(20), iso15118_2.EMAID)


@pytest.mark.parametrize(
    ("namespace", "schema"),
    [
        ("urn:iso:15118:2:2013:MsgDef", Schema.ISO15118_2),
        ("urn:iso:std:iso:15118:-20:CommonMessages", Schema.ISO15118_20),
        ("urn:iso:15118:20:2020:MsgDef", Schema.ISO15118_20),
        ("urn:iso:15118:20:2022:MsgDef", Schema.ISO15118_20),
        ("urn:din:70121:2012:MsgDef", None),
    ],
)
def test_how_partners_name_schemas(namespace: str, schema: Schema | None) -> None:
    assert schema_of(namespace) is schema
