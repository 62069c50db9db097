"""Roles of people in the console, what each may do, and as whom the operations hear of it."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from foundation.principal import ClientRole, Principal


class ConsoleRole(StrEnum):
    """What a person is; one may be several."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    PKI_OFFICER = "pki_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a page or a button needs.

    READ: everything, identifiers masked. REVEAL: a masked identifier, and that is recorded.
    OPERATE: contracts, vehicles, stations. CERTIFY: what authorities sign and revoke.
    AUDIT: who did what. ADMINISTER: participants and the console's own accounts.
    """

    READ = "read"
    REVEAL = "reveal"
    OPERATE = "operate"
    CERTIFY = "certify"
    AUDIT = "audit"
    ADMINISTER = "administer"


PERMISSIONS: Mapping[ConsoleRole, frozenset[Permission]] = MappingProxyType(
    {
        ConsoleRole.VIEWER: frozenset({Permission.READ}),
        ConsoleRole.OPERATOR: frozenset({Permission.READ, Permission.REVEAL, Permission.OPERATE}),
        ConsoleRole.PKI_OFFICER: frozenset({Permission.READ, Permission.CERTIFY}),
        ConsoleRole.AUDITOR: frozenset({Permission.READ, Permission.REVEAL, Permission.AUDIT}),
        ConsoleRole.ADMINISTRATOR: frozenset(Permission),
    }
)
"""Least privilege: a PKI officer has no need of drivers, an operator none of authorities."""


def permissions_of(roles: Collection[ConsoleRole]) -> frozenset[Permission]:
    """Return what the roles allow together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def reading(account_id: str) -> Principal:
    """Return as whom an account's pages read: a participant that sees all and changes nothing."""
    return Principal(_client_id(account_id), frozenset({ClientRole.AUDITOR}))


def acting(account_id: str) -> Principal:
    """Return as whom an account acts, once its permission for just this act was checked."""
    return Principal(_client_id(account_id), frozenset({ClientRole.ADMIN}))


def _client_id(account_id: str) -> str:
    return f"console:{account_id}"
