"""What the operations of the certificate authorities need from stores and keys."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey

from foundation.events import Event, EventLog
from pki.model.authority import Authority, AuthorityState
from pki.model.issued import CertificateRecord, Reservation
from pki.model.profile import Profile, Profiles
from pki.model.roles import KeyAlgorithm

__all__ = [
    "Authority",
    "AuthorityDirectory",
    "AuthorityRepository",
    "AuthorityState",
    "CertificateRecord",
    "CertificateRepository",
    "IssuanceLog",
    "KeyStore",
    "OpenUnitOfWork",
    "OwnAnchors",
    "Profile",
    "Profiles",
    "PublicKey",
    "RandomBits",
    "Reservation",
    "SealedKeyRows",
    "SigningKey",
    "UnitOfWork",
]

SigningKey = EllipticCurvePrivateKey | Ed448PrivateKey
"""A private key that `cryptography` can sign with; a hardware key is a subclass of one of these."""

PublicKey = EllipticCurvePublicKey | Ed448PublicKey

RandomBits = Callable[[int], int]
"""A function that returns that many unpredictable bits as an integer (`secrets.randbits`)."""


class AuthorityDirectory(Protocol):
    """Reads of what is committed."""

    def get(self, name: str) -> Authority | None:
        """Return the authority with that name (`mo-sub2-g1`)."""

    def active(self, slot: str) -> Authority | None:
        """Return the active generation of a slot (`mo-sub2`)."""

    def all(self) -> Sequence[Authority]:
        """Return every generation of every authority, by slot and generation."""

    def record(self, fingerprint: str) -> CertificateRecord | None:
        """Return the record of a certificate that we issued, by its fingerprint."""

    def unfinished(self, before: datetime) -> Sequence[Reservation]:
        """Return serials reserved before that instant, neither recorded nor revoked since."""


class AuthorityRepository(Protocol):
    """Authorities inside a unit of work."""

    def get(self, name: str) -> Authority | None:
        """Return the authority with that name."""

    def active(self, slot: str) -> Authority | None:
        """Return the active generation of a slot."""

    def newest(self, slot: str) -> Authority | None:
        """Return the highest generation of a slot, pending ones included."""

    def add(self, authority: Authority) -> None:
        """Store a new authority; CONFLICT where its name or slot and generation are taken."""

    def replace(self, authority: Authority) -> None:
        """Store what has changed of an authority that exists."""


class CertificateRepository(Protocol):
    """Issued certificates inside a unit of work."""

    def get(self, issuer: str, serial: str) -> CertificateRecord | None:
        """Return the record of a serial (upper-case hex) below an authority's name."""

    def add(self, record: CertificateRecord) -> None:
        """Store a record; CONFLICT where its serial or fingerprint is there already."""


class ReservationRepository(Protocol):
    """Reserved serials inside a unit of work."""

    def add(self, reservation: Reservation) -> None:
        """Reserve; CONFLICT where the serial is taken."""


class OwnAnchors(Protocol):
    """Our own roots as trust anchors, inside a unit of work."""

    def add(self, certificate: bytes, authority: Authority, added_at: datetime) -> None:
        """Trust a root of ours (DER): tolerance `strict`, revocation `hard`."""


class UnitOfWork(Protocol):
    """One transaction; what is not committed is undone."""

    @property
    def authorities(self) -> AuthorityRepository:
        """The authorities."""

    @property
    def certificates(self) -> CertificateRepository:
        """The issued certificates."""

    @property
    def reservations(self) -> ReservationRepository:
        """The reserved serials."""

    @property
    def own_anchors(self) -> OwnAnchors:
        """Our roots among the trust anchors."""

    @property
    def events(self) -> EventLog:
        """The outbox."""

    def commit(self) -> None:
        """Make everything durable."""


OpenUnitOfWork = Callable[[], AbstractContextManager[UnitOfWork]]


class IssuanceLog(Protocol):
    """The two durable steps of issuing one certificate, each shared with other threads' steps."""

    def reserve(self, reservation: Reservation) -> None:
        """Reserve a serial, durable on return; CONFLICT where it is taken."""

    def record(self, record: CertificateRecord, event: Event) -> None:
        """Record a certificate and its event, durable on return."""


class KeyStore(Protocol):
    """Private keys of authorities, OCSP signers and services; a PKCS#11 token is one, too.

    Keys are handed out as objects that sign, never as bytes.
    """

    def generate(self, algorithm: KeyAlgorithm, *, offline: bool) -> str:
        """Make a key, store it durably and return its `key_id`."""

    def add(self, key: SigningKey, *, offline: bool) -> str:
        """Take over a key made elsewhere, store it durably and return its `key_id`."""

    def public_key(self, key_id: str) -> PublicKey:
        """Return the public half, of an offline key as well; NOT_FOUND without such a key."""

    def open(self, key_id: str) -> SigningKey:
        """Return the key to sign with.

        Raises NOT_FOUND without such a key, FORBIDDEN `key_is_offline` for an offline key unless
        the store was built to open those.
        """


class SealedKeyRows(Protocol):
    """Where a store of sealed keys keeps its rows."""

    def add(
        self, key_id: str, algorithm: KeyAlgorithm, sealed: bytes, at: datetime, *, offline: bool
    ) -> None:
        """Store one sealed key, durable on return."""

    def get(self, key_id: str) -> tuple[KeyAlgorithm, bytes, bool] | None:
        """Return algorithm, sealed blob and whether it is offline."""
