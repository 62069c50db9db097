"""Leaves that differ from an accepted one in nothing but what differs from vehicle to vehicle.

One issuer's leaves of one role are the same bytes but for serial number, dates, common name,
public key, key identifier and signature. Where all the other bytes are the same, every finding
that rests on them is the same too, so that only these six are left to judge.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from pki.model.leaf_spans import (
    LeafSpans,
    find_spans,
    is_positive,
    read_utc_time,
    shared_pieces,
)
from pki.model.path_certificate import PathCertificate
from pki.model.path_frame import element

_BIT_STRING = 0x03
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
class LeafTemplate:
    """The bytes that leaves of one issuer and role share, learnt from an accepted one.

    `maximum_der_bytes` and `maximum_life` are the profile's, `tolerances` those of the path with
    such a leaf.
    """

    issuer: PathCertificate
    issuer_key: ec.EllipticCurvePublicKey
    algorithm: ec.ECDSA
    name: tuple[str, str]  # RFC 4514, before and after the common name
    spans: LeafSpans
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
        not_before = read_utc_time(der[slice(*self.spans.not_before)])
        not_after = read_utc_time(der[slice(*self.spans.not_after)])
        if (
            signature is None
            or not is_positive(serial)
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
        signed_start, outer_end = element(leaf.der, 0)
        spans = find_spans(leaf.der, signed_start)
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
        shared=shared_pieces(leaf.der, spans, signed_start, signed_end),
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


def _around_common_name(leaf: PathCertificate) -> tuple[str, str] | None:
    """The subject's text before and after `CN=…`, where the common name stands in it once."""
    common_name = leaf.common_name
    before, found, after = leaf.name.partition(f"CN={common_name}")
    if not common_name or not found or f"CN={common_name}" in after or "CN=" in before + after:
        return None
    return before + "CN=", after


def _is_on_curve(point: bytes) -> bool:
    x, y = int.from_bytes(point[:32]), int.from_bytes(point[32:])
    return x < _P and y < _P and (y * y - x * x * x + 3 * x - _B) % _P == 0
