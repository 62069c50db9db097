"""A foreign PKI and the wire to it, for tests of asking about revocation."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.model.foreign_evidence import EvidenceKind, Failure, FetchPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.operations.fetch_evidence import FetchEvidence
from pki.operations.foreign_evidence import ForeignEvidence
from pki.profiles.fetch_policy import load_fetch_policy
from pki.store.foreign_evidence import SqlForeignEvidence
from tests.pki.validation.authorities import AT, Authority, certify, hierarchy, name
from tests.pki.validation.responder import answer

H = hierarchy("foreign evidence")
OTHER = hierarchy("foreign evidence of others")
HOUR = dt.timedelta(hours=1)
OCSP, CRL = "http://ocsp.test/", "http://crl.test/sub2.crl"
HOSTS = frozenset({"ocsp.test:80", "crl.test:80"})
POLICY = load_fetch_policy()


def parsed(authority: Authority) -> PathCertificate:
    read = read_certificate(authority.der)
    assert isinstance(read, PathCertificate)
    return read


LEAF, ISSUER = parsed(H.leaf), parsed(H.sub2)


def points_to(url: str) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)]
    )


LISTED = certify(
    name("DEABCC00000034"),
    H.sub2,
    without=frozenset({x509.AuthorityInformationAccess}),
    also=[(points_to(CRL), False)],
)
"""A leaf that names a CRL and no responder."""


def crl(
    *revoked: Authority,
    issuer: Authority = H.sub2,
    since: dt.datetime = AT - HOUR,
    until: dt.datetime = AT + HOUR,
    reason: x509.ReasonFlags | None = None,
    also: x509.ExtensionType | None = None,
) -> bytes:
    """Return a complete CRL (DER) of `issuer`; `also` is one critical extension more."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(since)
        .next_update(until)
        .add_extension(x509.CRLNumber(7), critical=False)
    )
    if also is not None:
        builder = builder.add_extension(also, critical=True)
    for one in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(one.certificate.serial_number)
            .revocation_date(since)
        )
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def good(since: dt.datetime = AT - HOUR, until: dt.datetime = AT + HOUR) -> bytes:
    return answer(H.leaf, H.sub2, this_update=since, next_update=until)


def revoked(since: dt.datetime = AT - HOUR, until: dt.datetime = AT + HOUR) -> bytes:
    return answer(
        H.leaf,
        H.sub2,
        status=ocsp.OCSPCertStatus.REVOKED,
        this_update=since,
        next_update=until,
    )


@dataclass
class Wire:
    """What comes back by URL, and what was sent; a clock that tests move.

    `slow` is called while a question is open.
    """

    answers: dict[str, bytes | Failure] = field(default_factory=dict)
    sent: list[tuple[EvidenceKind, str, bytes]] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)
    now: dt.datetime = AT
    slow: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, kind: EvidenceKind, url: str, question: bytes) -> bytes | Failure:
        with self.lock:
            self.sent.append((kind, url, question))
        self.slow()
        return self.answers.get(url, Failure.SILENT)

    def clock(self) -> dt.datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def note(self, kind: EvidenceKind, result: str) -> None:
        self.noted.append((kind, result))

    def fetching(self, store: SqlForeignEvidence, policy: FetchPolicy = POLICY) -> FetchEvidence:
        return FetchEvidence(store, self.ask, policy, self.clock, self.note)

    def source(
        self,
        store: SqlForeignEvidence,
        hosts: frozenset[str] = HOSTS,
        *,
        policy: FetchPolicy = POLICY,
    ) -> ForeignEvidence:
        """Return a source of a process of its own."""
        return ForeignEvidence(hosts, store, self.fetching(store, policy), self.clock, self.seconds)


def with_stale(hours: int) -> FetchPolicy:
    return replace(POLICY, stale=dt.timedelta(hours=hours))
