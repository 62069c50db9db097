"""What validation needs from outside: the anchors that count now, and evidence of revocation."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from foundation.events import EventLog
from pki.model.path_anchor import Anchor, AnchorSet
from pki.model.path_certificate import PathCertificate
from pki.model.path_revocation import Evidence, JudgedCertificate


class AnchorSource(Protocol):
    """Where the trust anchors of the moment come from."""

    def __call__(self) -> AnchorSet:
        """Return the anchors, at most half a second old; the same object while none changed."""


class RevocationEvidence(Protocol):
    """A source of evidence about revocation."""

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        """Return what is known of `certificate`, issued by `issuer`; None where nothing is.

        At most half a second old (`foundation.short_cache`). Both certificates stand on a path
        that was verified up to a trust anchor.
        """


class AnchorRepository(Protocol):
    """Stored trust anchors, within a unit of work."""

    def add(self, anchor: Anchor, at: datetime) -> bool:
        """Store the anchor; False where its certificate is one already."""

    def remove(self, fingerprint: str) -> Anchor | None:
        """Remove and return the anchor; None where there is none."""

    def is_own_root(self, certificate: bytes) -> bool:
        """Whether the certificate (DER) is that of an authority of this installation."""


class AnchorUnitOfWork(Protocol):
    """A transaction over trust anchors; without `commit` everything is undone."""

    @property
    def anchors(self) -> AnchorRepository:
        """The anchors."""

    @property
    def events(self) -> EventLog:
        """Where what happened is told."""

    def commit(self) -> None:
        """Make it last."""


class OpenAnchorUnitOfWork(Protocol):
    """Begins a unit of work over trust anchors."""

    def __call__(self) -> AbstractContextManager[AnchorUnitOfWork]:
        """Return the unit of work as a context manager."""
