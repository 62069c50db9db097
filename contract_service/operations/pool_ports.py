"""What provisioning, the contract pool and installation need from stores."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from contract_service.model.contract import ContractCertificate
from contract_service.model.contract_data import (
    ContractData,
    InstallationAction,
    PooledContract,
    PreparedAnswer,
)
from contract_service.model.installation import InstallationRecord
from contract_service.operations.ports import ContractRepository
from exi import Schema
from foundation.events import Event, EventLog
from foundation.identifiers import Emaid, Pcid

MOST_CONTRACTS = 32
"""Own judgement: how many contracts a vehicle may have for one schema."""


class ContractPool(Protocol):
    """The pool, read outside any unit of work; every call sees what is committed by then."""

    def of_vehicle(self, pcid: Pcid, schema: Schema | None) -> Sequence[PooledContract]:
        """Return a vehicle's contracts for one schema, or for all; first created first."""

    def of_contract(self, emaid: Emaid, schema: Schema | None) -> Sequence[PooledContract]:
        """Return what the pool has of a contract for one schema, or for all."""

    def answers(
        self, data_id: str, action: InstallationAction, recipient_key: str
    ) -> Sequence[PreparedAnswer]:
        """Return the answers prepared for the holder of a key, one for each CPS leaf."""

    def after(self, data_id: str, limit: int) -> Sequence[PooledContract]:
        """Return up to `limit` entries whose id comes after `data_id`, in order of their id."""

    def ended(self, at: datetime, limit: int) -> Sequence[PooledContract]:
        """Return up to `limit` entries expired at `at`, or whose contract is terminated."""

    def without(self, schema: Schema, signer: str, at: datetime, limit: int) -> Sequence[str]:
        """Return ids of up to `limit` entries, valid at `at`, that this CPS leaf has not signed."""


class ContractPoolRepository(Protocol):
    """The pool inside a unit of work."""

    def of_contract(self, emaid: Emaid) -> Sequence[ContractData]:
        """Return what the pool has of a contract, for every schema."""

    def count(self, pcid: Pcid, schema: Schema) -> int:
        """Return how many contracts a vehicle has for a schema."""

    def put(self, data: ContractData, answers: Sequence[PreparedAnswer]) -> None:
        """Store contract data in the place of what the contract had for this schema.

        The first contract of a vehicle becomes its default.
        """

    def put_answers(self, data_id: str, answers: Sequence[PreparedAnswer]) -> bool:
        """Add answers, each in the place of another CPS leaf's below its root.

        False, and nothing is stored, where the data are there no more.
        """

    def answers(self, data_id: str) -> Sequence[PreparedAnswer]:
        """Return every prepared answer of an entry."""

    def claim_renewal(self, data_id: str, key: str, until: datetime, now: datetime) -> bool:
        """Claim the renewal of an entry for a vehicle's key, for oneself, until `until`.

        False where it is claimed for that key already, beyond `now`, or is there no more.
        """

    def delete(self, data_ids: Sequence[str]) -> None:
        """Delete entries with their answers; a contract that has none left is no default."""

    def of_vehicle(self, pcid: Pcid) -> Sequence[ContractData]:
        """Return a vehicle's contracts, for every schema."""

    def set_default(self, pcid: Pcid, emaid: Emaid) -> None:
        """Make a contract the vehicle's default."""

    def record_certificate(
        self, contract_id: str, issuer: str | None, certificate: ContractCertificate, at: datetime
    ) -> None:
        """Record a certificate for a contract, if it is not recorded yet."""


class PoolUnitOfWork(Protocol):
    """One transaction over contracts, the pool and events; without `commit()` all is undone."""

    @property
    def contracts(self) -> ContractRepository:
        """The contracts as this transaction sees them."""

    @property
    def pool(self) -> ContractPoolRepository:
        """The pool as this transaction sees it."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenPoolUnitOfWork = Callable[[], AbstractContextManager[PoolUnitOfWork]]


class InstallationLog(Protocol):
    """What vehicles asked and were answered."""

    def append(self, record: InstallationRecord, event: Event | None) -> None:
        """Keep a record together with the event of a delivery, durable on return."""

    def find(self, reference: str) -> InstallationRecord | None:
        """Return the record with that reference."""

    def delivered(self, session: str) -> Sequence[tuple[str, str]]:
        """Return request and data id of what was delivered in a session, first to last."""
