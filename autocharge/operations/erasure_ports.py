"""What erasure needs from outside."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Identifier
from autocharge.model.erasure import ErasedRecords
from autocharge.operations.ports import UnitOfWork

SignReceipt = Callable[[Mapping[str, object]], str]
"""Return the statement as a compact JWS (ES256) under the service's own receipt key."""

VerifyReceipt = Callable[[str], Mapping[str, object] | None]
"""Return what a receipt says whose signature is ours, else None."""

PublishedKeys = Callable[[], Sequence[Mapping[str, str]]]
"""Return the public keys of all receipts ever signed, as JWKs (RFC 7517)."""

Pseudonym = Callable[[str, Identifier], str]
"""Return the vehicle's name for one party, such as `provider:DEABC`, and for nobody else."""


class ErasureRepository(Protocol):
    """Whatever stands for an identifier beside its enrolments, inside a unit of work."""

    def erase(
        self,
        identifier: Identifier,
        provider_ids: frozenset[str] | None,
        enrolment_ids: Sequence[str],
        *,
        last_holder: bool,
    ) -> ErasedRecords:
        """Delete the identifier's records of these providers (None: all), enrolments excepted.

        `enrolment_ids` are the enrolments that go with it; `last_holder` says that no other
        provider has the identifier enrolled.
        """

    def record(
        self, erasure_id: str, erased_at: datetime, requested_by: str, receipt_hash: bytes
    ) -> None:
        """Keep the SHA-256 of the receipt."""


class ErasingUnitOfWork(UnitOfWork, Protocol):
    """A unit of work that also erases."""

    @property
    def erasures(self) -> ErasureRepository:
        """Everything but the enrolments."""


OpenErasingUnitOfWork = Callable[[], AbstractContextManager[ErasingUnitOfWork]]


class ErasureReader(Protocol):
    """Committed erasures."""

    def is_recorded(self, erasure_id: str, receipt_hash: bytes) -> bool:
        """Whether this receipt was given for this erasure."""
