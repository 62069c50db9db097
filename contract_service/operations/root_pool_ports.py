"""What the root pool needs from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from contract_service.model.root_pool import PooledRoot, RootType
from foundation.events import EventLog
from foundation.principal import Principal

OwnRoots = Callable[[], Sequence[PooledRoot]]
"""The roots of our own authorities, in the order in which they were made."""

EndTrust = Callable[[Principal, str], bool]
"""Ends the trust in the root of a fingerprint; False where it was not trusted."""


class PublishedRoots(Protocol):
    """Foreign roots that an administrator published, as committed."""

    def all(self) -> Sequence[PooledRoot]:
        """Return them in the order in which they were published."""

    def expired(self, now: datetime, limit: int) -> Sequence[PooledRoot]:
        """Return up to `limit` of them that have expired."""


class RootRepository(Protocol):
    """Published roots, within a unit of work."""

    def type_of(self, fingerprint: str) -> RootType | None:
        """Return as what the root is published; None where it is not."""

    def add(self, root: PooledRoot, client_id: str, at: datetime) -> bool:
        """Publish a root; False where it is already, as whatever type."""

    def remove(self, fingerprint: str) -> bool:
        """Take a root out; False where it is not there."""


class RootUnitOfWork(Protocol):
    """A transaction over published roots; without `commit` everything is undone."""

    @property
    def roots(self) -> RootRepository:
        """The published roots."""

    @property
    def events(self) -> EventLog:
        """Where what happened is told."""

    def commit(self) -> None:
        """Make it last."""


OpenRootUnitOfWork = Callable[[], AbstractContextManager[RootUnitOfWork]]
