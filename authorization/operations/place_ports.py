"""What the operations on sites, access groups and restrictions need from outside."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.restrictions import Restrictions
from authorization.model.site import Site
from autocharge.model.enrolment import Identifier
from foundation.events import EventLog
from foundation.identifiers import Emaid


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """Who belongs to an access group, each in its canonical form."""

    contracts: tuple[Emaid, ...] = field(default=(), repr=False)
    vehicles: tuple[Identifier, ...] = field(default=(), repr=False)
    tokens: tuple[tuple[TokenKind, TokenUid], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GroupCount:
    """An access group and how many members of each kind it has; who they are is not kept."""

    operator_id: str
    group_id: str
    contracts: int
    vehicles: int
    tokens: int
    changed_at: datetime


class SiteRepository(Protocol):
    """Sites inside a unit of work."""

    def lock(self, operator_id: str, site_id: str) -> Site | None:
        """Return the site and keep others from changing it until the unit of work ends."""

    def add(self, site: Site, at: datetime) -> bool:
        """Take the site's id, without EVSEs; False where another was faster."""

    def put(self, site: Site, at: datetime, *, reopens: bool) -> None:
        """Store a site that is locked or added, with these EVSEs and no others.

        An EVSE that leaves it is closed: nobody may charge there until it stands at a site again.
        Unless the caller `reopens`, none comes back that was at a site that was not public.
        Raises CONFLICT (`evse_taken`, `evse_closed`).
        """

    def take_off(self, operator_id: str, site_id: str, evse_key: str, at: datetime) -> bool:
        """Close an EVSE of a site that is locked; False where it does not stand there."""

    def remove(self, operator_id: str, site_id: str, at: datetime) -> None:
        """Delete a site that is locked; its EVSEs are closed."""


class GroupRepository(Protocol):
    """Access groups inside a unit of work."""

    def put(self, operator_id: str, group_id: str, members: GroupMembers, at: datetime) -> None:
        """Store the group with these members and no others."""

    def remove(self, operator_id: str, group_id: str) -> bool:
        """Delete the group with its members; False where there is none."""


class RestrictionRepository(Protocol):
    """Contracts' restrictions inside a unit of work."""

    def put(
        self, contract_id: str, provider_id: str, restrictions: Restrictions, at: datetime
    ) -> None:
        """Store what the contract is restricted to."""

    def remove(self, contract_id: str) -> bool:
        """Delete the contract's restrictions; False where there are none."""


class PlaceUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def sites(self) -> SiteRepository:
        """The sites as this transaction sees them."""

    @property
    def groups(self) -> GroupRepository:
        """The access groups as this transaction sees them."""

    @property
    def restrictions(self) -> RestrictionRepository:
        """The restrictions as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenPlaceUnitOfWork = Callable[[], AbstractContextManager[PlaceUnitOfWork]]


class SiteReader(Protocol):
    """Committed sites and access groups, read outside any unit of work."""

    def find(self, operator_id: str, site_id: str) -> Site | None:
        """Return the site."""

    def page(
        self, operator_ids: frozenset[str] | None, after: tuple[str, str] | None, limit: int
    ) -> tuple[Site, ...]:
        """Return up to `limit` sites of these operators (None: all) in order of operator and id."""

    def group(self, operator_id: str, group_id: str) -> GroupCount | None:
        """Return how many members an access group has."""

    def groups(
        self, operator_ids: frozenset[str] | None, after: tuple[str, str] | None, limit: int
    ) -> tuple[GroupCount, ...]:
        """Return up to `limit` groups of these operators (None: all) by operator and id."""


class Memberships(Protocol):
    """Which access groups of an operator somebody belongs to."""

    def of(self, operator_id: str, members: GroupMembers) -> tuple[frozenset[str], frozenset[str]]:
        """Return the groups that name one of the contracts or vehicles, and one of the tokens."""


class RestrictionReader(Protocol):
    """Committed restrictions, read outside any unit of work."""

    def find(self, contract_id: str) -> Restrictions | None:
        """Return what the contract is restricted to."""
