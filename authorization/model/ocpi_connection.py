"""A connection to an OCPI platform: who we are there, who it is, and where its modules are."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from authorization.model.ocpi import (
    Credentials,
    CredentialsRole,
    Endpoint,
    InterfaceRole,
    OcpiRole,
    OcpiVersion,
    TokenEncoding,
    endpoint_url,
)
from authorization.model.partner import Partner
from foundation.errors import Kind, ServiceError

REGISTRATION_LASTS = timedelta(days=7)
"""Own judgement: an invitation crosses two companies' mail."""

OFFER_LASTS = timedelta(minutes=5)
"""How long a partner may look at our versions while it answers our own registration."""


class Purpose(StrEnum):
    """What a credentials token that we gave away lets its holder do.

    REGISTRATION (CREDENTIALS_TOKEN_A) and OFFERED (CREDENTIALS_TOKEN_B while the partner still
    answers) open versions and credentials alone; CREDENTIALS opens every module.
    """

    REGISTRATION = "registration"
    OFFERED = "offered"
    CREDENTIALS = "credentials"


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token that we gave to a partner, as it is kept: `digest` is all there is of it."""

    digest: bytes = field(repr=False)
    partner_id: str
    purpose: Purpose
    expires_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it may still be used at `now`."""
        return self.expires_at is None or now < self.expires_at


def new_token() -> str:
    """Return a credentials token: 256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def digest_token(token: str) -> bytes:
    """Return the 32 bytes kept of a token, and looked up by.

    SHA-256 is enough for 256 random bits that this service chose; whoever measures how long a
    look-up by digest takes learns of digests, not of tokens.
    """
    return hashlib.sha256(token.encode("ascii", "replace")).digest()


@dataclass(frozen=True, slots=True)
class Registered:
    """What the handshake came to: the version, and what the partner told of itself.

    `token` is what we show to the partner. `endpoints` all lie on the partner's allowed host.
    """

    version: OcpiVersion
    token: str = field(repr=False)
    encoding: TokenEncoding
    url: str
    roles: tuple[CredentialsRole, ...]
    endpoints: tuple[Endpoint, ...]
    at: datetime

    def endpoint(self, identifier: str, role: InterfaceRole | None = None) -> str | None:
        """Return a module's URL without a slash at its end."""
        return endpoint_url(self.endpoints, identifier, role)


@dataclass(frozen=True, slots=True)
class OcpiConnection:
    """A partner's connection: `own_roles` are the parties of ours that it sees.

    `registered` is None until a handshake has succeeded, and again after it was ended.
    """

    partner_id: str
    own_roles: tuple[CredentialsRole, ...]
    registered: Registered | None = None

    def own_parties(self, role: OcpiRole) -> frozenset[str]:
        """Return our parties (`DEABC`) of one role."""
        return frozenset(one.party for one in self.own_roles if one.role is role)

    def issuer(self, provider_id: str) -> str:
        """Return the name of our eMSP (`DEABC`), its id where it has none here."""
        names = (
            one.name
            for one in self.own_roles
            if one.role is OcpiRole.EMSP and one.party == provider_id
        )
        return next(names, provider_id)


@dataclass(frozen=True, slots=True)
class OcpiPeer:
    """Who asks: a partner, by which token, and its connection as it stood a moment ago.

    `shown` is the token itself, as the request brought it.
    """

    partner: Partner
    given: GivenToken
    connection: OcpiConnection
    shown: str = field(repr=False)

    def require_registered(self) -> None:
        """Raise ServiceError UNAUTHENTICATED where the token opens no functional module.

        transport_and_format.asciidoc, Authorization header: CREDENTIALS_TOKEN_A is good for
        versions and credentials alone.
        """
        if self.given.purpose is not Purpose.CREDENTIALS:
            raise ServiceError(
                Kind.UNAUTHENTICATED,
                "registration_token",
                "this token is for the credentials module alone; register with it first",
            )


def check_credentials(partner: Partner, credentials: Credentials) -> None:
    """Check what a partner tells of itself against what the administrator registered.

    Raises ServiceError INVALID: `host_not_allowed` for a URL that leads elsewhere than to the
    partner's host; `party_not_registered` for a party that is not the partner's (a default route,
    a hub, may tell of any: what it may do is not taken from its own word).
    """
    require_allowed(partner, [credentials.url])
    if partner.is_default:
        return
    registered = {
        OcpiRole.EMSP: partner.provider_ids,
        OcpiRole.CPO: partner.operator_ids,
    }
    for role in credentials.roles:
        parties = registered.get(role.role)
        if parties is not None and role.party not in parties:
            raise ServiceError(
                Kind.INVALID,
                "party_not_registered",
                "a role names a party that is not registered for you; ask the administrator",
                {"roles": f"{role.role} {role.country_code} {role.party_id}"},
            )


def require_allowed(partner: Partner, urls: Sequence[str]) -> None:
    """Raise ServiceError INVALID (`host_not_allowed`) for a URL off the partner's own host."""
    if not all(partner.allows(url) for url in urls):
        raise ServiceError(
            Kind.INVALID,
            "host_not_allowed",
            "a URL leads to another host than the one registered for you; ask the administrator",
        )
