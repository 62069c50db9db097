"""Publish certificate revocation lists: on demand, after revocations, before they run out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from pki.model.authority import Authority
from pki.model.crl import OFFLINE_VALIDITY, ONLINE_RENEWAL, ONLINE_VALIDITY, build_crl
from pki.operations.ports import AuthorityDirectory, KeyStore
from pki.operations.status_ports import CrlShelf, StoredCrl, signs_at

_EVER = datetime(1950, 1, 1, tzinfo=UTC)
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class PublishCrl:
    """Makes the next CRL of an authority of ours.

    For an offline authority `keys` must be a store that opens offline keys: `ca` commands have
    one, at the ceremony and whenever something below such an authority was revoked.
    """

    authorities: AuthorityDirectory
    shelf: CrlShelf
    keys: KeyStore
    clock: Clock

    def __call__(self, authority: str) -> StoredCrl:
        """Return the new list of the authority with that name, durable; its number grows by one.

        An expired certificate leaves the list after it stood on one that was made after its
        expiry (RFC 5280 section 3.3). Raises NOT_FOUND for an unknown authority, CONFLICT for one
        without certificate or key here, FORBIDDEN `key_is_offline` where its key may not be opened.
        """
        found = self.authorities.get(authority)
        if found is None:
            raise ServiceError(
                Kind.NOT_FOUND,
                "authority_unknown",
                "there is no such authority; `evtrust ca list` names them",
            )
        if found.certificate is None or found.key_id is None:
            raise ServiceError(
                Kind.CONFLICT,
                "authority_cannot_sign",
                "this authority has no certificate yet, or its key is not ours",
            )
        for _ in range(_ATTEMPTS):
            published = self._publish(found, found.certificate, found.key_id)
            if published is not None:
                return published
        raise ServiceError(
            Kind.UNAVAILABLE, "crl_contended", "others publish this CRL all the time; try again"
        )

    def _publish(self, authority: Authority, certificate: bytes, key_id: str) -> StoredCrl | None:
        """Return the list, or None where another process took its number meanwhile."""
        # read in this order, a change that comes meanwhile makes the list outdated, never unlisted
        revision = self.shelf.revision(authority.name)
        previous = self.shelf.newest(authority.name)
        entries = self.shelf.entries(authority.name, previous.this_update if previous else _EVER)
        this_update = self.clock().replace(microsecond=0)
        validity = ONLINE_VALIDITY if authority.online else OFFLINE_VALIDITY
        next_update = this_update + validity
        number = previous.number + 1 if previous else 1
        der = build_crl(
            x509.load_der_x509_certificate(certificate),
            self.keys.open(key_id),
            entries,
            number=number,
            this_update=this_update,
            next_update=next_update,
        )
        crl = StoredCrl(number, this_update, next_update, der)
        return crl if self.shelf.add(authority.name, crl, revision) else None


@dataclass(frozen=True, slots=True)
class RefreshCrls:
    """Keeps the CRLs of online authorities fresh; safe to repeat, and in several processes."""

    authorities: AuthorityDirectory
    shelf: CrlShelf
    publish: PublishCrl

    def __call__(self, now: datetime) -> tuple[str, ...]:
        """Publish what is missing, a day old or no longer complete; return the authorities' names.

        Retired authorities are served until they expire. Offline ones wait for `evtrust ca crl`.
        Where one cannot be published the others still are; then its ServiceError is raised.
        """
        due = [
            authority.name
            for authority in self.authorities.all()
            if authority.online and signs_at(authority, now) and self._is_due(authority.name, now)
        ]
        failures = []
        for name in due:
            try:
                self.publish(name)
            except ServiceError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return tuple(due)

    def _is_due(self, name: str, now: datetime) -> bool:
        newest = self.shelf.newest(name)
        return (
            newest is None
            or newest.this_update <= now - ONLINE_RENEWAL
            or self.shelf.outdated(name)
        )
