"""What is cut out of a stream is what would be written of the value that was decoded from it."""

import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exi import ExiError, Facets, Schema, decode, decode_with_fragments, encode, encode_fragment
from exi.messages import iso15118_2
from exi.roots import DOCUMENTS, FRAGMENTS, Root
from tests.exi.values import of_class
from tests.exi.vectors import rows

MESSAGES = [(schema, root) for schema, roots in DOCUMENTS.items() for root in roots.known]
SIGNED = {
    root.cls
    for several in FRAGMENTS.values()
    for roots in several
    for root in roots.known
    if root.cls is not iso15118_2.EMAID  # its fragment has a grammar of its own
}
CHANGED_BITS = 200


def signed_values(value: Any) -> Iterator[Any]:
    """Every value within a message that may be signed, itself included."""
    if type(value) in SIGNED:
        yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from signed_values(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from signed_values(one)


def assert_cut_as_written(stream: bytes, schema: Schema, facets: Facets) -> int:
    message, fragments = decode_with_fragments(stream, schema, facets)
    assert message == decode(stream, schema, facets)
    found = list(signed_values(message))
    for value in found:
        assert fragments.of(value) == encode_fragment(value, Facets.LENIENT)
    return len(found)


@pytest.mark.parametrize(("schema", "root"), MESSAGES, ids=lambda one: getattr(one, "name", one))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_of_any_message(schema: Schema, root: Root, data: st.DataObject) -> None:
    assert_cut_as_written(encode(data.draw(of_class(root.cls))), schema, Facets.STRICT)


def test_of_the_published_messages_and_of_what_comes_of_them_by_one_bit() -> None:
    """Bits that are changed make other spellings, too, which no encoder of ours would write."""
    choose = random.Random(15118)
    read = 0
    documents = [row for row in rows() if not row.fragment]
    for row in documents:
        assert_cut_as_written(row.stream, row.schema, Facets.STRICT)
    for _ in range(CHANGED_BITS):
        row = choose.choice(documents)
        bit = choose.randrange(8, 8 * len(row.stream))
        changed = bytearray(row.stream)
        changed[bit >> 3] ^= 0x80 >> (bit & 7)
        for facets in Facets:
            try:
                assert_cut_as_written(bytes(changed), row.schema, facets)
            except ExiError:
                continue
            read += 1
    assert read > CHANGED_BITS // 2


def test_an_equal_value_of_another_stream_is_refused() -> None:
    document = next(row for row in rows() if not row.fragment and "Installation" in row.element)
    message, _ = decode_with_fragments(document.stream, document.schema)
    _, others = decode_with_fragments(document.stream, document.schema)
    values = list(signed_values(message))
    assert values
    for value in values:
        with pytest.raises(KeyError):
            others.of(value)
