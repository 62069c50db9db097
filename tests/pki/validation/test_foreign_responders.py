"""Foreign OCSP: what an answer has to prove, whom we ask at all, and how long we wait."""

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given
from hypothesis import strategies as st

from pki.model.ocsp_answer import (
    MAXIMUM_AGE,
    MAXIMUM_ANSWER_BYTES,
    question_about,
    read_answer,
    responder_url,
)
from pki.model.ocsp_request import parse_request
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.roles import CertificateStatus
from pki.operations.ask_responders import REMEMBERED_SECONDS, AskResponders, host_of
from tests.pki.validation.authorities import AT, Authority, certify, contract, hierarchy, name
from tests.pki.validation.responder import answer, delegate

H = hierarchy("answers")
OTHER = hierarchy("answers of others")
HOUR = dt.timedelta(hours=1)


def parsed(authority: Authority) -> PathCertificate:
    read = read_certificate(authority.der)
    assert isinstance(read, PathCertificate)
    return read


LEAF, ISSUER = parsed(H.leaf), parsed(H.sub2)
ASKED = question_about(LEAF, ISSUER)
GOOD = answer(H.leaf, H.sub2)


def told(der: bytes, at: dt.datetime = AT) -> CertificateStatus | None:
    evidence = read_answer(der, ASKED, ISSUER, at)
    return None if evidence is None else evidence.status


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


def test_an_answer_without_an_end_lives_a_week() -> None:
    endless = answer(H.leaf, H.sub2, next_update=None)
    assert told(endless) is CertificateStatus.GOOD
    assert told(endless, AT + MAXIMUM_AGE) is None


@given(st.integers(0, len(GOOD) * 8 - 1))
def test_a_flipped_bit_makes_it_no_other_answer(bit: int) -> None:
    """The signature covers what counts; what it does not cover (a responder's name) may differ."""
    changed = bytearray(GOOD)
    changed[bit // 8] ^= 1 << bit % 8
    assert told(bytes(changed)) in {None, CertificateStatus.GOOD}


@given(st.binary(max_size=300))
def test_any_bytes_are_no_evidence(der: bytes) -> None:
    assert told(der) is None


# whom we ask


@dataclass
class Wire:
    """What would be sent, and what comes back: URL -> body, None for a silent host."""

    answers: Mapping[str, bytes | None]
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    now: float = 1000.0

    def post(self, url: str, request: bytes) -> bytes | None:
        self.sent.append((url, request))
        return self.answers.get(url)


URL = "http://ocsp.test/"
HOSTS = frozenset({"ocsp.test:80"})


def asking(wire: Wire, hosts: frozenset[str] = HOSTS) -> AskResponders:
    return AskResponders(hosts, wire.post, lambda: wire.now)


def test_the_named_responder_is_asked_about_the_certificate_by_sha256() -> None:
    wire = Wire({URL: GOOD})
    evidence = asking(wire).status(LEAF, ISSUER, AT)
    assert evidence is not None
    assert (evidence.status, evidence.source) == (CertificateStatus.GOOD, "ocsp")
    ((url, request),) = wire.sent
    assert url == responder_url(LEAF) == URL
    assert parse_request(request).cert_ids == (ASKED,)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://ocsp.test:8080/",
        "https://ocsp.test/",
        "http://ocsp.test.evil.example/",
        "http://evil.example/ocsp.test:80",
        "http://ocsp.test@evil.example/",
        "http://ocsp.test:80@evil.example/",
        "ftp://ocsp.test:80/",
        "ldap://ocsp.test/",
        "http://ocsp.test:99999/",
        "http://[::1/",
        "//ocsp.test/",
        "x" * 5000,
    ],
)
def test_nobody_else_is_asked_whatever_a_certificate_says(url: str) -> None:
    location = x509.UniformResourceIdentifier(url)
    access = x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
    )
    leaf = certify(
        name("DEABCC00000012"),
        H.sub2,
        without=frozenset({x509.AuthorityInformationAccess}),
        also=[(access, False)],
    )
    wire = Wire({url: GOOD})
    assert responder_url(parsed(leaf)) == url
    assert asking(wire).status(parsed(leaf), ISSUER, AT) is None
    assert wire.sent == []


def test_a_host_is_the_same_in_any_case_and_with_its_usual_port() -> None:
    assert host_of("http://OCSP.Test/a") == host_of("http://ocsp.test:80/b") == "ocsp.test:80"
    assert host_of("https://ocsp.test") == "ocsp.test:443"


def test_without_a_list_nobody_is_asked() -> None:
    wire = Wire({URL: GOOD})
    assert asking(wire, frozenset()).status(LEAF, ISSUER, AT) is None
    assert wire.sent == []


def test_an_answer_counts_for_a_minute() -> None:
    wire = Wire({URL: GOOD})
    ask = asking(wire)
    for _ in range(3):
        assert ask.status(LEAF, ISSUER, AT) is not None
    assert len(wire.sent) == 1
    wire.answers = {URL: answer(H.leaf, H.sub2, status=ocsp.OCSPCertStatus.REVOKED)}
    wire.now += REMEMBERED_SECONDS
    evidence = ask.status(LEAF, ISSUER, AT)
    assert evidence is not None
    assert evidence.status is CertificateStatus.REVOKED


def test_a_silent_host_is_waited_for_once_a_minute_whoever_names_it() -> None:
    wire = Wire({})
    ask = asking(wire)
    for _ in range(5):
        assert ask.status(parsed(contract(H.sub2)), ISSUER, AT) is None
    assert len(wire.sent) == 1
    wire.answers = {URL: GOOD}
    wire.now += REMEMBERED_SECONDS
    assert ask.status(LEAF, ISSUER, AT) is not None


def test_an_answer_to_another_question_silences_nobody() -> None:
    wire = Wire({URL: b""})
    ask = asking(wire)
    assert ask.status(parsed(contract(H.sub2)), ISSUER, AT) is None
    wire.answers = {URL: GOOD}
    assert ask.status(LEAF, ISSUER, AT) is not None
