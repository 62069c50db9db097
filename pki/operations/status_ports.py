"""What revocation, CRLs and OCSP need from stores and from the operations that issue."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from foundation.events import EventLog
from pki.model.authority import Authority
from pki.model.certificate_reference import CertificateReference
from pki.model.crl import CrlEntry
from pki.model.issued import CertificateRecord, Reservation
from pki.model.ocsp import StatusRecord


class CertificateStatuses(Protocol):
    """Statuses inside a unit of work: what is found stays locked until the end."""

    def find(self, reference: CertificateReference) -> CertificateRecord | None:
        """Return the record of a certificate that we issued."""

    def unfinished(self, issuer: str, serial: str) -> Reservation | None:
        """Return a reserved, not revoked serial for which no certificate is recorded."""

    def change(self, record: CertificateRecord, status: StatusRecord) -> None:
        """Store a certificate's new status and count a change below its issuer."""

    def revoke_unfinished(self, reservation: Reservation, status: StatusRecord) -> None:
        """Store a reserved serial as revoked and count a change below its issuer."""


class StatusUnitOfWork(Protocol):
    """One transaction; what is not committed is undone."""

    @property
    def statuses(self) -> CertificateStatuses:
        """The statuses of issued certificates."""

    @property
    def events(self) -> EventLog:
        """The outbox."""

    def commit(self) -> None:
        """Make everything durable."""


OpenStatusUnitOfWork = Callable[[], AbstractContextManager[StatusUnitOfWork]]


class StatusReader(Protocol):
    """Reads of what is committed, never older than the call."""

    def status(self, issuer: str, serial: str) -> StatusRecord | None:
        """Return what is known of a serial (upper-case hex) below `issuer` (a name).

        None where it was never issued, a mere reservation included unless that was revoked.
        """

    def revisions(self) -> Mapping[str, int]:
        """Return authority name -> how often a status below it has changed, where one has."""


@dataclass(frozen=True, slots=True)
class StoredCrl:
    """A published list: `crl` is DER."""

    number: int
    this_update: datetime
    next_update: datetime
    crl: bytes


class CrlShelf(Protocol):
    """Published CRLs, and what the next one must list."""

    def newest(self, issuer: str) -> StoredCrl | None:
        """Return the authority's list with the highest number."""

    def outdated(self, issuer: str) -> bool:
        """Whether a status has changed that the newest list does not show."""

    def revision(self, issuer: str) -> int:
        """Return how often a status below the authority has changed."""

    def entries(self, issuer: str, since: datetime) -> Sequence[CrlEntry]:
        """Return what is revoked or held and was, at `since` or later, unexpired or revoked."""

    def add(self, issuer: str, crl: StoredCrl, revision: int) -> bool:
        """Store a list that shows `revision`, durable on return; False where its number is taken.

        Older lists than the one before it are dropped.
        """


@dataclass(frozen=True, slots=True)
class StoredSigner:
    """A delegated OCSP signer of `issuer` (a name); `certificate` is DER, `serial` upper hex."""

    issuer: str
    serial: str
    key_id: str
    certificate: bytes
    not_before: datetime
    not_after: datetime


class OcspSigners(Protocol):
    """Delegated OCSP signers."""

    def newest(self, issuer: str, at: datetime) -> StoredSigner | None:
        """Return the signer that is valid at that instant and expires last."""

    def add(self, signer: StoredSigner) -> None:
        """Store a signer, durable on return."""


def signs_at(authority: Authority, at: datetime) -> bool:
    """Whether the authority, active or retired, has a key and a certificate unexpired `at`."""
    return (
        authority.certificate is not None
        and authority.key_id is not None
        and authority.not_after is not None
        and authority.not_after > at
    )
