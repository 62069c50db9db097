"""The little of DER (X.690) that is written here rather than by a library."""

from datetime import UTC, datetime

SEQUENCE, OCTET_STRING, BIT_STRING, INTEGER, ENUMERATED = 0x30, 0x04, 0x03, 0x02, 0x0A
GENERALIZED_TIME = 0x18


def tlv(tag: int, content: bytes) -> bytes:
    """Return `content` behind its tag (one octet) and its length, definite and shortest."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integer(value: int) -> bytes:
    """Return an INTEGER of any size and sign."""
    # two's complement needs a sign bit beyond the magnitude, whose negatives reach one further
    magnitude = value if value >= 0 else -value - 1
    return tlv(INTEGER, value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


def generalized_time(at: datetime) -> bytes:
    """Return an aware time without its fraction of a second (RFC 5280 section 4.1.2.5.2)."""
    return tlv(GENERALIZED_TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())
