"""Renew, in the background, what foreign PKIs said and decisions rest on; forget the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pki.model.foreign_evidence import KeptEvidence
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.operations.evidence_ports import EvidenceStore, Hosts
from pki.operations.fetch_evidence import FetchEvidence
from pki.operations.foreign_evidence import host_of

AT_ONCE = 50
"""Of one round; the next one follows within seconds."""

OldestDecision = Callable[[], datetime | None]
"""When the oldest decision that is kept was made."""


@dataclass(frozen=True, slots=True)
class RenewEvidence:
    """Asks again before what is in use ends, so that no vehicle waits for a responder."""

    hosts: Hosts
    store: EvidenceStore
    fetch: FetchEvidence

    def __call__(self, now: datetime) -> int:
        """Return how many were asked for again; of those that failed lately none."""
        used_since = now - self.fetch.policy.in_use
        due = self.store.due(now, used_since, AT_ONCE)
        return sum(self.renew(one) for one in due if not one.rests(now, self.fetch.policy))

    def renew(self, kept: KeptEvidence) -> bool:
        """Ask again; False where nobody may be asked (any more)."""
        if host_of(kept.url) not in self.hosts:
            return False
        issuer = read_certificate(kept.issuer)
        if not isinstance(issuer, PathCertificate):
            return False
        self.fetch(kept, issuer)
        return True


@dataclass(frozen=True, slots=True)
class ForgetEvidence:
    """Deletes what no certificate and no kept decision needs any more."""

    store: EvidenceStore
    fetch: FetchEvidence
    oldest_decision: OldestDecision

    def __call__(self, now: datetime) -> int:
        """Return how many statements and documents are gone.

        A document stays as long as a decision from its time does, so that it can be shown what
        the decision rested on.
        """
        unused_since = now - self.fetch.policy.kept
        needed_since = self.oldest_decision() or now
        return self.store.forget(unused_since, min(needed_since, unused_since), now)
