"""Begin, renew and end OCPI connections from our side, as an administrator says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from authorization.model.ocpi import (
    VERSION_OF_PROTOCOL,
    Credentials,
    CredentialsRole,
)
from authorization.model.ocpi_connection import (
    OFFER_LASTS,
    REGISTRATION_LASTS,
    GivenToken,
    OcpiConnection,
    Purpose,
    Registered,
    check_credentials,
    digest_token,
    new_token,
)
from authorization.model.partner import Partner
from authorization.operations.accept_credentials import forget
from authorization.operations.ocpi_ports import (
    Access,
    ConnectionReader,
    FindPartner,
    OcpiPlatform,
    OcpiUnitOfWork,
    OpenOcpi,
)
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a partner needs to register here; the token is shown this once."""

    token: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OcpiConnections:
    """An administrator's hands on OCPI connections; `own_url` is our versions URL."""

    open_unit_of_work: OpenOcpi
    connections: ConnectionReader
    partner: FindPartner
    platform: OcpiPlatform
    own_url: str
    clock: Clock
    make_token: Callable[[], str] = new_token

    def show(self, principal: Principal, partner_id: str) -> OcpiConnection:
        """Return the connection; FORBIDDEN (`role_required`), NOT_FOUND (`partner_not_found`)."""
        principal.require_role(ClientRole.ADMIN, ClientRole.AUDITOR)
        return self._connection(self._partner(partner_id))

    def invite(
        self, principal: Principal, partner_id: str, own_roles: Sequence[CredentialsRole]
    ) -> Invitation:
        """Let the partner register here once, within REGISTRATION_LASTS (CREDENTIALS_TOKEN_A).

        `own_roles` are the parties of ours that it shall see. What was registered stays until it
        registers. Raises as `show`, and INVALID (`not_ocpi`).
        """
        principal.require_role(ClientRole.ADMIN)
        self._partner(partner_id)
        token, expires_at = self.make_token(), self.clock() + REGISTRATION_LASTS
        given = GivenToken(digest_token(token), partner_id, Purpose.REGISTRATION, expires_at)
        with self.open_unit_of_work() as work:
            work.connections.present(partner_id, own_roles)
            work.connections.give(given)
            self._tell(work, "ocpi.invited", principal, partner_id)
            work.commit()
        return Invitation(token, self.own_url, expires_at)

    def register(
        self,
        principal: Principal,
        partner_id: str,
        own_roles: Sequence[CredentialsRole],
        token: str,
    ) -> OcpiConnection:
        """Register there with the token that the partner gave us (its CREDENTIALS_TOKEN_A).

        Raises as `invite`, and INVALID (`registration_failed`) that says what failed there.
        """
        principal.require_role(ClientRole.ADMIN)
        partner = self._partner(partner_id)
        connection = self._connection(partner, own_roles)
        return self._exchange(principal, partner, connection, token, again=False)

    def renew(self, principal: Principal, partner_id: str) -> OcpiConnection:
        """Renew both tokens and read the partner's endpoints again, by a PUT there.

        Raises as `register`, and CONFLICT (`not_registered`).
        """
        principal.require_role(ClientRole.ADMIN)
        partner = self._partner(partner_id)
        connection = self._connection(partner)
        if connection.registered is None:
            raise ServiceError(Kind.CONFLICT, "not_registered", "there is no connection to renew")
        return self._exchange(
            principal, partner, connection, connection.registered.token, again=True
        )

    def end(self, principal: Principal, partner_id: str) -> None:
        """End the connection there, if the partner hears it, and here in any case.

        Raises as `invite`.
        """
        principal.require_role(ClientRole.ADMIN)
        partner = self._partner(partner_id)
        connection = self._connection(partner)
        with self.open_unit_of_work() as work:
            forget(work, partner_id)
            work.connections.register(partner_id, None)
            self._tell(work, "ocpi.unregistered", principal, partner_id)
            work.commit()
        if connection.registered is not None:
            self.platform.unregister(partner, connection.registered)

    def _exchange(
        self,
        principal: Principal,
        partner: Partner,
        connection: OcpiConnection,
        token: str,
        *,
        again: bool,
    ) -> OcpiConnection:
        version = VERSION_OF_PROTOCOL[partner.protocol]
        found = _read(self.platform.discover(partner, partner.base_url, token, version))
        ours = self.make_token()
        digest = digest_token(ours)
        # the partner reads our versions with it before it answers
        offered = GivenToken(
            digest, partner.partner_id, Purpose.OFFERED, self.clock() + OFFER_LASTS
        )
        with self.open_unit_of_work() as work:
            work.connections.present(partner.partner_id, connection.own_roles)
            work.connections.give(offered)
            work.commit()
        url = Registered(version, token, found.encoding, "", (), found.endpoints, self.clock())
        theirs = self._told(
            partner, url, Credentials(ours, self.own_url, connection.own_roles), again=again
        )
        registered = replace(url, token=theirs.token, url=theirs.url, roles=theirs.roles)
        with self.open_unit_of_work() as work:
            if not work.connections.take(digest, Purpose.OFFERED):
                raise ServiceError(
                    Kind.CONFLICT, "registration_overtaken", "another registration came between"
                )
            work.connections.give(GivenToken(digest, partner.partner_id, Purpose.CREDENTIALS))
            work.connections.register(partner.partner_id, registered)
            self._tell(work, "ocpi.registered", principal, partner.partner_id)
            work.commit()
        return replace(connection, registered=registered)

    def _told(
        self, partner: Partner, there: Registered, ours: Credentials, *, again: bool
    ) -> Credentials:
        url = there.endpoint("credentials")
        if url is None:
            raise _failed(Refused("endpoints_missing", "it offers no credentials module"))
        access = Access(there.token, there.encoding)
        theirs = _read(self.platform.register(partner, access, url, ours, again=again))
        try:
            check_credentials(partner, theirs)
        except ServiceError as refusal:
            # it believes to be registered: it is told that it is not
            self.platform.unregister(partner, replace(there, token=theirs.token))
            raise _failed(Refused(refusal.code, refusal.detail)) from refusal
        return theirs

    def _partner(self, partner_id: str) -> Partner:
        partner = self.partner(partner_id)
        if partner is None:
            raise ServiceError(Kind.NOT_FOUND, "partner_not_found", "no partner has this id")
        if not partner.protocol.is_ocpi:
            raise ServiceError(Kind.INVALID, "not_ocpi", "this partner does not speak OCPI")
        return partner

    def _connection(
        self, partner: Partner, own_roles: Sequence[CredentialsRole] | None = None
    ) -> OcpiConnection:
        stored = self.connections.connection(partner.partner_id)
        connection = stored or OcpiConnection(partner.partner_id, ())
        return connection if own_roles is None else replace(connection, own_roles=tuple(own_roles))

    def _tell(
        self, work: OcpiUnitOfWork, happened: str, principal: Principal, partner_id: str
    ) -> None:
        work.events.append(
            Event(happened, self.clock(), principal.client_id, (), {"partner_id": partner_id})
        )


def _read(told: Told | Refused) -> Told:
    if isinstance(told, Refused):
        raise _failed(told)
    return told


def _failed(refused: Refused) -> ServiceError:
    return ServiceError(
        Kind.INVALID,
        "registration_failed",
        f"the partner's platform did not take it ({refused.code}): {refused.detail}",
    )
