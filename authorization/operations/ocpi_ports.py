"""What OCPI connections need from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from authorization.model.ocpi import (
    Credentials,
    CredentialsRole,
    Endpoint,
    OcpiVersion,
    TokenEncoding,
)
from authorization.model.ocpi_connection import (
    GivenToken,
    OcpiConnection,
    Purpose,
    Registered,
)
from authorization.model.partner import Partner
from authorization.operations.foreign_token_ports import ForeignTokenRepository
from foundation.errors import Refused
from foundation.events import EventLog

FindPartner = Callable[[str], Partner | None]
"""A registered partner by its id; an answer may be half a second old."""


class ConnectionReader(Protocol):
    """Committed connections, read outside any unit of work."""

    def connection(self, partner_id: str) -> OcpiConnection | None:
        """Return the partner's connection."""

    def given(self, digest: bytes) -> GivenToken | None:
        """Return the token that we gave away, by its digest."""

    def all(self) -> Sequence[OcpiConnection]:
        """Return every connection, in order of the partner's id."""


class ConnectionRepository(Protocol):
    """Connections inside a unit of work."""

    def present(self, partner_id: str, own_roles: Sequence[CredentialsRole]) -> None:
        """Store which parties of ours the partner sees; makes the connection if there is none."""

    def register(self, partner_id: str, registered: Registered | None) -> None:
        """Store what the handshake came to, None for its end."""

    def give(self, given: GivenToken) -> None:
        """Store a token for its partner, in the place of the one of the same purpose."""

    def take(self, digest: bytes, purpose: Purpose) -> bool:
        """Delete a token; False where it is gone: somebody else has used it."""

    def forget_tokens(self, partner_id: str) -> None:
        """Delete every token that the partner was given."""


class OcpiUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def connections(self) -> ConnectionRepository:
        """The connections as this transaction sees them."""

    @property
    def foreign_tokens(self) -> ForeignTokenRepository:
        """The foreign tokens as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenOcpi = Callable[[], AbstractContextManager[OcpiUnitOfWork]]


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a platform's versions and version details told."""

    version: OcpiVersion
    encoding: TokenEncoding
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """How to call a partner: its token and the form in which it wants it."""

    token: str = field(repr=False)
    encoding: TokenEncoding = TokenEncoding.BASE64


class OcpiPlatform(Protocol):
    """Configuration modules of partners' platforms: never raises, never leaves the partner's host.

    A refusal's code is `host_not_allowed`, `version_missing`, `endpoints_missing`,
    `not_authenticated`, `not_registered_there`, `unreadable_answer`, `partner_error`, or one of
    the one way out.
    """

    def discover(
        self, partner: Partner, url: str, token: str, version: OcpiVersion
    ) -> Discovered | Refused:
        """Read a platform's versions at `url` and the details of `version`."""

    def register(
        self, partner: Partner, access: Access, url: str, ours: Credentials, *, again: bool
    ) -> Credentials | Refused:
        """POST our credentials to a platform's, or PUT them where it is done `again`."""

    def unregister(self, partner: Partner, registered: Registered) -> Refused | None:
        """DELETE our credentials there."""
