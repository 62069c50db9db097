"""Leaves that differ from an accepted one in nothing but what differs from vehicle to vehicle.

One issuer's leaves of one role are the same bytes but for serial number, dates, common name,
public key, key identifier and signature. Where all the other bytes are the same, every finding
that rests on them is the same too, so that only these six are left to judge.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from pki.model.path_certificate import PathCertificate
from pki.model.path_frame import attribute_elements, element

_COMMON_NAME = bytes.fromhex("0603550403")
_SUBJECT_KEY_ID = bytes.fromhex("0603551d0e")
_P256_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480 section 2), less the point."""

_ASCII_STRINGS = (0x0C, 0x13)  # UTF8String and PrintableString: ASCII is itself in both
_UTC_TIME, _INTEGER, _BIT_STRING, _EXTENSIONS = 0x17, 0x02, 0x03, 0xA3
_LONG_FORM = b"\x30\x82"  # a SEQUENCE of 256 to 65,535 octets

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve of SP 800-186 section 3.2.1.3: y² = x³ - 3x + b (mod p)."""


@dataclass(frozen=True, slots=True)
class FittedLeaf:
    """A leaf that fits a template: what path validation wants to know of it.

    Named like the attributes of `PathCertificate`.
    """

    serial_number: int
    fingerprint: str
    issuer: x509.Name
    name: str
    common_name: str
    not_before: datetime
    not_after: datetime

    @property
    def shown(self) -> str:
        """How a reason names the certificate."""
        return "the end-entity certificate"


@dataclass(frozen=True, slots=True)
class _Spans:
    """Where the contents lie that differ, as (start, end) in the DER."""

    serial: tuple[int, int]
    not_before: tuple[int, int]
    not_after: tuple[int, int]
    common_name: tuple[int, int]
    point: tuple[int, int]
    key_id: tuple[int, int]

    def in_order(self) -> list[tuple[int, int]]:
        return [
            self.serial,
            self.not_before,
            self.not_after,
            self.common_name,
            self.point,
            self.key_id,
        ]


@dataclass(frozen=True, slots=True)
class LeafTemplate:
    """The bytes that leaves of one issuer and role share, learnt from an accepted one.

    `maximum_der_bytes` and `maximum_life` are the profile's, `tolerances` those of the path with
    such a leaf.
    """

    issuer: PathCertificate
    issuer_key: ec.EllipticCurvePublicKey
    algorithm: ec.ECDSA
    name: tuple[str, str]  # RFC 4514, before and after the common name
    spans: _Spans
    shared: tuple[tuple[int, int, bytes], ...]
    signed_end: int
    outer_algorithm: bytes
    maximum_der_bytes: int
    maximum_life: timedelta
    tolerances: tuple[str, ...]

    def fit(self, der: bytes) -> FittedLeaf | None:
        """Return the leaf where it fits and its issuer signed it; None for any doubt.

        Never raises. Dates against the present, the form of the common name and revocation are
        left to the caller.
        """
        end = self.signed_end
        if not self.signed_end < len(der) <= self.maximum_der_bytes or any(
            der[start:stop] != same for start, stop, same in self.shared
        ):
            return None
        signature = self._signature(der)
        serial = der[slice(*self.spans.serial)]
        common_name = der[slice(*self.spans.common_name)]
        not_before = _utc_time(der[slice(*self.spans.not_before)])
        not_after = _utc_time(der[slice(*self.spans.not_after)])
        if (
            signature is None
            or not _is_positive(serial)
            or not common_name.isalnum()  # of bytes: ASCII letters and digits alone
            or not_before is None
            or not_after is None
            or not timedelta(0) < not_after - not_before <= self.maximum_life
            or not _is_on_curve(der[slice(*self.spans.point)])
        ):
            return None
        try:
            self.issuer_key.verify(signature, der[4:end], self.algorithm)
        except InvalidSignature:
            return None
        text = common_name.decode("ascii")
        return FittedLeaf(
            serial_number=int.from_bytes(serial),
            fingerprint=hashlib.sha256(der).hexdigest(),
            issuer=self.issuer.subject,
            name=text.join(self.name),
            common_name=text,
            not_before=not_before,
            not_after=not_after,
        )

    def _signature(self, der: bytes) -> bytes | None:
        """Return the signature, where outer length, algorithm and BIT STRING are canonical."""
        start = self.signed_end + len(self.outer_algorithm)
        content = start + 3
        if (
            der[:2] != _LONG_FORM
            or int.from_bytes(der[2:4]) != len(der) - 4
            or der[self.signed_end : start] != self.outer_algorithm
            or len(der) - content > 0x7E
            or der[start:content] != bytes((_BIT_STRING, len(der) - start - 2, 0))
        ):
            return None
        return der[content:]


def learn_template(
    leaf: PathCertificate,
    issuer: PathCertificate,
    maximum_der_bytes: int,
    maximum_life: timedelta,
    tolerances: tuple[str, ...],
) -> LeafTemplate | None:
    """Return the template of an accepted leaf; None where it is of no sort that has one.

    The leaf must have been accepted, the whole way or as a plain repeated leaf: all that its shared
    bytes say was found good then.
    """
    algorithm = leaf.certificate.signature_algorithm_parameters
    name = _around_common_name(leaf)
    try:
        spans = _find_spans(leaf.der)
        signed_start, outer_end = element(leaf.der, 0)
        _, signed_end = element(leaf.der, signed_start)
        _, algorithm_end = element(leaf.der, signed_end)
    except IndexError:
        return None
    if (
        spans is None
        or name is None
        or signed_start != 4
        or outer_end != len(leaf.der)
        or leaf.der[4:6] != _LONG_FORM
        or not isinstance(issuer.public_key, ec.EllipticCurvePublicKey)
        or not isinstance(algorithm, ec.ECDSA)
        or not leaf.frame.algorithms_agree
        or len(leaf.frame.subject) == len(issuer.frame.subject)  # no other leaf is self-issued
    ):
        return None
    template = LeafTemplate(
        issuer=issuer,
        issuer_key=issuer.public_key,
        algorithm=algorithm,
        name=name,
        spans=spans,
        shared=_shared(leaf.der, spans, signed_end),
        signed_end=signed_end,
        outer_algorithm=leaf.der[signed_end:algorithm_end],
        maximum_der_bytes=maximum_der_bytes,
        maximum_life=maximum_life,
        tolerances=tolerances,
    )
    return template if _reads_alike(template, leaf) else None


def _reads_alike(template: LeafTemplate, leaf: PathCertificate) -> bool:
    fitted = template.fit(leaf.der)
    return fitted is not None and all(
        getattr(fitted, name) == getattr(leaf, name) for name in FittedLeaf.__dataclass_fields__
    )


def _find_spans(der: bytes) -> _Spans | None:
    signed, _ = element(der, 0)
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
    point, key_end = key + len(_P256_KEY), key + len(_P256_KEY) + 64
    if common_name is None or der[key:point] != _P256_KEY or der[key_end] != _EXTENSIONS:
        return None
    key_id = _key_id_span(der, key_end)
    if key_id is None or element(der, key_end)[1] != signed_end:
        return None
    return _Spans(serial, not_before, not_after, common_name, (point, key_end), key_id)


def _common_name_span(der: bytes, subject: int) -> tuple[int, int] | None:
    """The content of the one common name of a Name whose sets have one attribute each."""
    names = [
        value
        for type_, value in attribute_elements(der, subject) or ()
        if der[type_:value] == _COMMON_NAME
    ]
    if len(names) != 1 or der[names[0]] not in _ASCII_STRINGS:
        return None
    return element(der, names[0])


def _key_id_span(der: bytes, extensions: int) -> tuple[int, int] | None:
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


def _shared(der: bytes, spans: _Spans, signed_end: int) -> tuple[tuple[int, int, bytes], ...]:
    pieces = []
    position = 4  # what is signed, with its header; the header before it counts the signature
    for start, end in [*spans.in_order(), (signed_end, signed_end)]:
        pieces.append((position, start, der[position:start]))
        position = end
    return tuple(pieces)


def _around_common_name(leaf: PathCertificate) -> tuple[str, str] | None:
    """The subject's text before and after `CN=…`, where the common name stands in it once."""
    common_name = leaf.common_name
    before, found, after = leaf.name.partition(f"CN={common_name}")
    if not common_name or not found or f"CN={common_name}" in after or "CN=" in before + after:
        return None
    return before + "CN=", after


def _is_positive(serial: bytes) -> bool:
    """Whether the content of an INTEGER is positive and of minimal length (X.690 section 8.3)."""
    return 0 < serial[0] < 0x80 or (serial[0] == 0 and len(serial) > 1 and serial[1] >= 0x80)


def _utc_time(text: bytes) -> datetime | None:
    """Read `YYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5.1); None for anything else."""
    if len(text) != 13 or text[12:] != b"Z" or not text[:12].isdigit():
        return None
    digits = [int(text[i : i + 2]) for i in range(0, 12, 2)]
    year = digits[0] + (1900 if digits[0] >= 50 else 2000)
    try:
        return datetime(year, *digits[1:], tzinfo=UTC)  # type: ignore[misc, arg-type] # five of them
    except ValueError:
        return None


def _is_on_curve(point: bytes) -> bool:
    x, y = int.from_bytes(point[:32]), int.from_bytes(point[32:])
    return x < _P and y < _P and (y * y - x * x * x + 3 * x - _B) % _P == 0
