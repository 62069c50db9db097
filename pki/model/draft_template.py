"""Drafts of leaves, written into the bytes of one that was built and linted whole.

One issuer's leaves of one profile and organization are the same bytes but for six contents. The
first of them is built by `cryptography` and linted from end to end; what the linter finds in the
bytes that all of them share, it has found there. Of a later one only the six are left to lint.
Whatever could lead to a finding is not judged here: the leaf then goes the whole way.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pki.model.build import Plan, build_draft, short_key_identifier
from pki.model.leaf_spans import LeafSpans, find_spans, is_positive, read_utc_time, shared_pieces
from pki.model.path_frame import element

_UTC_TIME_YEARS = range(1950, 2050)  # RFC 5280 section 4.1.2.5: later dates have another form


@dataclass(frozen=True, slots=True)
class Leaf:
    """What differs from leaf to leaf of one issuer, profile and organization."""

    serial: int
    common_name: str
    public_key: EllipticCurvePublicKey | Ed448PublicKey
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class DraftTemplate:
    """The bytes that linted drafts share: a TBSCertificate around six contents.

    `maximum_life` is the profile's.
    """

    spans: LeafSpans
    shared: tuple[tuple[int, int, bytes], ...]
    maximum_life: timedelta

    def draft(self, leaf: Leaf) -> bytes | None:
        """Return the leaf's linted TBSCertificate; None where it may be another or have findings.

        What is returned is, byte for byte, what building would give. Never raises.
        """
        contents = self._contents(leaf)
        spans = self.spans.in_order()
        if contents is None or any(
            len(content) != end - start
            for content, (start, end) in zip(contents, spans, strict=True)
        ):
            return None
        pieces = [piece for _, _, piece in self.shared]
        written = pieces[0] + b"".join(
            content + piece for content, piece in zip(contents, pieces[1:], strict=True)
        )
        return written if self._has_no_findings(written) else None

    def _contents(self, leaf: Leaf) -> tuple[bytes, ...] | None:
        key = leaf.public_key
        if (
            not isinstance(key, EllipticCurvePublicKey)
            or not isinstance(key.curve, SECP256R1)
            or not leaf.common_name.isascii()
            or not leaf.common_name.isprintable()
            or leaf.serial <= 0
        ):
            return None
        not_before, not_after = _utc_time(leaf.not_before), _utc_time(leaf.not_after)
        if not_before is None or not_after is None:
            return None
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        identifier = hashlib.sha1(point, usedforsecurity=False).digest()
        start, end = self.spans.key_id
        return (
            leaf.serial.to_bytes(leaf.serial.bit_length() // 8 + 1),
            not_before,
            not_after,
            leaf.common_name.encode("ascii"),
            point[1:],
            identifier if end - start == len(identifier) else short_key_identifier(identifier),
        )

    def _has_no_findings(self, written: bytes) -> bool:
        """Lint what differs; size, names and every length are those of the first draft."""
        spans = self.spans
        not_before = read_utc_time(written[slice(*spans.not_before)])
        not_after = read_utc_time(written[slice(*spans.not_after)])
        return (
            all(written[start:end] == same for start, end, same in self.shared)
            and is_positive(written[slice(*spans.serial)])
            and not_before is not None
            and not_after is not None
            and timedelta(0) < not_after - not_before <= self.maximum_life
        )


def learn_draft_template(
    plan: Plan, draft: x509.Certificate, throwaway: EllipticCurvePrivateKey
) -> DraftTemplate | None:
    """Return the template of a leaf's draft that has no findings; None for one of another make.

    A template is returned only if it writes this draft, and another that differs in all six
    contents, as building writes them. `throwaway` is any P-256 key that signs nothing else.
    """
    signed = draft.tbs_certificate_bytes
    try:
        spans = find_spans(signed, 0)
    except IndexError:
        return None
    own = _leaf(plan)
    if spans is None or own is None or element(signed, 0)[1] != len(signed):
        return None
    template = DraftTemplate(
        spans,
        shared_pieces(signed, spans, 0, len(signed)),
        plan.profile.lifetime.value.maximum,
    )
    if template.draft(own) != signed:
        return None
    other = _other(own, throwaway.public_key())
    built = build_draft(_with(plan, other), throwaway).tbs_certificate_bytes
    return template if template.draft(other) == built else None


def _leaf(plan: Plan) -> Leaf | None:
    names = plan.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1 or not isinstance(names[0].value, str):
        return None
    return Leaf(plan.serial, names[0].value, plan.public_key, plan.not_before, plan.not_after)


def _other(leaf: Leaf, public_key: EllipticCurvePublicKey) -> Leaf:
    """Return a leaf of the same lengths that differs in every content."""
    day = timedelta(days=1)
    return Leaf(
        serial=leaf.serial ^ 0xFF,
        common_name="".join("B" if letter == "A" else "A" for letter in leaf.common_name),
        public_key=public_key,
        not_before=leaf.not_before + day,
        not_after=leaf.not_after + day,
    )


def _with(plan: Plan, leaf: Leaf) -> Plan:
    subject = x509.Name(
        x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name)
        if attribute.oid == NameOID.COMMON_NAME
        else attribute
        for attribute in plan.subject
    )
    return replace(
        plan,
        subject=subject,
        serial=leaf.serial,
        public_key=leaf.public_key,
        not_before=leaf.not_before,
        not_after=leaf.not_after,
    )


def _utc_time(moment: datetime) -> bytes | None:
    """Write whole seconds in UTC as `YYMMDDHHMMSSZ`; None for what has another form."""
    if moment.tzinfo is not UTC or moment.microsecond or moment.year not in _UTC_TIME_YEARS:
        return None
    return moment.strftime("%y%m%d%H%M%SZ").encode("ascii")
