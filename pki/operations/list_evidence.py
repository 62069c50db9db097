"""Look at what foreign PKIs said of revocation, and ask them again at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foundation.principal import ClientRole, Principal
from pki.model.foreign_evidence import KeptEvidence
from pki.operations.evidence_ports import EvidenceReader
from pki.operations.renew_evidence import RenewEvidence

MOST = 1000
"""Shown or asked again at once; more belong to the background."""


class EvidencePages(EvidenceReader, Protocol):
    """What is kept, to look through."""

    def page(self, limit: int) -> Sequence[KeptEvidence]:
        """Return up to `limit` of all that is kept, by issuer."""


@dataclass(frozen=True, slots=True)
class ListEvidence:
    """Shows what is kept, of no certificate more than its serial number."""

    evidence: EvidencePages

    def __call__(self, principal: Principal) -> Sequence[KeptEvidence]:
        """Return what is kept, 1,000 at most; FORBIDDEN unless ADMIN or AUDITOR."""
        principal.require_role(ClientRole.AUDITOR)
        return self.evidence.page(MOST)


@dataclass(frozen=True, slots=True)
class RefreshEvidence:
    """Asks for everything that is kept again, whenever it was asked last."""

    evidence: EvidencePages
    renew: RenewEvidence

    def __call__(self, principal: Principal) -> Sequence[KeptEvidence]:
        """Return what is kept afterwards; FORBIDDEN unless ADMIN."""
        principal.require_role()
        for kept in self.evidence.page(MOST):
            self.renew.renew(kept)  # who asks does not wait for the rest after a failure
        return self.evidence.page(MOST)
