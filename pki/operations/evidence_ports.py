"""What asking foreign PKIs needs from outside: what is kept, and the way to them."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from pki.model.foreign_evidence import EvidenceKey, EvidenceKind, Failure, KeptEvidence


class EvidenceReader(Protocol):
    """What is committed; statements come without their documents."""

    def find(self, issuer: str, serial: str) -> Sequence[KeptEvidence]:
        """Return what is kept about a certificate: by OCSP, and by its issuer's CRL."""

    def one(self, key: EvidenceKey) -> KeptEvidence | None:
        """Return what is kept for one key."""

    def document(self, digest: str) -> bytes | None:
        """Return a document (DER) by its SHA-256 (lower-case hex)."""

    def due(self, now: datetime, used_since: datetime, limit: int) -> Sequence[KeptEvidence]:
        """Return what is in use and to be renewed by then, the most urgent first."""


class EvidenceStore(EvidenceReader, Protocol):
    """What is kept, with its changes; each commits."""

    def claim(self, wanted: KeptEvidence, now: datetime, until: datetime) -> bool:
        """Reserve the asking for this caller until then; False where another process asks.

        What was not kept before is kept from now on.
        """

    def settle(
        self, key: EvidenceKey, change: Callable[[KeptEvidence], KeptEvidence], now: datetime
    ) -> KeptEvidence | None:
        """Change what is kept, locked, and end the claim; return it, None where it is gone.

        A new statement's document is kept beside the old one's.
        """

    def use(self, key: EvidenceKey, now: datetime) -> None:
        """Note that a decision asked for it."""

    def forget(self, unused_since: datetime, needed_since: datetime, now: datetime) -> int:
        """Delete what nobody used since then, and documents replaced before `needed_since`.

        Returns how many of both.
        """


Ask = Callable[[EvidenceKind, str, bytes], bytes | Failure]
"""Send a question (DER; empty for a CRL) to a URL; what came back, or why nothing did."""

Note = Callable[[EvidenceKind, str], None]
"""Count a question by how it ended: `good`, `revoked` …, `list`, or the failure's word."""

Hosts = Collection[str]
"""Whom the operator lets be asked: `ocsp.example:80`."""
