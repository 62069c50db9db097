"""The eMAID as a fragment of ISO 15118-2, whose name alone does not tell its type.

The schema declares `eMAID` with two types, one with an Id and one without. So EXI has no typed
grammar for the fragment and takes the one for any element (EXI 1.0, section 8.5.3), in which every
attribute, every element and untyped characters are possible: hence the wide codes. An encoder that
writes the typed form makes digests that verify nowhere else.
"""

from exi.bits import BitReader, BitWriter
from exi.datatypes import unexpected
from exi.messages.iso15118_2 import EMAID, EMAID_TEXT
from exi.messages.xmldsig import ID

_ID = (4, 9)
_CHARACTERS = (256, 9)
_END = (244, 8)


class EMAIDFragment:
    """The content of that element: Id, characters, EE."""

    def read_element(self, source: BitReader) -> EMAID:
        """Take the content. Raises ExiError."""
        _expect(source, *_ID)
        identifier = ID.read(source)
        _expect(source, *_CHARACTERS)
        text = EMAID_TEXT.read(source)
        _expect(source, *_END)
        return EMAID(id=identifier, value=text)

    def write_element(self, sink: BitWriter, value: EMAID) -> None:
        """Write the content. Raises ExiError (`exi_limit`)."""
        sink.bits(*_ID)
        ID.write(sink, value.id)
        sink.bits(*_CHARACTERS)
        EMAID_TEXT.write(sink, value.value)
        sink.bits(*_END)


def _expect(source: BitReader, code: int, width: int) -> None:
    if source.bits(width) != code:
        raise unexpected(source)
