"""What else is enrolled for a contract, for the weighing of one of its identifiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Identifier, IdentifierKind
from foundation.identifiers import Emaid
from foundation.lookup import Lookup


@dataclass(frozen=True, slots=True)
class EnrolledIdentifier:
    """An identifier that is enrolled for a contract; `sealed` opens with `EnrolledReader.open`."""

    enrolment_id: str
    kind: IdentifierKind
    enrolled_at: datetime
    sealed: bytes


class EnrolledReader(Protocol):
    """Committed enrolments of a contract, read outside any unit of work."""

    def of_contract(self, emaid: Emaid, limit: int) -> Lookup[Sequence[EnrolledIdentifier]]:
        """Look for up to `limit` identifiers that are enrolled for the contract."""

    def open(self, enrolled: EnrolledIdentifier) -> Identifier:
        """Return the identifier itself."""
