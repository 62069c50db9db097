"""Answer the credentials module: a partner registers here, renews, and leaves.

The partner names URLs. Each is checked against the host that the administrator registered before
anything goes there, and nothing is stored before all of it was read.
"""

from collections.abc import Callable
from dataclasses import dataclass

from authorization.model.ocpi import Credentials, OcpiVersion
from authorization.model.ocpi_connection import (
    GivenToken,
    OcpiPeer,
    Purpose,
    Registered,
    check_credentials,
    digest_token,
    new_token,
)
from authorization.operations.ocpi_ports import Discovered, OcpiPlatform, OcpiUnitOfWork, OpenOcpi
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event


@dataclass(frozen=True, slots=True)
class AcceptCredentials:
    """OCPI credentials module as its receiver; `own_url` is our versions URL."""

    open_unit_of_work: OpenOcpi
    platform: OcpiPlatform
    own_url: str
    clock: Clock
    make_token: Callable[[], str] = new_token

    def show(self, peer: OcpiPeer) -> Credentials:
        """Return what the partner has to reach us: the token is the one that it showed."""
        return Credentials(peer.shown, self.own_url, peer.connection.own_roles)

    def post(self, peer: OcpiPeer, version: OcpiVersion, theirs: Credentials) -> Credentials:
        """Register the partner and return its new token (CREDENTIALS_TOKEN_C).

        The registration token is used up with it, and with nothing else: where the partner's
        platform cannot be read, it may be used again. Raises ServiceError CONFLICT
        (`already_registered`); UNAUTHENTICATED (`invalid_token`) where another request used the
        token up meanwhile; INVALID as `check_credentials`, `endpoints_missing`, `version_missing`,
        `partner_unusable`.
        """
        if peer.given.purpose is Purpose.CREDENTIALS:
            raise ServiceError(
                Kind.CONFLICT, "already_registered", "you are registered here; PUT to renew"
            )
        self._require(peer, Purpose.REGISTRATION)
        return self._exchange(peer, version, theirs, "ocpi.registered")

    def put(self, peer: OcpiPeer, version: OcpiVersion, theirs: Credentials) -> Credentials:
        """Renew both tokens, and read the partner's endpoints of this version again.

        Of several at once one succeeds. Raises ServiceError CONFLICT (`not_registered`), and as
        `post`.
        """
        self._require(peer, Purpose.CREDENTIALS)
        return self._exchange(peer, version, theirs, "ocpi.renewed")

    def delete(self, peer: OcpiPeer) -> None:
        """End the connection: the partner's tokens and those that it pushed are forgotten.

        Raises ServiceError CONFLICT (`not_registered`), UNAUTHENTICATED (`invalid_token`).
        """
        self._require(peer, Purpose.CREDENTIALS)
        with self.open_unit_of_work() as work:
            self._use_up(work, peer)
            forget(work, peer.partner.partner_id)
            work.connections.register(peer.partner.partner_id, None)
            self._tell(work, "ocpi.unregistered", peer)
            work.commit()

    def _exchange(
        self, peer: OcpiPeer, version: OcpiVersion, theirs: Credentials, happened: str
    ) -> Credentials:
        check_credentials(peer.partner, theirs)
        found = self.platform.discover(peer.partner, theirs.url, theirs.token, version)
        if isinstance(found, Refused):
            raise _unusable(found)
        token = self.make_token()
        with self.open_unit_of_work() as work:
            self._use_up(work, peer)
            work.connections.give(
                GivenToken(digest_token(token), peer.partner.partner_id, Purpose.CREDENTIALS)
            )
            work.connections.register(
                peer.partner.partner_id, _registered(theirs, found, self.clock)
            )
            self._tell(work, happened, peer)
            work.commit()
        return Credentials(token, self.own_url, peer.connection.own_roles)

    def _require(self, peer: OcpiPeer, purpose: Purpose) -> None:
        if peer.given.purpose is not purpose:
            raise ServiceError(
                Kind.CONFLICT, "not_registered", "you are not registered here yet; POST first"
            )

    def _use_up(self, work: OcpiUnitOfWork, peer: OcpiPeer) -> None:
        """Take the token that authenticated: what is gone by now was used by somebody else."""
        if not work.connections.take(peer.given.digest, peer.given.purpose):
            raise ServiceError(
                Kind.UNAUTHENTICATED,
                "invalid_token",
                "this credentials token was used meanwhile; ask the administrator for a new one",
            )

    def _tell(self, work: OcpiUnitOfWork, happened: str, peer: OcpiPeer) -> None:
        partner_id = peer.partner.partner_id
        work.events.append(
            Event(happened, self.clock(), f"partner:{partner_id}", (), {"partner_id": partner_id})
        )


def forget(work: OcpiUnitOfWork, partner_id: str) -> None:
    """Forget what a partner was given and what it pushed."""
    work.connections.forget_tokens(partner_id)
    work.foreign_tokens.forget_partner(partner_id)


def _registered(theirs: Credentials, found: Discovered, clock: Clock) -> Registered:
    return Registered(
        found.version,
        theirs.token,
        found.encoding,
        theirs.url,
        theirs.roles,
        found.endpoints,
        clock(),
    )


def _unusable(refused: Refused) -> ServiceError:
    if refused.code in {"host_not_allowed", "endpoints_missing", "version_missing"}:
        return ServiceError(Kind.INVALID, refused.code, refused.detail)
    return ServiceError(
        Kind.INVALID,
        "partner_unusable",
        f"your platform could not be read ({refused.code}): {refused.detail}",
    )
