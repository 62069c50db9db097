"""What the operations on contracts need from outside."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from contract_service.model.contract import Contract, ContractCertificate, ContractStatus
from foundation.events import Event, EventLog
from foundation.identifiers import Emaid, Pcid
from foundation.principal import Principal
from pki.model.certificate_reference import BySerial
from pki.model.issued import CertificateRecord
from pki.model.roles import RevocationReason


class ContractReader(Protocol):
    """Committed contracts, read outside any unit of work."""

    def find(self, emaid: Emaid) -> Contract | None:
        """Return the contract that `emaid` names in any spelling, else None."""

    def find_many(self, emaids: Collection[Emaid]) -> tuple[Contract, ...]:
        """Return the contracts that these EMAIDs name in any spelling, in no order."""

    def by_id(self, contract_id: str) -> Contract | None:
        """Return the contract with this random id, else None."""

    def certificates(self, emaid: Emaid) -> tuple[ContractCertificate, ...]:
        """Return the certificates recorded for that EMAID and no other, latest first."""

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Contract, ...]:
        """Return up to `limit` contracts of these providers (None: all) in order of their id.

        `after` is the last contract id of the page before.
        """

    def revocations_due(self, contract_id: str | None, limit: int) -> tuple[tuple[str, str], ...]:
        """Return authority and serial of certificates to revoke, of one contract or (None) all."""


class ContractRepository(Protocol):
    """Contracts inside a unit of work."""

    def add(self, contract: Contract) -> None:
        """Store a new contract; CONFLICT where its EMAID, in any spelling, has one already."""

    def lock(self, emaid: Emaid) -> Contract | None:
        """Return the contract and keep others from changing it until the unit of work ends."""

    def set_status(self, contract_id: str, status: ContractStatus) -> None:
        """Store the contract's new status."""

    def set_pcid(self, contract_id: str, pcid: Pcid | None) -> None:
        """Bind the contract to a vehicle, or to none."""

    def set_term(
        self, contract_id: str, valid_from: datetime, valid_until: datetime | None
    ) -> None:
        """Store when the contract runs."""

    def owe_revocations(self, contract_id: str) -> None:
        """Make the revocation of every own certificate of the contract due."""

    def announce_end(self, contract: Contract) -> None:
        """Have what hangs on the contract elsewhere removed."""

    def settle_revocation(self, issuer: str, serial: str) -> None:
        """Note that a revocation that was due is done."""


class UnitOfWork(Protocol):
    """One transaction over contracts and events; without `commit()` everything is undone."""

    @property
    def contracts(self) -> ContractRepository:
        """The contracts as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenUnitOfWork = Callable[[], AbstractContextManager[UnitOfWork]]


class ContractCertificates(Protocol):
    """Foreign certificates that were validated here and are recorded for contracts."""

    def is_recorded(self, contract_id: str, fingerprint: str) -> bool:
        """Whether the certificate is recorded for the contract already."""

    def record_foreign(
        self, contract_id: str, certificate: ContractCertificate, at: datetime, event: Event
    ) -> bool:
        """Record it durably together with the event; False where somebody was faster."""


class IssuedCertificates(Protocol):
    """Certificates that our authorities issue for contracts."""

    def record(
        self,
        contract_id: str,
        certificate: ContractCertificate,
        event: Event,
        own: CertificateRecord,
        own_event: Event,
    ) -> bool:
        """Record a certificate and the events for its authority and for the contract.

        All in one transaction, durable on return. False where the contract is not active any
        more: then it is recorded for the authority alone, which has to revoke it.
        """


class RevokeLeaf(Protocol):
    """`pki.operations.revoke.Revoke`."""

    def __call__(
        self, principal: Principal, reference: BySerial, reason: RevocationReason
    ) -> object:
        """Revoke a certificate that we issued for good; doing so again changes nothing."""
