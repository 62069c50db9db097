"""CRLs of foreign PKIs: which are fetched, and which are believed."""

import pytest
from cryptography import x509

from foundation.database import Database
from pki.model.foreign_evidence import Failure
from pki.model.path_certificate import PathCertificate
from pki.model.path_crl import list_url
from pki.model.roles import CertificateStatus
from pki.operations.foreign_evidence import ForeignEvidence
from pki.store.foreign_evidence import SqlForeignEvidence
from tests.pki.validation.authorities import AT, certify, name
from tests.pki.validation.foreign_world import (
    CRL,
    HOUR,
    ISSUER,
    LEAF,
    LISTED,
    OCSP,
    OTHER,
    H,
    Wire,
    crl,
    good,
    parsed,
    points_to,
)

GOOD, REVOKED = CertificateStatus.GOOD, CertificateStatus.REVOKED


@pytest.fixture
def store(database: Database) -> SqlForeignEvidence:
    return SqlForeignEvidence(database)


def told(source: ForeignEvidence, leaf: PathCertificate = LEAF) -> CertificateStatus | None:
    evidence = source.status(leaf, ISSUER, AT)
    return None if evidence is None else evidence.status


def test_a_list_says_it_of_all_its_issuer_issued(store: SqlForeignEvidence) -> None:
    wire = Wire({CRL: crl(LISTED)})
    source = wire.source(store)
    evidence = source.status(parsed(LISTED), ISSUER, AT)
    assert evidence is not None
    assert (evidence.status, evidence.source) == (REVOKED, "crl")
    assert store.document(evidence.digest or "") == wire.answers[CRL]
    assert told(source) is GOOD  # it names a responder, and need not be asked any more
    assert [url for _, url, _ in wire.sent] == [CRL]
    assert wire.noted == [("crl", "list")]


def test_where_the_responder_is_silent_the_list_is_fetched(store: SqlForeignEvidence) -> None:
    both = certify(name("DEABCC00000056"), H.sub2, also=[(points_to(CRL), False)])
    wire = Wire({CRL: crl()})
    assert told(wire.source(store), parsed(both)) is GOOD
    assert [url for _, url, _ in wire.sent] == [OCSP, CRL]


WRONG_LISTS = {
    "another issuer": crl(issuer=OTHER.sub2),
    "expired": crl(since=AT - 9 * HOUR, until=AT - HOUR),
    "tomorrow": crl(since=AT + HOUR, until=AT + 2 * HOUR),
    "a delta": crl(also=x509.DeltaCRLIndicator(3)),
    "a critical extension": crl(
        also=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"")
    ),
    "indirect": crl(
        also=x509.IssuingDistributionPoint(None, None, False, False, None, True, False)  # noqa: FBT003 - its signature
    ),
    "a page": b"<html>",
    "a response": good(),
}


@pytest.mark.parametrize("why", WRONG_LISTS)
def test_a_list_that_proves_nothing_is_no_evidence(store: SqlForeignEvidence, why: str) -> None:
    wire = Wire({CRL: WRONG_LISTS[why]})
    assert told(wire.source(store), parsed(LISTED)) is None
    assert store.page(1)[0].failure is Failure.NOT_BELIEVED


@pytest.mark.parametrize("which", ["reasons", "issuer"])
def test_a_part_of_a_list_or_somebody_elses_is_not_fetched(which: str) -> None:
    name_ = [x509.DirectoryName(H.sub1.certificate.subject)] if which == "issuer" else None
    reasons = frozenset({x509.ReasonFlags.key_compromise}) if which == "reasons" else None
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(CRL)], None, reasons, name_)
    leaf = certify(
        name("DEABCC00000078"), H.sub2, also=[(x509.CRLDistributionPoints([point]), False)]
    )
    assert list_url(parsed(leaf)) is None
