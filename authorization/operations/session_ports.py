"""What the operations on sessions, transactions and budgets need from outside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from authorization.model.budget import Budget, Used
from authorization.model.session import Session
from authorization.model.standing import Standing
from authorization.model.transaction import Transaction
from foundation.identifiers import Emaid
from foundation.lookup import Lookup

Read = TypeVar("Read")


class SessionRepository(Protocol):
    """Charging sessions inside a unit of work."""

    def add(self, session: Session) -> bool:
        """Store a session; False where its decision has one already, or its slot is taken."""

    def lock(self, session_id: str) -> Session | None:
        """Return the session and keep others from changing it until the unit of work ends."""

    def by_reference(self, reference: str) -> Session | None:
        """Return the session that a decision started."""

    def open_of(self, contract_id: str) -> Sequence[Session]:
        """Return the contract's open sessions, and lock them."""

    def put(self, session: Session) -> None:
        """Store what became of a session that is there: all but what it began with."""

    def stale(self, heard_before: datetime, limit: int) -> Sequence[Session]:
        """Return open sessions of which nothing was heard since, locked; others pass them over."""


class TransactionReader(Protocol):
    """Stations' transactions, to read."""

    def find(self, station_id: str, key: str) -> Transaction | None:
        """Return what is known of a transaction."""

    def started_by(self, station_id: str, start_hash: str) -> Transaction | None:
        """Return the transaction that a StartTransaction (OCPP 1.6) began."""


class TransactionRepository(TransactionReader, Protocol):
    """Stations' transactions inside a unit of work; the station is locked first."""

    def put(self, transaction: Transaction, now: datetime, start_hash: str | None = None) -> None:
        """Store what is known; `start_hash` is that of the StartTransaction that it began with."""

    def has_session(self, session_id: str) -> bool:
        """Whether a transaction has this session."""

    def forget(self, heard_before: datetime) -> None:
        """Delete transactions of which nothing was heard since."""


class BudgetRepository(Protocol):
    """Contracts' budgets inside a unit of work."""

    def lock(self, contract_id: str) -> Budget | None:
        """Return the budget and keep others from beginning sessions on it meanwhile."""

    def used(self, contract_id: str, now: datetime) -> Sequence[Used]:
        """Return what sessions that began this month (UTC) used."""

    def put(self, contract_id: str, budget: Budget, now: datetime) -> None:
        """Store the budget in place of the one before."""

    def remove(self, contract_id: str) -> None:
        """Delete the budget, where there is one."""


class SessionReader(Protocol):
    """Committed sessions, read outside any unit of work."""

    def find(self, session_id: str) -> Session | None:
        """Return the session."""


class ClaimableDecisions(Protocol):
    """Accepted decisions that no transaction has claimed."""

    def newest(
        self, station_id: str, contract_id: str, since: datetime, until: datetime
    ) -> str | None:
        """Return the reference of the newest one of that contract, station and time."""

    def newest_presented(
        self, station_id: str, presented: str, since: datetime, until: datetime
    ) -> str | None:
        """Return the same of what a partner accepted, by its `presented_key`."""

    def is_of(self, reference: str, presented: str) -> bool:
        """Whether a decision, claimed or not, is a partner's on this `presented_key`."""


class StandingReader(Protocol):
    """What is committed of a contract's budget and use, as one look-up."""

    def lookup(self, named: Emaid | str, read: Callable[[Standing], Read]) -> Lookup[Read]:
        """Look for the standing of a contract (EMAID in any spelling, or id), and `read` it."""
