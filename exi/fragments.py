"""The signed elements of a stream that was decoded, as fragments: their bits, cut out of it.

The content of an element has the same bits in a document and in a fragment, and a value that was
decoded is written as it was read (`exi.spellings`). So what `encode_fragment` would write of such a
value stands in the stream already, at another place within its octets.
"""

from typing import Any, NamedTuple

from exi.bits import HEADER, BitReader
from exi.codec import Message, decode_from
from exi.roots import fragment_of
from exi.schema import Facets, Schema


class Fragments:
    """Cuts fragments out of one stream, for the very values that were decoded from it."""

    def __init__(self, stream: bytes, spans: list[tuple[Any, int, int]]) -> None:
        self._stream = stream
        self._spans = spans

    def of(self, element: Any) -> bytes:
        """Return what `encode_fragment` would; KeyError for a value that is not of this stream."""
        for value, start, end in self._spans:
            if value is element:
                return self._cut(start, end, type(element))
        raise KeyError(type(element).__name__)

    def _cut(self, start: int, end: int, cls: type[Any]) -> bytes:
        roots, root = fragment_of(cls)
        size = end - start
        octets = self._stream[start >> 3 : (end + 7) >> 3]
        content = int.from_bytes(octets) >> (-end & 7) & ((1 << size) - 1)
        whole = (HEADER << roots.width | root.code) << size | content
        size += 8 + roots.width
        if roots.end is not None:
            whole = whole << roots.width | roots.end
            size += roots.width
        fill = -size & 7
        return (whole << fill).to_bytes((size + fill) >> 3)


class DecodedMessage(NamedTuple):
    """A message, and the fragments of its signed elements."""

    message: Message
    fragments: Fragments


def decode_with_fragments(
    stream: bytes, schema: Schema, facets: Facets = Facets.STRICT
) -> DecodedMessage:
    """As `decode`, and keep where each element that may be signed stands."""
    source = BitReader(stream, strict=facets is Facets.STRICT)
    source.spans = []
    message = decode_from(source, schema)
    return DecodedMessage(message, Fragments(stream, source.spans))
