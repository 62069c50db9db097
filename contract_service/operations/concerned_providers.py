"""Whom an event about a vehicle concerns: its manufacturer, and the providers of its contracts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from contract_service.model.contract import Contract
from foundation.events import Event
from foundation.identifiers import Pcid

ABOUT_A_VEHICLE = "provisioning_certificate."
MOST_CONTRACTS = 200
"""Of one vehicle, those ended included; own judgement, a vehicle changes hands now and then."""


class ContractsOfVehicle(Protocol):
    """Committed contracts by vehicle."""

    def of_vehicle(self, pcid: Pcid, limit: int) -> Sequence[Contract]:
        """Return up to `limit` contracts that are bound to the vehicle."""


@dataclass(frozen=True, slots=True)
class ConcernedProviders:
    """Tells an event about a vehicle once for each of its contracts.

    The operation that caused it knows the manufacturer alone, and OPCP tells a provider with the
    EMAID that is concerned.
    """

    contracts: ContractsOfVehicle

    def __call__(self, event: Event) -> Sequence[Event]:
        """Return the event for each contract of its vehicle, any other event as it is."""
        pcid = event.personal.get("pcid")
        if pcid is None or not event.type.startswith(ABOUT_A_VEHICLE):
            return (event,)
        return [
            replace(
                event,
                owners=(*event.owners, contract.provider_id),
                personal={**event.personal, "emaid": contract.emaid.canonical},
            )
            for contract in self.contracts.of_vehicle(Pcid.parse(pcid), MOST_CONTRACTS)
        ]
