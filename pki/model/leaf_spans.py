"""Where the contents lie that differ between leaves of one issuer and role.

Such leaves are the same bytes but for serial number, dates, common name, public key, key
identifier and signature. Validation judges a leaf by the bytes that it shares with an accepted
one (`path_template`), issuing writes one into the bytes of a linted draft (`draft_template`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from pki.model.path_frame import attribute_elements, element

P256_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480 section 2), less the point."""

_COMMON_NAME = bytes.fromhex("0603550403")
_SUBJECT_KEY_ID = bytes.fromhex("0603551d0e")
_ASCII_STRINGS = (0x0C, 0x13)  # UTF8String and PrintableString: ASCII is itself in both
_UTC_TIME, _INTEGER, _EXTENSIONS = 0x17, 0x02, 0xA3

Span = tuple[int, int]
"""Start and end."""


@dataclass(frozen=True, slots=True)
class LeafSpans:
    """Where the contents lie that differ, in the order of the bytes."""

    serial: Span
    not_before: Span
    not_after: Span
    common_name: Span
    point: Span
    key_id: Span

    def in_order(self) -> tuple[Span, ...]:
        """Return all of them, the first first."""
        return (
            self.serial,
            self.not_before,
            self.not_after,
            self.common_name,
            self.point,
            self.key_id,
        )


def find_spans(der: bytes, signed: int) -> LeafSpans | None:
    """Return the spans of the TBSCertificate that begins at `signed`.

    None for a leaf of another make: another key than an uncompressed P-256 point, dates that are
    not UTCTime, no common name or several. Raises IndexError where the bytes end too early.
    """
    position, signed_end = element(der, signed)
    _, position = element(der, position)  # version
    serial = element(der, position) if der[position] == _INTEGER else None
    if serial is None:
        return None
    _, position = element(der, serial[1])  # algorithm
    _, position = element(der, position)  # issuer
    validity, subject = element(der, position)
    not_before = element(der, validity)
    not_after = element(der, not_before[1])
    if der[validity] != _UTC_TIME or der[not_before[1]] != _UTC_TIME:
        return None
    common_name = _common_name_span(der, subject)
    _, key = element(der, subject)
    point, key_end = key + len(P256_KEY), key + len(P256_KEY) + 64
    if common_name is None or der[key:point] != P256_KEY or der[key_end] != _EXTENSIONS:
        return None
    key_id = _key_id_span(der, key_end)
    if key_id is None or element(der, key_end)[1] != signed_end:
        return None
    return LeafSpans(serial, not_before, not_after, common_name, (point, key_end), key_id)


def shared_pieces(
    der: bytes, spans: LeafSpans, start: int, end: int
) -> tuple[tuple[int, int, bytes], ...]:
    """Return what lies between `start` and `end` beside the spans: start, end and bytes of each."""
    pieces = []
    position = start
    for span_start, span_end in [*spans.in_order(), (end, end)]:
        pieces.append((position, span_start, der[position:span_start]))
        position = span_end
    return tuple(pieces)


def is_positive(serial: bytes) -> bool:
    """Whether the content of an INTEGER is positive and of minimal length (X.690 section 8.3)."""
    return 0 < serial[0] < 0x80 or (serial[0] == 0 and len(serial) > 1 and serial[1] >= 0x80)


def read_utc_time(text: bytes) -> datetime | None:
    """Read `YYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5.1); None for anything else."""
    if len(text) != 13 or text[12:] != b"Z" or not text[:12].isdigit():
        return None
    digits = [int(text[i : i + 2]) for i in range(0, 12, 2)]
    year = digits[0] + (1900 if digits[0] >= 50 else 2000)
    try:
        return datetime(year, *digits[1:], tzinfo=UTC)  # type: ignore[misc, arg-type] # five of them
    except ValueError:
        return None


def _common_name_span(der: bytes, subject: int) -> Span | None:
    """The content of the one common name of a Name whose sets have one attribute each."""
    names = [
        value
        for type_, value in attribute_elements(der, subject) or ()
        if der[type_:value] == _COMMON_NAME
    ]
    if len(names) != 1 or der[names[0]] not in _ASCII_STRINGS:
        return None
    return element(der, names[0])


def _key_id_span(der: bytes, extensions: int) -> Span | None:
    """The octets of the subject key identifier (RFC 5280 section 4.2.1.2)."""
    position, _ = element(der, extensions)
    position, end = element(der, position)
    while position < end:
        content, extension_end = element(der, position)
        if der.startswith(_SUBJECT_KEY_ID, content):
            value, value_end = element(der, content + len(_SUBJECT_KEY_ID))
            inner = element(der, value)
            return inner if inner[1] == value_end == extension_end else None
        position = extension_end
    return None
