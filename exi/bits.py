"""A cursor over the bits of a message, and its counterpart that writes them.

Bit-packed EXI aligns nothing. What makes it fast all the same: octets are taken and written as
one big integer that is shifted once, whatever their number.
"""

from typing import Any

from exi.errors import ExiError

HEADER = 0x80
"""The whole EXI header: no cookie, version 1, no options (EXI 1.0, section 5)."""

MAX_MESSAGE_BYTES = 65_536
"""Our own judgement: five times what a station's exiRequest or exiResponse can carry."""

LENGTH_GROUPS = 5
"""Seven-bit groups of a length that we read: 2**35 is past every message (our own judgement)."""

_MOST_PENDING = 1024  # bits: more are dearer to shift than to write out


class BitReader:
    """Reads a stream from behind its header. `strict`: facets have lower limits, too.

    Where `spans` is a list, each value that may be signed is put into it, with the bits at which
    its content begins and ends.

    Raises ExiError with the bit where reading stopped: `exi_truncated` wherever the bits end,
    and what each method names.
    """

    __slots__ = ("_octets", "end", "position", "spans", "strict")

    def __init__(self, stream: bytes, *, strict: bool) -> None:
        if len(stream) > MAX_MESSAGE_BYTES:
            raise ExiError(
                "exi_too_large",
                f"{len(stream)} bytes are no message; send at most {MAX_MESSAGE_BYTES}",
            )
        # two octets more: a window of sixteen bits may start in the last one
        self._octets = stream + b"\0\0"
        self.end = 8 * len(stream)
        self.position = 0
        self.strict = strict
        self.spans: list[tuple[Any, int, int]] | None = None
        if self.bits(8) != HEADER:
            raise ExiError(
                "exi_header",
                "send bare EXI: its first byte is 0x80, with no cookie, options or V2GTP header",
                bit=0,
            )

    def peek(self, width: int) -> int:
        """Return the next `width` bits (at most 9) without taking them."""
        position = self.position
        if position + width > self.end:
            raise ExiError("exi_truncated", "the message ends too early; send all", bit=position)
        index = position >> 3
        window = self._octets[index] << 8 | self._octets[index + 1]
        return window >> (16 - width - (position & 7)) & ((1 << width) - 1)

    def bits(self, width: int) -> int:
        """Take `width` bits (at most 9) as an unsigned number, most significant bit first."""
        # not by way of `peek`: a message takes a hundred and more
        position = self.position
        after = position + width
        if after > self.end:
            raise ExiError("exi_truncated", "the message ends too early; send all", bit=position)
        self.position = after
        index = position >> 3
        window = self._octets[index] << 8 | self._octets[index + 1]
        return window >> (16 - width - (position & 7)) & ((1 << width) - 1)

    def unsigned(self, groups: int = LENGTH_GROUPS) -> int:
        """Take an Unsigned Integer of at most `groups` seven-bit groups (EXI 1.0, 7.1.6).

        Raises ExiError: `exi_limit` beyond them, `exi_unexpected` with idle groups at the end,
        which would give one number two spellings.
        """
        octet = self.bits(8)
        if octet < 0x80:
            return octet
        value = octet & 0x7F
        for shift in range(7, 7 * groups, 7):
            octet = self.bits(8)
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                if not octet:
                    raise ExiError(
                        "exi_unexpected",
                        "write numbers in as few groups as they need",
                        bit=self.position,
                    )
                return value
        raise ExiError("exi_limit", "this number is too large to mean anything", bit=self.position)

    def octets(self, count: int) -> bytes:
        """Take `count` octets; checked against what remains before anything is reserved."""
        position = self.position
        after = position + 8 * count
        if after > self.end:
            raise ExiError(
                "exi_truncated", f"{count} octets do not fit in what remains", bit=position
            )
        self.position = after
        first, offset = position >> 3, position & 7
        if not offset:
            return self._octets[first : first + count]
        aligned = int.from_bytes(self._octets[first : first + count + 1], "big") >> (8 - offset)
        return aligned.to_bytes(count + 1, "big")[1:]

    def finish(self) -> None:
        """Refuse whatever follows End Document but the zero bits that fill its last byte.

        Raises ExiError: `exi_trailing`.
        """
        rest = self.end - self.position
        if rest >= 8 or self.bits(rest):
            raise ExiError(
                "exi_trailing", "something follows the message; send it alone", bit=self.position
            )


class BitWriter:
    """Writes a stream, its header first. `strict`: facets have lower limits, too."""

    __slots__ = ("_pending", "_width", "_written", "strict")

    def __init__(self, *, strict: bool) -> None:
        self._written = bytearray()
        self._pending = HEADER
        self._width = 8
        self.strict = strict

    def bits(self, value: int, width: int) -> None:
        """Write the number `value` in `width` bits."""
        self._pending = self._pending << width | value
        self._width += width

    def unsigned(self, value: int) -> None:
        """Write `value`, which is not negative, as an Unsigned Integer (EXI 1.0, 7.1.6)."""
        while value > 0x7F:
            self.bits(value & 0x7F | 0x80, 8)
            value >>= 7
        self.bits(value, 8)

    def octets(self, octets: bytes) -> None:
        """Write octets, wherever within a byte the stream stands."""
        self._pending = self._pending << 8 * len(octets) | int.from_bytes(octets, "big")
        self._width += 8 * len(octets)
        if self._width > _MOST_PENDING:
            odd = self._width & 7
            self._written += (self._pending >> odd).to_bytes(self._width >> 3, "big")
            self._pending &= (1 << odd) - 1
            self._width = odd

    def finish(self) -> bytes:
        """Return the stream, its last byte filled with zero bits."""
        fill = -self._width & 7
        last = (self._pending << fill).to_bytes((self._width + fill) >> 3, "big")
        return bytes(self._written + last)
