"""What pushing authentication data to hubs needs from outside."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authorization.model.authdata import Action, AuthdataRecord, Card
from authorization.model.partner import Partner
from contract_service.model.contract import Contract

SendAuthdata = Callable[[Partner, str, Action, Sequence[AuthdataRecord]], str | None]
"""Send records of a provider (`DEABC`) to a hub; why it did not take them, None where it did."""

TakeTurn = Callable[[str, datetime], Callable[[], None] | None]
"""Take the turn of that name; what gives it back, None while somebody else has it."""


class ContractPages(Protocol):
    """`contract_service.operations.ports.ContractReader`, as far as it is needed here."""

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Contract, ...]:
        """Return up to `limit` contracts of these providers in order of their id."""

    def by_id(self, contract_id: str) -> Contract | None:
        """Return the contract with this random id, else None."""


@dataclass(frozen=True, slots=True)
class HubState:
    """What is known of a hub's data of one provider.

    `loaded_at`: the last full load, None where the next push has to be one. `looked_at`: until
    when what happened has been looked at.
    """

    loaded_at: datetime | None
    looked_at: datetime


class AuthdataStore(Protocol):
    """What hubs have of ours, and what happened that changes it."""

    def cards(self, contract_ids: Collection[str]) -> Sequence[Card]:
        """Return the active RFID cards of these contracts."""

    def changed(self, provider_id: str, since: datetime) -> Collection[str]:
        """Return the ids of the provider's contracts that something happened to since then."""

    def state(self, partner_id: str, provider_id: str) -> HubState | None:
        """Return what is known of the hub's data, None where nothing was pushed yet."""

    def known(
        self, partner_id: str, provider_id: str, contract_ids: Collection[str]
    ) -> Sequence[AuthdataRecord]:
        """Return what the hub has of these contracts."""

    def loaded(
        self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord], at: datetime
    ) -> None:
        """Keep that the hub has these records and no others."""

    def added(self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord]) -> None:
        """Keep that the hub has these records, too."""

    def removed(self, partner_id: str, provider_id: str, record_ids: Collection[str]) -> None:
        """Keep that the hub has these records no more."""

    def looked(self, partner_id: str, provider_id: str, at: datetime, *, stale: bool) -> None:
        """Keep until when was looked; `stale`: nobody knows what the hub has, load it anew."""
