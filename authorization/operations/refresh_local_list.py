"""Bring stations' local authorisation lists to what they should be, one message at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from authorization.model.call_policy import CallPolicy
from authorization.model.claim import Place
from authorization.model.list_message import list_message
from authorization.model.local_list import (
    HeldList,
    ListEntry,
    after,
    updates,
)
from authorization.model.station_call import CallPurpose, CallState, StationCall
from authorization.model.wanted_list import ListedContract, wanted_list
from authorization.operations.list_ports import (
    ListedStation,
    ListReader,
    ListUnitOfWork,
    NameTokens,
    OpenListUnitOfWork,
    ReadContracts,
    ReadPlace,
)
from authorization.operations.own_station import call_event
from foundation.errors import Refused
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.time_ordered import TimeOrderedIds

PAGE = 200
SLOT = "SendLocalList"


@dataclass(frozen=True, slots=True)
class RefreshLocalLists:
    """Background work, and what follows a change; safe to repeat and to run in several processes.

    What a station holds is what it acknowledged. One message waits at a time; the next one is made
    from the acknowledged list, so that one that was refused, lost or replaced costs a full list
    and nothing else.
    """

    open_unit_of_work: OpenListUnitOfWork
    lists: ListReader
    read_place: ReadPlace
    read_contracts: ReadContracts
    name_tokens: NameTokens
    policy: CallPolicy
    new_id: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(self, now: datetime) -> int:
        """Look at every station that has a list; return how many were sent something."""
        sent, after_station = 0, ""
        while page := self.lists.station_ids(after_station, PAGE):
            sent += sum(self.station(station_id, now) for station_id in page)
            after_station = page[-1]
        return sent

    def station(self, station_id: str, now: datetime) -> bool:
        """Bring one station's list a message further; return whether one was queued.

        Where the group changes meanwhile nothing is: whoever changes it brings its lists further.
        """
        before = self.lists.station(station_id)
        if before is None:
            return False
        chosen = self.lists.contracts_of(before.operator_id, before.group_name)
        place = self.read_place(station_id)
        contracts = () if place is None else self.read_contracts(chosen, place, now)
        with self.open_unit_of_work() as work:
            listed = work.lists.lock(station_id)
            if listed is None or listed.group_name != before.group_name:
                return False
            if chosen != work.lists.contracts_of(listed.operator_id, listed.group_name):
                return False
            wanted = {} if place is None else self._wanted(work, listed, contracts, place, now)
            waiting = self._settled(work, listed, wanted, now)
            if waiting is None:
                return False
            queued = self._queue(work, waiting, wanted, now)
            work.commit()
        return queued

    def _wanted(
        self,
        work: ListUnitOfWork,
        listed: ListedStation,
        contracts: Sequence[ListedContract],
        place: Place,
        now: datetime,
    ) -> dict[str, ListEntry]:
        consents = work.lists.consents(listed.operator_id)
        agreed = [one for one in contracts if one.contract.provider_id in consents]
        return wanted_list(agreed, place, now)

    def _settled(
        self,
        work: ListUnitOfWork,
        listed: ListedStation,
        wanted: dict[str, ListEntry],
        now: datetime,
    ) -> ListedStation | None:
        """Return the list as it is known now; None while the right message waits."""
        if listed.call_id is None:
            return listed
        call = work.calls.lock(listed.call_id)
        if call is not None and call.state is CallState.WAITING:
            if self._is_right(listed, wanted):
                return None
            # perhaps the station gets it all the same: what it holds is not known from here on
            work.calls.end(call.call_id, CallState.REPLACED, now)
            held = None
        elif call is not None and call.state is CallState.ACCEPTED:
            held = listed.sent
        else:
            held = None
        return replace(listed, held=held, call_id=None, sent=None)

    def _is_right(self, listed: ListedStation, wanted: dict[str, ListEntry]) -> bool:
        """Whether what waits is what would be sent now."""
        held = self._nameable(listed.held, wanted)
        found = updates(held, wanted, listed.station.limits, listed.last_version)
        if isinstance(found, Refused) or not found or listed.sent is None:
            return False
        then = after(held, found[0])
        return then is not None and then.tokens == listed.sent.tokens

    def _nameable(self, held: HeldList | None, wanted: dict[str, ListEntry]) -> HeldList | None:
        """Return what is held, None where a token to be removed is not known any more.

        It was erased; a full list takes it off the station without naming it.
        """
        if held is None:
            return None
        gone = [ref for ref in held.tokens if ref not in wanted]
        return held if len(self.name_tokens(gone)) == len(gone) else None

    def _queue(
        self,
        work: ListUnitOfWork,
        listed: ListedStation,
        wanted: dict[str, ListEntry],
        now: datetime,
    ) -> bool:
        held = self._nameable(listed.held, wanted)
        found = updates(held, wanted, listed.station.limits, listed.last_version)
        if isinstance(found, Refused):
            work.lists.put(replace(listed, refused_for=found.code))
            return False
        if not found:
            work.lists.put(replace(listed, refused_for=None))
            return False
        update = found[0]
        message = list_message(listed.station.version, update)
        call = StationCall(
            self.new_id(),
            listed.station.station_id,
            listed.station.version,
            CallPurpose.SEND_LOCAL_LIST,
            message,
            SLOT,
            CallState.WAITING,
            LOCAL_ADMINISTRATOR.client_id,
            now,
            now + self.policy.waiting[CallPurpose.SEND_LOCAL_LIST],
        )
        work.calls.add(call)
        work.events.append(call_event("queued", call, listed.operator_id, call.client_id, now))
        work.lists.put(
            replace(
                listed,
                last_version=update.version,
                call_id=call.call_id,
                sent=after(held, update),
                refused_for=None,
            )
        )
        return True
