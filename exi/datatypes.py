"""Simple values: how each is written in bits, and the facets that limit it.

An attribute is its bare value. A simple element, once started, is CH, the value, EE: one bit
each beside the value, both 0.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection
from enum import StrEnum
from typing import Generic, TypeVar

from exi.bits import BitReader, BitWriter
from exi.errors import ExiError
from exi.spellings import EscapedOctets, EscapedText

Value = TypeVar("Value")

ESCAPED_END = 0b1_000
"""The undeclared EE before any content: the escape, then 0 of the second level's 3 bits."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def up_to(most: int) -> range:
    """Return the lengths 0 to `most`."""
    return range(most + 1)


def between(least: int, most: int) -> range:
    """Return the lengths `least` to `most`."""
    return range(least, most + 1)


def unexpected(source: BitReader) -> ExiError:
    """Return the error for an event that the grammar does not have where `source` stands."""
    return ExiError(
        "exi_unexpected",
        "this is not the message it is read as, or is not written by ISO 15118's EXI profile",
        bit=source.position,
    )


class Datatype(ABC, Generic[Value]):
    """One kind of simple value. Reading and writing raise ExiError (`exi_limit` and others)."""

    escaped: Value | None = None
    """The empty value of an element that the undeclared EE ended, where the kind has one."""

    @abstractmethod
    def read(self, source: BitReader) -> Value:
        """Take the bare value."""

    @abstractmethod
    def write(self, sink: BitWriter, value: Value) -> None:
        """Write the bare value."""

    def read_element(self, source: BitReader) -> Value:
        """Take CH, the value and EE of an element that has been started."""
        if source.bits(1):
            return self.read_escaped_end(source)
        value = self.read(source)
        if source.bits(1):
            raise unexpected(source)
        return value

    def write_element(self, sink: BitWriter, value: Value) -> None:
        """Write CH, the value and EE of an element that has been started."""
        sink.bits(0, 1)
        self.write(sink, value)
        sink.bits(0, 1)

    def read_escaped_end(self, source: BitReader) -> Value:
        """Take the second level's code, behind the escape; only an empty value may end so."""
        if source.bits(3) or self.escaped is None:
            raise unexpected(source)
        return self.escaped

    def ends_escaped(self, value: Value, sink: BitWriter) -> bool:  # noqa: ARG002 - see _Sized
        """Return whether `value` is to be written as the undeclared EE."""
        return False


class _Sized(Datatype[Value]):
    """A value with a length, which is limited to `sizes`; a lenient stream keeps the maximum."""

    unit: str

    def __init__(self, sizes: Collection[int]) -> None:
        self.sizes = sizes
        self.most = max(sizes)

    def check(self, size: int, stream: BitReader | BitWriter) -> None:
        """Raise ExiError (`exi_limit`) where a value may not be `size` long."""
        if size in self.sizes or not (stream.strict or size > self.most):
            return
        least = min(self.sizes)
        limits = f"{least} to {self.most}" if stream.strict else f"at most {self.most}"
        raise ExiError(
            "exi_limit",
            f"{size} {self.unit} where {limits} are allowed",
            bit=stream.position if isinstance(stream, BitReader) else None,
        )

    def read_escaped_end(self, source: BitReader) -> Value:
        self.check(0, source)
        return super().read_escaped_end(source)

    def ends_escaped(self, value: Value, sink: BitWriter) -> bool:
        if type(value) is not type(self.escaped):
            return False
        self.check(0, sink)
        return True

    def write_element(self, sink: BitWriter, value: Value) -> None:
        if self.ends_escaped(value, sink):
            sink.bits(ESCAPED_END, 4)
        else:
            super().write_element(sink, value)


class Text(_Sized[str]):
    """A string of XML characters, written literally (EXI 1.0, 7.1.10 and 7.3.3).

    The length counts code points and stands two higher: 0 and 1 would point into string tables,
    which no encoder of the field uses and which are refused (`exi_string_table`).
    """

    escaped = EscapedText()
    unit = "characters"

    def read(self, source: BitReader) -> str:
        """Take the length and the characters."""
        size = source.unsigned() - 2
        if size < 0:
            raise ExiError(
                "exi_string_table",
                "string-table references are not read; write every string literally",
                bit=source.position,
            )
        self.check(size, source)
        start = source.position
        octets = source.octets(size)
        if octets.isascii():
            text = octets.decode("ascii")
        else:
            source.position = start
            text = "".join([_character(source) for _ in range(size)])
        if not text.isprintable() and _NOT_XML.search(text):
            raise ExiError("exi_limit", "this text is not all XML characters", bit=start)
        return text

    def write(self, sink: BitWriter, value: str) -> None:
        """Write the length and the characters."""
        self.check(len(value), sink)
        if not value.isprintable() and _NOT_XML.search(value):
            raise ExiError("exi_limit", "this text is not all XML characters")
        sink.unsigned(len(value) + 2)
        if value.isascii():
            sink.octets(value.encode("ascii"))
        else:
            for character in value:
                sink.unsigned(ord(character))


def _character(source: BitReader) -> str:
    code = source.unsigned(groups=3)
    if code > 0x10FFFF:
        raise ExiError("exi_limit", "this is no Unicode character", bit=source.position)
    return chr(code)


class Octets(_Sized[bytes]):
    """Binary, base64 in XML: the number of octets, then the octets (EXI 1.0, 7.1.1)."""

    escaped = EscapedOctets()
    unit = "octets"

    def read(self, source: BitReader) -> bytes:
        """Take the length and the octets."""
        size = source.unsigned()
        self.check(size, source)
        return source.octets(size)

    def write(self, sink: BitWriter, value: bytes) -> None:
        """Write the length and the octets."""
        self.check(len(value), sink)
        sink.unsigned(len(value))
        sink.octets(value)


class Hexadecimal(Octets):
    """Binary that XML and JSON write as hexadecimal digits."""


class Number(Datatype[int]):
    """A number from `least` to `most`, on every stream."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        magnitude = max(most, -least - 1)
        self.groups = -(-magnitude.bit_length() // 7)

    def check(self, value: int, source: BitReader | None = None) -> None:
        """Raise ExiError (`exi_limit`) where `value` is outside the limits."""
        if not self.least <= value <= self.most:
            bit = None if source is None else source.position
            raise ExiError("exi_limit", f"a number beyond {self.least} … {self.most}", bit=bit)


class Integer(Number):
    """A sign bit and the magnitude, a negative one less 1 (EXI 1.0, 7.1.5)."""

    def read(self, source: BitReader) -> int:
        """Take the sign and the magnitude."""
        negative = source.bits(1)
        magnitude = source.unsigned(self.groups)
        value = -magnitude - 1 if negative else magnitude
        self.check(value, source)
        return value

    def write(self, sink: BitWriter, value: int) -> None:
        """Write the sign and the magnitude."""
        self.check(value)
        sink.bits(value < 0, 1)
        sink.unsigned(-value - 1 if value < 0 else value)


class Unsigned(Number):
    """A number of any size that is not negative (EXI 1.0, 7.1.6)."""

    def __init__(self, most: int) -> None:
        super().__init__(0, most)

    def read(self, source: BitReader) -> int:
        """Take the groups of seven bits."""
        value = source.unsigned(self.groups)
        self.check(value, source)
        return value

    def write(self, sink: BitWriter, value: int) -> None:
        """Write the groups of seven bits."""
        self.check(value)
        sink.unsigned(value)


class UnsignedByte(Number):
    """xs:unsignedByte: a range this small takes n bits, here 8 (EXI 1.0, 7.1.5 and 7.1.9)."""

    def __init__(self) -> None:
        super().__init__(0, 255)

    def read(self, source: BitReader) -> int:
        """Take 8 bits."""
        return source.bits(8)

    def write(self, sink: BitWriter, value: int) -> None:
        """Write 8 bits."""
        self.check(value)
        sink.bits(value, 8)


Member = TypeVar("Member", bound=StrEnum)


class Enumeration(Datatype[Member]):
    """A word out of `words`, by its place in the schema, in n bits (EXI 1.0, 7.2)."""

    def __init__(self, words: type[Member]) -> None:
        self.words = words
        self._members = tuple(words)
        self._places = {member: place for place, member in enumerate(words)}
        self._width = (len(self._members) - 1).bit_length()

    def read(self, source: BitReader) -> Member:
        """Take the place of the word."""
        place = source.bits(self._width)
        if place >= len(self._members):
            raise ExiError(
                "exi_limit", f"the schema has {len(self._members)} words here", bit=source.position
            )
        return self._members[place]

    def write(self, sink: BitWriter, value: Member) -> None:
        """Write the place of the word."""
        sink.bits(self._places[value], self._width)
