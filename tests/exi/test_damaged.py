"""Bytes that are no message: one typed error, at once, whatever they promise."""

import random
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exi import ExiError, Facets, Schema, decode, decode_fragment, encode
from exi.bits import MAX_MESSAGE_BYTES, BitWriter
from exi.messages import iso15118_2
from foundation.errors import Kind, ServiceError
from tests.exi.vectors import Row, rows, smallest_of_each, stream

MUTATIONS = 12_000


def refused(call: Callable[..., Any], *arguments: Any) -> ExiError:
    with pytest.raises(ExiError) as refusal:
        call(*arguments)
    return refusal.value


def test_the_error_is_typed() -> None:
    failure = refused(decode, stream("hubject/request.exi")[:400], Schema.ISO15118_2)
    assert isinstance(failure, ServiceError)
    assert (failure.kind, failure.code) == (Kind.MALFORMED, "exi_truncated")
    assert failure.bit is not None
    assert 0 < failure.bit <= 8 * 400
    path = "V2G_Message/Body/CertificateInstallationReq/OEMProvisioningCert"
    assert "/".join(failure.path) == path
    assert failure.fields == {path: failure.detail}
    assert str(failure.bit) in failure.detail


@pytest.mark.parametrize("row", smallest_of_each(), ids=lambda row: row.name)
def test_truncated_anywhere(row: Row) -> None:
    for size in range(len(row.stream)):
        assert refused(row.decode, row.stream[:size]).code == "exi_truncated"


@pytest.mark.parametrize("row", smallest_of_each(), ids=lambda row: row.name)
def test_trailing_bytes(row: Row) -> None:
    for trailing in (b"\0", b"\x80", row.stream):
        assert refused(row.decode, row.stream + trailing).code == "exi_trailing"


def test_the_bits_that_fill_the_last_byte_are_zero() -> None:
    """Otherwise one message would have several spellings."""
    refusals = 0
    for row in rows():
        for bit in range(7):
            changed = row.stream[:-1] + bytes([row.stream[-1] ^ 1 << bit])
            try:
                value = row.decode(changed)
            except ExiError as failure:
                refusals += failure.code == "exi_trailing"
            else:
                assert row.encode(value) == changed
    assert refusals > 2 * len(rows())


def _mutate(stream: bytes, chance: random.Random) -> bytes:
    changed = bytearray(stream)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        place = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                del changed[place : place + chance.randrange(1, 9)]
            case 2:
                changed[place:place] = chance.randbytes(chance.randrange(1, 9))
            case _:
                changed[place] ^= 1 << chance.randrange(8)
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_messages(seed: int) -> None:
    """Refused with a place within the data, or read as a message that is spelled just so."""
    chance = random.Random(seed)
    kinds = [row for row in rows() if len(row.stream) < 1500]
    began, read = time.process_time(), 0
    for _ in range(MUTATIONS // 4):
        row = chance.choice(kinds)
        changed = _mutate(row.stream, chance)
        try:
            value = row.decode(changed, Facets.LENIENT)
        except ExiError as failure:
            assert failure.bit is not None
            assert 0 <= failure.bit <= 8 * len(changed)
        else:
            read += 1
            assert row.encode(value, Facets.LENIENT) == changed
    assert read > 100  # flips within certificates and texts
    assert time.process_time() - began < 30


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_random_bytes(noise: bytes, begins_well: bool) -> None:
    head = b"\x80\x98\x02" if begins_well else b""
    for schema in Schema:
        failure = refused(decode, head + noise, schema)
        assert failure.bit is not None


def _bomb(spell: Callable[[BitWriter], None]) -> bytes:
    """A request up to its root certificate ids, then whatever `spell` writes."""
    sink = BitWriter(strict=True)
    sink.bits(76, 7)  # V2G_Message
    sink.bits(0, 3)  # Header, SessionID, CH
    sink.unsigned(8)
    sink.octets(bytes(8))
    sink.bits(0, 1)  # end of SessionID
    sink.bits(2, 2)  # end of Header: behind Notification and Signature
    sink.bits(0, 1)  # Body
    sink.bits(5, 6)  # CertificateInstallationReq
    sink.bits(0, 1)  # Id
    spell(sink)
    return sink.finish()


def _huge_text(sink: BitWriter) -> None:
    sink.unsigned(1 << 60)


def _huge_octets(sink: BitWriter) -> None:
    sink.unsigned(5)
    sink.octets(b"id1")
    sink.bits(0, 2)  # OEMProvisioningCert, CH
    sink.unsigned(1 << 60)


def _allowed_but_absent_octets(sink: BitWriter) -> None:
    sink.unsigned(5)
    sink.octets(b"id1")
    sink.bits(0, 2)
    sink.unsigned(800)


def _endless_number(sink: BitWriter) -> None:
    sink.octets(b"\xff" * 60_000)


@pytest.mark.parametrize(
    ("spell", "code"),
    [
        (_huge_text, "exi_limit"),
        (_huge_octets, "exi_limit"),
        (_allowed_but_absent_octets, "exi_truncated"),
        (_endless_number, "exi_limit"),
    ],
)
def test_bombs(spell: Callable[[BitWriter], None], code: str) -> None:
    bomb = _bomb(spell)
    decode_nothing = refused(decode, b"\x80", Schema.ISO15118_2)
    assert decode_nothing.code == "exi_truncated"
    tracemalloc.start()
    try:
        failure = refused(decode, bomb, Schema.ISO15118_2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert failure.code == code
    assert failure.path[-1] in {"Id", "OEMProvisioningCert"}
    assert peak < 250_000


def test_a_megabyte_of_noise() -> None:
    noise = b"\x80\x98" + random.Random(3).randbytes(1 << 20)
    for schema in Schema:
        assert refused(decode, noise, schema).code == "exi_too_large"
    largest = b"\x80\x98" + bytes(MAX_MESSAGE_BYTES - 2)
    assert refused(decode, largest, Schema.ISO15118_2).code != "exi_too_large"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "exi_truncated"),
        (b"$EXI\x80\x98", "exi_header"),
        (b"\xa0\x98", "exi_header"),  # with options
        (b"\x81\x98", "exi_header"),  # another version
        (b"\x01\xfe\x80\x01", "exi_header"),  # V2GTP in front
        (b"<?xml version='1.0'?>", "exi_header"),
        (b"\x80\xee\x00", "exi_unsupported"),  # another root
    ],
)
def test_other_beginnings(head: bytes, code: str) -> None:
    assert refused(decode, head, Schema.ISO15118_2).code == code


def test_another_message_of_the_standard() -> None:
    """SessionSetupReq is declared, and not among those about certificates."""
    sink = BitWriter(strict=True)
    sink.bits(76, 7)
    sink.bits(0, 3)
    sink.unsigned(0)
    sink.bits(0, 1)
    sink.bits(2, 2)
    sink.bits(0, 1)
    sink.bits(31, 6)
    failure = refused(decode, sink.finish(), Schema.ISO15118_2)
    assert (failure.code, failure.path) == ("exi_unsupported", ("V2G_Message", "Body"))


def test_a_message_of_the_other_standard() -> None:
    for row in smallest_of_each():
        if not row.fragment:
            (other,) = set(Schema) - {row.schema}
            refused(decode, row.stream, other)


def test_a_fragment_of_another_element() -> None:
    published = next(row for row in rows() if row.element == "DHpublickey")
    failure = refused(decode_fragment, published.stream, iso15118_2.EMAID)
    assert failure.code == "exi_unsupported"


def test_string_table_references() -> None:
    """Lengths 0 and 1 point into string tables: refused by name, in every text."""
    for pointer in (0, 1):
        bomb = _bomb(partial(BitWriter.unsigned, value=pointer))
        assert refused(decode, bomb, Schema.ISO15118_2).code == "exi_string_table"


def test_numbers_have_one_spelling() -> None:
    """A length of 5 in two groups, the second idle."""
    bomb = _bomb(partial(BitWriter.octets, octets=b"\x85\x00id1"))
    failure = refused(decode, bomb, Schema.ISO15118_2)
    assert (failure.code, failure.path[-1]) == ("exi_unexpected", "Id")


@pytest.mark.parametrize("text", ["\0", "a\x1b", "\ufffe", "x\x0b"])
def test_texts_are_xml_characters(text: str) -> None:
    """What no XML can hold reaches no database and no log."""

    def spell(sink: BitWriter) -> None:
        sink.unsigned(len(text) + 2)
        for character in text:
            sink.unsigned(ord(character))

    assert refused(decode, _bomb(spell), Schema.ISO15118_2).code == "exi_limit"


@pytest.mark.parametrize("code", [0xD800, 0xDFFF, 0x110000, 0x1FFFFF])
def test_texts_are_unicode(code: int) -> None:
    def spell(sink: BitWriter) -> None:
        sink.unsigned(3)
        sink.unsigned(code)

    assert refused(decode, _bomb(spell), Schema.ISO15118_2).code == "exi_limit"


def test_what_breaks_the_schema_is_not_written() -> None:
    message = decode(stream("foreign/request.exi"), Schema.ISO15118_2)
    header = iso15118_2.Header(session_id=bytes(9))
    broken = iso15118_2.V2GMessage(header=header, body=message.body)
    failure = refused(encode, broken)
    assert (failure.code, failure.bit) == ("exi_limit", None)
    assert failure.path == ("V2G_Message", "Header", "SessionID")
