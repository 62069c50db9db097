"""Answers as XML: what is written is read again, and nothing else is."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exi import ExiError, Schema, decode, encode
from exi.messages import iso15118_2, iso15118_20
from exi.xml_form import MAXIMUM_XML_BYTES, message_from_xml, message_to_xml
from tests.exi.vectors import rows, stream


def without_session(message: Any) -> Any:
    header = replace(message.header, session_id=bytes(8))
    if isinstance(header, iso15118_20.Header):
        header = replace(header, timestamp=0)
    if isinstance(header, iso15118_2.Header):
        header = replace(header, notification=None)
    return replace(message, header=header)


def answers() -> list[tuple[Schema, Any]]:
    found: list[tuple[Schema, Any]] = [
        (Schema.ISO15118_2, decode(stream("foreign/response.exi"), Schema.ISO15118_2))
    ]
    for row in rows():
        if row.fragment:
            continue
        message = row.decode()
        body = getattr(message, "body", message)
        if isinstance(body, iso15118_2.ContractDelivery | iso15118_20.CertificateInstallationRes):
            found.append((row.schema, message))
    return found


def test_there_are_answers_of_both_schemas() -> None:
    assert {schema for schema, _ in answers()} == set(Schema)


@pytest.mark.parametrize("place", range(len(answers())))
def test_what_is_written_is_read_again(place: int) -> None:
    schema, message = answers()[place]
    message = without_session(message)
    document = message_to_xml(message)
    assert b"SessionID" not in document
    assert encode(message_from_xml(document, schema)) == encode(message)


def test_the_form_is_the_one_that_the_field_writes() -> None:
    """Prefixes, indentation and a session make no difference (as in OPCP's own example)."""
    document = message_to_xml(decode(stream("foreign/response.exi"), Schema.ISO15118_2)).decode()
    assert "urn:iso:15118:2:2013:MsgDataTypes" in document
    told = document.replace("><", ">\n  <")
    read = message_from_xml(told.encode(), Schema.ISO15118_2)
    assert read == message_from_xml(document.encode(), Schema.ISO15118_2)
    prefix = document.split('="urn:iso:15118:2:2013:MsgDef"')[0].rpartition("xmlns:")[2]
    with_session = document.replace(
        f"<{prefix}:Header>",
        f'<{prefix}:Header><h:SessionID xmlns:h="urn:iso:15118:2:2013:MsgHeader">'
        "A1B2</h:SessionID>",
    )
    read = message_from_xml(with_session.encode(), Schema.ISO15118_2)
    assert read.header.session_id == b"\xa1\xb2"


DOCUMENT = message_to_xml(decode(stream("foreign/response.exi"), Schema.ISO15118_2))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<a/>",
        b"\xff\xfe<",
        DOCUMENT[:-9],
        DOCUMENT.replace(b">OK<", b">Fine<"),
        DOCUMENT.replace(b"eMAID", b"EMAID"),
        DOCUMENT.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>'),
        DOCUMENT + b" " * MAXIMUM_XML_BYTES,
        "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
        b"<a>" * 20_000,
    ],
)
def test_anything_else_is_one_typed_error(document: bytes) -> None:
    for schema in Schema:
        with pytest.raises(ExiError) as refused:
            message_from_xml(document, schema)
        assert refused.value.code == "exi_xml"


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(0, 255))
def test_a_changed_document_is_read_or_refused(position: int, octet: int) -> None:
    changed = DOCUMENT[:position] + bytes([octet]) + DOCUMENT[position + 1 :]
    try:
        message = message_from_xml(changed, Schema.ISO15118_2)
    except ExiError:
        return
    assert isinstance(message, iso15118_2.V2GMessage)
