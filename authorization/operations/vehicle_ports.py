"""What the weighing of a vehicle's identifier needs from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Identifier
from autocharge.model.picture import ChargingUse
from autocharge.model.sighting import Place, Sighting
from foundation.identifiers import Emaid
from foundation.lookup import Lookup


@dataclass(frozen=True, slots=True)
class ContractUse:
    """A session of a contract; `enrolment_id` names the vehicle where its identifier began it."""

    started_at: datetime
    ended_at: datetime | None
    place: Place
    evidence: str
    enrolment_id: str | None


CheckUniqueness = Callable[
    [Identifier, Sequence[Sighting], Sequence[ChargingUse], Sequence[Identifier]], object
]
"""`autocharge.operations.check_uniqueness.CheckUniqueness`."""


class UseReader(Protocol):
    """Sessions as the weighing asks for them."""

    def of_contract(self, contract_id: str, limit: int) -> Lookup[Sequence[ContractUse]]:
        """Look for the contract's newest `limit` sessions, newest first."""


class CertificateState(Protocol):
    """Whether a contract has a certificate that a vehicle can use."""

    def __call__(self, emaid: Emaid, now: datetime) -> bool:
        """Whether one is recorded and has not run out."""
