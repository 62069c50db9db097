"""What the operations on local authorisation lists need from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authorization.model.claim import Place
from authorization.model.local_list import HeldList, ListLimits
from authorization.model.ocpp_version import OcppVersion
from authorization.model.wanted_list import ListedContract
from authorization.operations.call_ports import CallRepository
from foundation.events import EventLog

NameTokens = Callable[[Collection[str]], Mapping[str, str]]
"""What references of a list stand for: uids and EMAIDs. Those that are gone are left out."""


@dataclass(frozen=True, slots=True)
class GroupStation:
    """A station of a group: the OCPP that it speaks, and what it takes."""

    station_id: str
    version: OcppVersion
    limits: ListLimits


@dataclass(frozen=True, slots=True)
class StationGroup:
    """Stations of one operator whose lists hold the same contracts (random ids)."""

    operator_id: str
    name: str
    stations: tuple[GroupStation, ...]
    contract_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListedStation:
    """Where the list of one station stands; `group_name` is empty for one that left its group.

    `held` is None where nobody knows what it holds. `sent` is what it holds once it accepts the
    call `call_id`. `refused_for` is why its list cannot be sent.
    """

    station: GroupStation
    operator_id: str
    group_name: str
    last_version: int = 0
    held: HeldList | None = None
    call_id: str | None = None
    sent: HeldList | None = None
    refused_for: str | None = None


ReadPlace = Callable[[str], Place | None]
"""The place of the station with this OCPP identity."""

ReadContracts = Callable[[Collection[str], Place, datetime], Sequence[ListedContract]]
"""The contracts with these random ids, for a place, now; there may be fewer.

Certificates are validated as for a decision, and a foreign authority may be asked meanwhile: never
call it inside a unit of work.
"""


class ListRepository(Protocol):
    """Groups, lists and consents inside a unit of work."""

    def replace_group(self, group: StationGroup, now: datetime) -> None:
        """Store the group in the place of what it was.

        A station leaves the group that it was in; in none (`group_name` empty), its list is empty.
        What is known of a station's list stays.
        """

    def consents(self, operator_id: str) -> frozenset[str]:
        """Return the providers whose contracts may stand in the operator's lists."""

    def set_consent(
        self, provider_id: str, operator_id: str, now: datetime, *, consents: bool
    ) -> None:
        """Store whether the provider agrees to that."""

    def lock(self, station_id: str) -> ListedStation | None:
        """Return the station's list and keep others from changing it until the end."""

    def contracts_of(self, operator_id: str, group_name: str) -> frozenset[str]:
        """Return the contracts that stand in the group's lists."""

    def put(self, listed: ListedStation) -> None:
        """Store where the station's list stands."""


class ListUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def lists(self) -> ListRepository:
        """Groups, lists and consents as this transaction sees them."""

    @property
    def calls(self) -> CallRepository:
        """The stations' calls as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenListUnitOfWork = Callable[[], AbstractContextManager[ListUnitOfWork]]


class ListReader(Protocol):
    """Committed groups and lists, read outside any unit of work."""

    def group(self, operator_id: str, name: str) -> StationGroup | None:
        """Return the group."""

    def station(self, station_id: str) -> ListedStation | None:
        """Return where the station's list stands."""

    def contracts_of(self, operator_id: str, group_name: str) -> frozenset[str]:
        """Return the contracts that stand in the group's lists."""

    def station_ids(self, after: str, limit: int) -> Sequence[str]:
        """Return up to `limit` stations with lists, in order of their ids."""
