"""Choose whose contracts stand in the local authorisation lists of which stations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from authorization.operations.list_ports import (
    GroupStation,
    ListReader,
    OpenListUnitOfWork,
    StationGroup,
)
from authorization.operations.own_station import own_station
from authorization.operations.ports import ContractFinder, StationReader
from authorization.operations.refresh_local_list import RefreshLocalLists
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal

MAX_STATIONS = 200
MAX_CONTRACTS = 2000
"""Own judgement: what one request may name; a station seldom takes more entries."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,48}")


@dataclass(frozen=True, slots=True)
class ReplaceStationGroup:
    """Stores a group as an operator names it, and sends its stations their lists."""

    stations: StationReader
    contracts: ContractFinder
    lists: ListReader
    open_unit_of_work: OpenListUnitOfWork
    refresh: RefreshLocalLists
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        operator_id: str,
        name: str,
        stations: Sequence[GroupStation],
        emaids: Sequence[Emaid],
    ) -> StationGroup:
        """Return the group; what it was before is replaced, the same again changes nothing.

        Raises FORBIDDEN (`operator_not_yours`, `station_not_yours`, `contract_not_listable`: a
        contract that is unknown or whose provider does not agree, alike), INVALID (`group_name`),
        TOO_LARGE (`group_too_large`).
        """
        require_operator(principal, operator_id)
        if not _NAME.fullmatch(name):
            raise ServiceError(Kind.INVALID, "group_name", "1 to 48 of A-Z a-z 0-9 _ -")
        if len(stations) > MAX_STATIONS or len(emaids) > MAX_CONTRACTS:
            raise ServiceError(
                Kind.TOO_LARGE,
                "group_too_large",
                f"a group has at most {MAX_STATIONS} stations and {MAX_CONTRACTS} contracts",
            )
        for one in stations:
            if own_station(principal, self.stations, one.station_id).operator_id != operator_id:
                raise ServiceError(
                    Kind.FORBIDDEN, "station_not_yours", "the station is another operator's"
                )
        now = self.clock()
        with self.open_unit_of_work() as work:
            contract_ids = self._listable(emaids, work.lists.consents(operator_id))
            group = StationGroup(operator_id, name, tuple(stations), contract_ids)
            work.lists.replace_group(group, now)
            work.events.append(_changed(group, principal, now))
            work.commit()
        for one in stations:
            self.refresh.station(one.station_id, now)
        return group

    def show(self, principal: Principal, operator_id: str, name: str) -> StationGroup:
        """Return the group; FORBIDDEN as above, NOT_FOUND (`group_not_found`)."""
        if not principal.reads_everything:
            require_operator(principal, operator_id)
        group = self.lists.group(operator_id, name)
        if group is None:
            raise ServiceError(Kind.NOT_FOUND, "group_not_found", "there is no such group")
        return group

    def _listable(self, emaids: Sequence[Emaid], consents: frozenset[str]) -> frozenset[str]:
        found = set()
        for position, emaid in enumerate(emaids):
            contract = self.contracts(emaid) if emaid.provider_id in consents else None
            if contract is None or contract.provider_id not in consents:
                raise ServiceError(
                    Kind.FORBIDDEN,
                    "contract_not_listable",
                    "there is no such contract, or its provider does not agree that it stands in "
                    "your lists; ask it for PUT /v1/local-list-consents",
                    {f"contracts.{position}": "not listable"},
                )
            found.add(contract.contract_id)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class ConsentToLists:
    """A provider's word whether its contracts may stand in an operator's lists."""

    open_unit_of_work: OpenListUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, provider_id: str, operator_id: str, *, consents: bool
    ) -> None:
        """Store it; the operator's lists follow. FORBIDDEN (`provider_not_yours`)."""
        if not principal.acts_for_provider(provider_id):
            raise ServiceError(
                Kind.FORBIDDEN, "provider_not_yours", "this is not one of your provider ids"
            )
        now = self.clock()
        with self.open_unit_of_work() as work:
            work.lists.set_consent(provider_id, operator_id, now, consents=consents)
            word = "given" if consents else "withdrawn"
            subject = {"provider_id": provider_id, "operator_id": operator_id}
            work.events.append(
                Event(
                    f"local_list_consent.{word}",
                    now,
                    principal.client_id,
                    (provider_id, operator_id),
                    subject,
                )
            )
            work.commit()


def require_operator(principal: Principal, operator_id: str) -> None:
    """Raise FORBIDDEN (`operator_not_yours`) unless the principal acts for the operator."""
    principal.require_role(ClientRole.CPO)
    if not principal.acts_for_operator(operator_id):
        raise ServiceError(
            Kind.FORBIDDEN, "operator_not_yours", "this is not one of your operator ids"
        )


def _changed(group: StationGroup, principal: Principal, now: datetime) -> Event:
    subject = {
        "name": group.name,
        "stations": str(len(group.stations)),
        "contracts": str(len(group.contract_ids)),
    }
    return Event("station_group.changed", now, principal.client_id, (group.operator_id,), subject)
