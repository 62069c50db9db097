"""Foreign OCSP: what an answer has to prove."""

import datetime as dt
import hashlib
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from pki.model.ocsp_answer import (
    MAXIMUM_AGE,
    MAXIMUM_ANSWER_BYTES,
    question_about,
    read_answer,
)
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.roles import CertificateStatus
from tests.pki.validation.authorities import AT, Authority, certify, contract, hierarchy
from tests.pki.validation.responder import answer, delegate

H = hierarchy("answers")
OTHER = hierarchy("answers of others")
HOUR = dt.timedelta(hours=1)


def parsed(authority: Authority) -> PathCertificate:
    read = read_certificate(authority.der)
    assert isinstance(read, PathCertificate)
    return read


LEAF, ISSUER = parsed(H.leaf), parsed(H.sub2)
ASKED = question_about(LEAF.serial_number, ISSUER)
GOOD = answer(H.leaf, H.sub2)


def told(der: bytes, at: dt.datetime = AT) -> CertificateStatus | None:
    statement = read_answer(der, ASKED, ISSUER, at)
    return None if statement is None else statement.status


def test_the_issuer_and_its_delegate_are_believed() -> None:
    assert told(GOOD) is CertificateStatus.GOOD
    assert told(answer(H.leaf, H.sub2, signer=delegate(H.sub2))) is CertificateStatus.GOOD


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (ocsp.OCSPCertStatus.REVOKED, None, CertificateStatus.REVOKED),
        (
            ocsp.OCSPCertStatus.REVOKED,
            x509.ReasonFlags.key_compromise,
            CertificateStatus.REVOKED,
        ),
        (
            ocsp.OCSPCertStatus.REVOKED,
            x509.ReasonFlags.certificate_hold,
            CertificateStatus.ON_HOLD,
        ),
        (ocsp.OCSPCertStatus.UNKNOWN, None, None),
    ],
)
def test_each_status_is_read(
    status: ocsp.OCSPCertStatus,
    reason: x509.ReasonFlags | None,
    expected: CertificateStatus | None,
) -> None:
    assert told(answer(H.leaf, H.sub2, status=status, reason=reason)) is expected


EXPIRED = delegate(H.sub2, end=AT - dt.timedelta(days=1))
IMPOSTOR = certify(H.sub2.certificate.subject, ca=True)


@pytest.mark.parametrize(
    ("der", "why"),
    [
        (answer(contract(H.sub2), H.sub2), "another certificate of the issuer"),
        (answer(H.leaf, OTHER.sub2, signer=H.sub2), "another issuer"),
        (answer(H.leaf, H.sub2, digest=hashes.SHA1()), "another name of the issuer than asked"),
        (answer(H.leaf, H.sub2, signer=OTHER.sub2), "a CA that is not the issuer"),
        (answer(H.leaf, H.sub2, signer=H.sub1), "the issuer's issuer"),
        (answer(H.leaf, H.sub2, signer=H.leaf), "the certificate itself"),
        (answer(H.leaf, H.sub2, signer=delegate(H.sub2, usable=False)), "without the usage"),
        (answer(H.leaf, H.sub2, signer=delegate(H.sub1)), "a delegate of another"),
        (answer(H.leaf, H.sub2, signer=EXPIRED), "a delegate that expired"),
        (answer(H.leaf, H.sub2, signer=delegate(IMPOSTOR)), "a delegate of a CA of its name"),
        (answer(H.leaf, H.sub2, next_update=AT - HOUR / 2), "an answer that ended"),
        (
            answer(H.leaf, H.sub2, this_update=AT + HOUR, next_update=AT + 2 * HOUR),
            "an answer of tomorrow",
        ),
        (
            answer(H.leaf, H.sub2, this_update=AT - MAXIMUM_AGE - HOUR, next_update=AT + 90 * HOUR),
            "an answer that is older than a week",
        ),
        (
            ocsp.OCSPResponseBuilder.build_unsuccessful(
                ocsp.OCSPResponseStatus.TRY_LATER
            ).public_bytes(Encoding.DER),
            "no answer",
        ),
        (b"", "nothing"),
        (GOOD[:-1], "a truncated answer"),
        (GOOD + b"\x00", "bytes behind the answer"),
        (b"<html>", "a page"),
        (GOOD + bytes(MAXIMUM_ANSWER_BYTES), "more than is read"),
        (random.Random(7).randbytes(1_000_000), "random bytes"),
    ],
)
def test_what_proves_nothing_is_no_evidence(der: bytes, why: str) -> None:
    assert told(der) is None, why


def test_an_answer_without_an_end_is_taken_for_a_week_and_kept_as_the_policy_says() -> None:
    endless = answer(H.leaf, H.sub2, next_update=None)
    assert told(endless) is CertificateStatus.GOOD
    assert told(endless, AT + MAXIMUM_AGE) is None
    statement = read_answer(endless, ASKED, ISSUER, AT, unbounded=HOUR)
    assert statement is not None
    assert statement.until == AT + HOUR


def test_a_statement_ends_with_its_next_update_and_after_a_week_at_the_latest() -> None:
    for next_update, until in (
        (AT + HOUR, AT + HOUR),
        (AT + 5 * MAXIMUM_AGE, AT - HOUR + MAXIMUM_AGE),
    ):
        der = answer(H.leaf, H.sub2, this_update=AT - HOUR, next_update=next_update)
        statement = read_answer(der, ASKED, ISSUER, AT)
        assert statement is not None
        assert (statement.until, statement.document) == (until, der)
        assert statement.digest == hashlib.sha256(der).hexdigest()


@given(st.integers(0, len(GOOD) * 8 - 1))
def test_a_flipped_bit_makes_it_no_other_answer(bit: int) -> None:
    """The signature covers what counts; what it does not cover (a responder's name) may differ."""
    changed = bytearray(GOOD)
    changed[bit // 8] ^= 1 << bit % 8
    assert told(bytes(changed)) in {None, CertificateStatus.GOOD}


@given(st.binary(max_size=300))
def test_any_bytes_are_no_evidence(der: bytes) -> None:
    assert told(der) is None
