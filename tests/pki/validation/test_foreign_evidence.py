"""Evidence from foreign PKIs: whom we ask, what is believed, and for how long."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from foundation.database import Database
from pki.model.foreign_evidence import EvidenceKind, Failure
from pki.model.ocsp_answer import question_about, responder_url
from pki.model.ocsp_request import parse_request
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_certificate import PathCertificate
from pki.model.path_crl import list_url
from pki.model.path_revocation import Evidence, JudgedCertificate
from pki.model.roles import CertificateRole, CertificateStatus
from pki.model.verdict import Fault
from pki.operations.foreign_evidence import ForeignEvidence, host_of
from pki.store.foreign_evidence import SqlForeignEvidence
from tests.pki.validation.assembly import Records, anchor, validator
from tests.pki.validation.authorities import AT, certify, contract, name
from tests.pki.validation.foreign_world import (
    HOSTS,
    HOUR,
    ISSUER,
    LEAF,
    OCSP,
    OTHER,
    POLICY,
    H,
    Wire,
    crl,
    good,
    parsed,
    points_to,
    revoked,
    with_stale,
)
from tests.pki.validation.responder import answer, delegate

GOOD, REVOKED = CertificateStatus.GOOD, CertificateStatus.REVOKED


SUB_CAS = Records(
    {one.certificate.serial_number: GOOD for one in (H.sub1, H.sub2)},
    default=None,
)
"""What is known of the authorities from elsewhere."""


@pytest.fixture
def store(database: Database) -> SqlForeignEvidence:
    return SqlForeignEvidence(database)


@pytest.fixture
def wire() -> Wire:
    return Wire({OCSP: good()})


def told(
    source: ForeignEvidence, leaf: PathCertificate = LEAF, at: dt.datetime | None = None
) -> CertificateStatus | None:
    evidence = source.status(leaf, ISSUER, at or source.clock())
    return None if evidence is None else evidence.status


def test_the_named_responder_is_asked_about_the_certificate_by_sha256(
    store: SqlForeignEvidence, wire: Wire
) -> None:
    evidence = wire.source(store).status(LEAF, ISSUER, AT)
    assert evidence is not None
    assert (evidence.status, evidence.source) == (GOOD, "ocsp")
    assert store.kept([evidence.digest or ""]) == {evidence.digest}
    ((kind, url, request),) = wire.sent
    assert (kind, url) == (EvidenceKind.OCSP, responder_url(LEAF))
    assert parse_request(request).cert_ids == (question_about(LEAF.serial_number, ISSUER),)
    assert wire.noted == [("ocsp", "good")]


URLS = [
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
]


@pytest.mark.parametrize("url", URLS)
def test_nobody_else_is_asked_whatever_a_certificate_says(
    store: SqlForeignEvidence, url: str
) -> None:
    location = x509.UniformResourceIdentifier(url)
    access = x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
    )
    leaf = certify(
        name("DEABCC00000012"),
        H.sub2,
        without=frozenset({x509.AuthorityInformationAccess}),
        also=[(access, False), (points_to(url), False)],
    )
    wire = Wire({url: good()})
    assert responder_url(parsed(leaf)) == list_url(parsed(leaf)) == url
    assert told(wire.source(store), parsed(leaf)) is None
    assert wire.sent == []
    assert store.page(10) == []


def test_a_host_is_the_same_in_any_case_and_with_its_usual_port() -> None:
    assert host_of("http://OCSP.Test/a") == host_of("http://ocsp.test:80/b") == "ocsp.test:80"
    assert host_of("https://ocsp.test") == "ocsp.test:443"


def test_without_a_list_nobody_is_asked(store: SqlForeignEvidence, wire: Wire) -> None:
    assert told(wire.source(store, frozenset())) is None
    assert wire.sent == []


def test_every_process_knows_an_answer_until_it_ends(store: SqlForeignEvidence, wire: Wire) -> None:
    for _ in range(3):
        assert told(wire.source(store)) is GOOD
    wire.answers = {}  # nobody is there any more
    wire.now = AT + HOUR
    assert told(wire.source(store)) is GOOD
    assert len(wire.sent) == 1
    wire.now += dt.timedelta(seconds=1)
    assert told(wire.source(store)) is None
    assert len(wire.sent) == 2


def test_a_revocation_that_anybody_found_counts_for_all_and_for_good(
    store: SqlForeignEvidence, wire: Wire
) -> None:
    one, other = wire.source(store), wire.source(store)
    assert told(one) is told(other) is GOOD
    wire.answers = {OCSP: revoked(AT, AT + 2 * HOUR)}
    (kept,) = store.page(1)
    one.fetch(kept, ISSUER)
    assert told(other) is told(one) is REVOKED
    wire.now = AT + 48 * HOUR
    wire.answers = {OCSP: good(wire.now, wire.now + HOUR)}
    one.fetch(store.page(1)[0], ISSUER)
    assert told(other) is REVOKED
    assert told(other, at=AT - 300 * HOUR) is REVOKED  # whatever the time that is asked for


def test_a_hold_ends(store: SqlForeignEvidence, wire: Wire) -> None:
    wire.answers = {
        OCSP: answer(
            H.leaf,
            H.sub2,
            status=ocsp.OCSPCertStatus.REVOKED,
            reason=x509.ReasonFlags.certificate_hold,
        )
    }
    source = wire.source(store)
    assert told(source) is CertificateStatus.ON_HOLD
    wire.answers = {OCSP: good(AT, AT + 2 * HOUR)}
    source.fetch(store.page(1)[0], ISSUER)
    assert told(source) is GOOD


def test_yesterdays_answer_does_not_come_back(store: SqlForeignEvidence, wire: Wire) -> None:
    source = wire.source(store)
    wire.answers = {OCSP: good(AT, AT + 2 * HOUR)}
    assert told(source) is GOOD
    wire.answers = {OCSP: good(AT - 2 * HOUR, AT + 9 * HOUR)}
    kept = source.fetch(store.page(1)[0], ISSUER)
    assert kept.failure is Failure.OLDER
    assert kept.statement is not None
    assert kept.statement.until == AT + 2 * HOUR


WRONG = {
    "another serial": answer(contract(H.sub2), H.sub2),
    "an unauthorised signer": answer(H.leaf, H.sub2, signer=delegate(H.sub2, usable=False)),
    "somebody else's delegate": answer(H.leaf, H.sub2, signer=delegate(OTHER.sub2)),
    "last year": good(AT - dt.timedelta(days=365), AT - dt.timedelta(days=358)),
    "last year, endless": good(AT - dt.timedelta(days=365), AT + HOUR),
    "tomorrow": good(AT + 24 * HOUR, AT + 25 * HOUR),
    "try later": ocsp.OCSPResponseBuilder.build_unsuccessful(
        ocsp.OCSPResponseStatus.TRY_LATER
    ).public_bytes(Encoding.DER),
    "unauthorized": ocsp.OCSPResponseBuilder.build_unsuccessful(
        ocsp.OCSPResponseStatus.UNAUTHORIZED
    ).public_bytes(Encoding.DER),
    "a page": b"<html>It works!</html>",
    "nothing": b"",
    "a list": crl(),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_proves_nothing_is_remembered_as_a_failure_and_asked_again_after_a_rest(
    store: SqlForeignEvidence, why: str
) -> None:
    wire = Wire({OCSP: WRONG[why]})
    for _ in range(3):
        assert told(wire.source(store)) is None
    assert len(wire.sent) == 1
    (kept,) = store.page(2)
    assert (kept.failure, kept.statement) == (Failure.NOT_BELIEVED, None)
    wire.now += POLICY.rest
    wire.answers = {OCSP: good()}
    assert told(wire.source(store)) is GOOD
    assert store.page(1)[0].failure is None


def test_a_silent_host_is_waited_for_once_whoever_names_it(store: SqlForeignEvidence) -> None:
    wire = Wire({})
    source = wire.source(store)
    for _ in range(5):
        assert told(source, parsed(contract(H.sub2))) is None
    assert len(wire.sent) == 1
    wire.answers = {OCSP: good()}
    wire.now += POLICY.rest
    assert told(source) is GOOD


def test_an_answer_to_another_question_silences_nobody(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: b""})
    source = wire.source(store)
    assert told(source, parsed(contract(H.sub2))) is None
    wire.answers = {OCSP: good()}
    assert told(source) is GOOD


# time


def test_at_another_time_nobody_is_asked(store: SqlForeignEvidence, wire: Wire) -> None:
    source = wire.source(store)
    assert told(source, at=AT - 2 * HOUR) is None
    assert wire.sent == []
    assert told(source) is GOOD
    assert told(source, at=AT - HOUR / 2) is GOOD
    assert told(source, at=AT + 2 * HOUR) is None
    assert len(wire.sent) == 1


def test_by_policy_what_is_over_counts_while_nobody_answers(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good()})
    assert told(wire.source(store)) is GOOD
    wire.answers = {}
    wire.now = AT + 3 * HOUR
    patient = wire.source(store, policy=with_stale(2))
    evidence = patient.status(LEAF, ISSUER, wire.now)
    assert evidence is not None
    assert (evidence.status, evidence.stale) == (GOOD, True)
    wire.now += dt.timedelta(seconds=1)
    assert told(patient) is None
    assert told(wire.source(store)) is None  # the shipped policy is hard


def test_a_decision_that_rests_on_what_is_over_says_so(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good()})
    source = wire.source(store, policy=with_stale(2))
    validate = validator(
        anchor(H.root.der, CertificateRole.MO_ROOT, revocation=RevocationPolicy.HARD),
        evidence=(_OfLeaf(source), SUB_CAS),
    )
    fresh = validate(H.chain, CertificateRole.CONTRACT, AT)
    assert fresh.valid
    wire.answers = {}
    wire.now = AT + 2 * HOUR
    late = validate(H.chain, CertificateRole.CONTRACT, wire.now)
    assert late.valid
    assert set(late.tolerances) - set(fresh.tolerances) == {"contract:revocation_stale"}


class _OfLeaf:
    """The source, for leaves alone."""

    def __init__(self, source: ForeignEvidence) -> None:
        self._source = source

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: dt.datetime
    ) -> Evidence | None:
        return self._source.status(certificate, issuer, at) if issuer.der == H.sub2.der else None


@pytest.mark.parametrize("policy", [RevocationPolicy.HARD, RevocationPolicy.SOFT])
def test_a_way_that_was_validated_before_spares_no_leaf_its_question(
    store: SqlForeignEvidence, policy: RevocationPolicy
) -> None:
    wire = Wire({OCSP: good()})
    validate = validator(
        anchor(H.root.der, CertificateRole.MO_ROOT, revocation=policy),
        evidence=(_OfLeaf(wire.source(store)), SUB_CAS),
    )
    assert validate(H.chain, CertificateRole.CONTRACT, AT).valid
    second, third = contract(H.sub2), contract(H.sub2)
    for leaf in (second, third):
        wire.answers = {OCSP: answer(leaf, H.sub2, status=ocsp.OCSPCertStatus.REVOKED)}
        verdict = validate(H.with_leaf(leaf), CertificateRole.CONTRACT, AT)
        assert verdict.fault is Fault.REVOKED
    assert len(wire.sent) == 3


def test_use_is_noted_by_the_hour(store: SqlForeignEvidence, wire: Wire) -> None:
    wire.answers = {OCSP: good(AT - HOUR, AT + 9 * HOUR)}
    source = wire.source(store)
    for minutes, used in ((0, AT), (59, AT), (61, AT + dt.timedelta(minutes=61))):
        wire.now = AT + dt.timedelta(minutes=minutes)
        assert told(source) is GOOD
        assert store.page(1)[0].used_at == used


def test_the_url_of_the_newest_certificate_counts(store: SqlForeignEvidence, wire: Wire) -> None:
    moved = replace(POLICY, rest=dt.timedelta(seconds=1))
    wire.answers = {}
    assert told(wire.source(store, policy=moved)) is None
    elsewhere = certify(
        H.leaf.certificate.subject,
        H.sub2,
        serial=LEAF.serial_number,
        without=frozenset({x509.AuthorityInformationAccess}),
        also=[
            (
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(
                            AuthorityInformationAccessOID.OCSP,
                            x509.UniformResourceIdentifier("http://new.test/"),
                        )
                    ]
                ),
                False,
            )
        ],
    )
    wire.answers = {"http://new.test/": good()}
    wire.now += dt.timedelta(seconds=1)
    source = wire.source(store, HOSTS | {"new.test:80"}, policy=moved)
    assert told(source, parsed(elsewhere)) is GOOD
    assert store.page(1)[0].url == "http://new.test/"
