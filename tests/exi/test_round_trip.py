"""What is written is read back equal, whatever the tables allow."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exi import Schema, decode, decode_fragment, encode, encode_fragment
from exi.json_form import (
    fragment_from_json,
    fragment_to_json,
    message_from_json,
    message_to_json,
)
from exi.messages import iso15118_2
from exi.messages.xmldsig import X509IssuerSerial
from exi.roots import DOCUMENTS, Root, fragment_roots
from tests.exi.values import of_class

MESSAGES = [(schema, root) for schema, roots in DOCUMENTS.items() for root in roots.known]
FRAGMENTS = [root for schema in Schema for root in fragment_roots(schema).values()]


@pytest.mark.parametrize(("schema", "root"), MESSAGES, ids=lambda one: getattr(one, "name", one))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_messages(schema: Schema, root: Root, data: st.DataObject) -> None:
    message = data.draw(of_class(root.cls))
    written = encode(message)
    assert decode(written, schema) == message
    assert encode(decode(written, schema)) == written
    form = json.loads(json.dumps(message_to_json(message)))
    assert message_from_json(form, schema) == message


@pytest.mark.parametrize("root", FRAGMENTS, ids=lambda root: root.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_fragments(root: Root, data: st.DataObject) -> None:
    element = data.draw(of_class(root.cls))
    written = encode_fragment(element)
    read = decode_fragment(written, root.cls)
    assert read == element
    assert encode_fragment(read) == written
    assert fragment_from_json(json.loads(json.dumps(fragment_to_json(element))), root) == element


def _request(**changes: Any) -> iso15118_2.V2GMessage:
    body = iso15118_2.CertificateInstallationReq(
        **{
            "id": "id1",
            "oem_provisioning_certificate": b"\x30",
            "root_certificate_ids": (X509IssuerSerial(issuer_name="CN=x", serial_number=1),),
            **changes,
        }
    )
    return iso15118_2.V2GMessage(header=iso15118_2.Header(session_id=bytes(8)), body=body)


@pytest.mark.parametrize(
    "serial",
    [0, -1, 63, 64, 127, 128, 1 << 63, (1 << 160) - 1, 1 << 160, (1 << 256) - 1, -(1 << 256)],
)
def test_serial_numbers(serial: int) -> None:
    roots = (X509IssuerSerial(issuer_name="CN=x", serial_number=serial),)
    message = _request(root_certificate_ids=roots)
    assert decode(encode(message), Schema.ISO15118_2) == message


@pytest.mark.parametrize("size", range(1, 21))
def test_every_length_of_the_list_of_roots(size: int) -> None:
    roots = tuple(X509IssuerSerial(issuer_name=f"CN={n}", serial_number=n) for n in range(size))
    message = _request(root_certificate_ids=roots)
    assert decode(encode(message), Schema.ISO15118_2) == message


def test_every_length_of_binary() -> None:
    octets = bytes(range(256)) * 4
    for size in range(801):
        message = _request(oem_provisioning_certificate=octets[:size])
        assert decode(encode(message), Schema.ISO15118_2) == message
