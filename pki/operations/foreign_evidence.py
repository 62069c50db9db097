"""Evidence of revocation from foreign PKIs: what is kept of it, and asking where nothing is."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from foundation.batches import step_out
from foundation.clock import Clock
from pki.model.foreign_evidence import (
    EvidenceKey,
    EvidenceKind,
    Failure,
    FetchPolicy,
    KeptEvidence,
    issuer_key,
)
from pki.model.ocsp_answer import CLOCK_SKEW, responder_url
from pki.model.path_certificate import PathCertificate
from pki.model.path_crl import list_url, listed_as, load_list
from pki.model.path_revocation import Evidence, JudgedCertificate
from pki.model.roles import CertificateStatus
from pki.operations.evidence_ports import EvidenceStore, Hosts
from pki.operations.fetch_evidence import FetchEvidence

_NOTED_EVERY = timedelta(hours=1)
_LISTS_IN_MEMORY = 8
_NEVER = timedelta()


class Lists:
    """The CRLs that were read last, parsed; 8 of 4 MiB at most."""

    def __init__(self, document: Callable[[str], bytes | None]) -> None:
        self._document = document
        self._lists: dict[str, x509.CertificateRevocationList] = {}
        self._lock = threading.Lock()

    def status(self, digest: str, serial: int) -> CertificateStatus | None:
        """Return what the list says of a serial number; None where it is not kept any more."""
        with self._lock:
            crl = self._lists.get(digest)
        if crl is None:
            document = self._document(digest)
            if document is None:
                return None
            crl = load_list(document)
            with self._lock:
                if len(self._lists) >= _LISTS_IN_MEMORY:
                    self._lists.clear()
                self._lists[digest] = crl
        return listed_as(crl, serial)


@dataclass(frozen=True, slots=True)
class ForeignEvidence:
    """`RevocationEvidence` of certificates that somebody else issued.

    A certificate says whom to ask, and anybody writes certificates: only `hosts`, which the
    operator named, are asked, and only about certificates on a path that was verified up to a
    trust anchor. What a station sends as a responder's address is never looked at.
    """

    hosts: Hosts
    store: EvidenceStore
    fetch: FetchEvidence
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _silent: dict[str, float] = field(init=False, default_factory=dict)
    _lists: Lists = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lists", Lists(self.store.document))

    @property
    def policy(self) -> FetchPolicy:
        """How patiently others are asked."""
        return self.fetch.policy

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        """Return what is proven of `certificate`; None where nobody may be asked or says anything.

        A revocation counts whenever `at` is and however old its statement. At a time that is not
        the present nobody is asked. Nobody is asked about a leaf that was not read wholly either.
        """
        serial = certificate.serial_number
        kept = self.store.find(issuer_key(issuer), f"{serial:X}")
        now = self.clock()
        said = self._said(kept, serial, at)
        if (
            said is None
            and isinstance(certificate, PathCertificate)
            and abs(at - now) <= CLOCK_SKEW
        ):
            kept = self._asked(certificate, issuer, kept, now)
            said = self._said(kept, serial, at) or self._said(kept, serial, at, self.policy.stale)
        for one in kept:
            if now - one.used_at >= _NOTED_EVERY:
                self.store.use(one.key, now)
        return said

    def _said(
        self, kept: Sequence[KeptEvidence], serial: int, at: datetime, stale: timedelta = _NEVER
    ) -> Evidence | None:
        best: Evidence | None = None
        for one in kept:
            statement = one.statement
            if statement is None:
                continue
            status = statement.status or self._lists.status(statement.digest, serial)
            if status is None:
                continue
            evidence = Evidence(
                status, one.key.kind, digest=statement.digest, stale=not one.counts(at)
            )
            if status is CertificateStatus.REVOKED:
                return replace(evidence, stale=False)
            held = status is CertificateStatus.ON_HOLD
            if one.counts(at, stale) and (best is None or held):
                best = evidence
        return best

    def _asked(
        self,
        certificate: PathCertificate,
        issuer: PathCertificate,
        kept: Sequence[KeptEvidence],
        now: datetime,
    ) -> Sequence[KeptEvidence]:
        """Ask by each way that the certificate names and the operator allows, until one tells."""
        found = {one.key: one for one in kept}
        for kind, url in self._ways(certificate):
            serial = f"{certificate.serial_number:X}" if kind is EvidenceKind.OCSP else ""
            key = EvidenceKey(kind, issuer_key(issuer), serial)
            known = found.get(key)
            if known is None:
                known = KeptEvidence(key, url, issuer.der, now)
            if known.rests(now, self.policy) or self._rests(url):
                continue
            step_out()  # of a batch of hot requests: nobody else waits for this stranger
            told = self.fetch(replace(known, url=url), issuer)
            if told.failed_at is not None and told.failure is Failure.SILENT:
                self._silent[host_of(url) or ""] = self.monotonic()
            found[key] = told
            if told.counts(now):
                break
        return list(found.values())

    def _ways(self, certificate: PathCertificate) -> Iterator[tuple[EvidenceKind, str]]:
        for kind, url in (
            (EvidenceKind.OCSP, responder_url(certificate)),
            (EvidenceKind.CRL, list_url(certificate)),
        ):
            if url is not None and host_of(url) in self.hosts:
                yield kind, url

    def _rests(self, url: str) -> bool:
        """Whether the host was silent lately, about whatever: it is waited for once, not each time.

        This process's own memory: another one finds out for itself.
        """
        since = self._silent.get(host_of(url) or "")
        return since is not None and self.monotonic() - since < self.policy.rest.total_seconds()


def host_of(url: str) -> str | None:
    """Return host and port of an http or https URL as the list of hosts has them, else None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"
