"""Have stations forget acceptances whose ground was withdrawn."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from authorization.model.call_policy import CallPolicy
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import CallMessage, CallPurpose, CallState, StationCall
from authorization.model.withdrawal import (
    GRACE,
    WITHDRAWING,
    Acceptance,
    closing_of,
    to_forget,
    withdrawal_of,
)
from authorization.operations.call_ports import CallReader, OpenCallUnitOfWork
from authorization.operations.own_station import call_event
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.time_ordered import TimeOrderedIds

ReadEvents = Callable[[Collection[str], datetime], Sequence[Event]]
"""Events of these types since an instant; what is personal in them is left out."""

ContractsOfCertificates = Callable[[Collection[str]], Mapping[str, str]]
"""Fingerprints of contract certificates that we issued -> ids of their contracts."""

ReadClosings = Callable[[datetime], Mapping[str, datetime]]
"""Stations of which an EVSE was taken off its site since an instant -> when the last one was."""

ReadAcceptances = Callable[
    [Collection[str], Collection[str], Collection[str], datetime, datetime], Sequence[Acceptance]
]
"""Acceptances of these contracts and enrolments (random ids), and at these stations, that were made
since the first instant and hold beyond the second."""


@dataclass(frozen=True, slots=True)
class ClearCaches:
    """Background work; safe to repeat and to run in several processes.

    `remembered` is how long a station may reuse an acceptance. A station is sent one ClearCache
    for all that was withdrawn; one that waits already is replaced, for it may be on its way. The
    calls themselves are the record of what is done.
    """

    open_unit_of_work: OpenCallUnitOfWork
    calls: CallReader
    read_events: ReadEvents
    read_closings: ReadClosings
    contracts_of: ContractsOfCertificates
    read_acceptances: ReadAcceptances
    policy: CallPolicy
    remembered: timedelta
    new_id: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(self, now: datetime) -> int:
        """Queue what is missing; return for how many stations."""
        if not self.remembered:
            return 0
        since = now - self.remembered
        told = self.read_events(WITHDRAWING, since - GRACE)
        found = (withdrawal_of(one.type, one.occurred_at, one.subject or {}) for one in told)
        withdrawals = [one for one in found if one is not None]
        closings = self.read_closings(since - GRACE)
        withdrawals += [closing_of(station_id, at) for station_id, at in closings.items()]
        if not withdrawals:
            return 0
        contracts = self.contracts_of(
            {one.fingerprint for one in withdrawals if one.fingerprint is not None}
        )
        acceptances = self.read_acceptances(
            {one.contract_id for one in withdrawals if one.contract_id is not None}
            | set(contracts.values()),
            {one.enrolment_id for one in withdrawals if one.enrolment_id is not None},
            set(closings),
            since,
            now,
        )
        stations = to_forget(withdrawals, contracts, acceptances)
        newest = self.calls.newest({station_id for station_id, _ in stations}, _PURPOSE)
        return sum(
            self._queue(station_id, operator_id, moment, now)
            for (station_id, operator_id), moment in sorted(stations.items())
            if station_id not in newest or newest[station_id] < moment
        )

    def _queue(self, station_id: str, operator_id: str, moment: datetime, now: datetime) -> bool:
        with self.open_unit_of_work() as work:
            work.calls.lock_station(station_id)
            for waiting in work.calls.waiting(station_id, now):
                if waiting.purpose is not _PURPOSE:
                    continue
                if waiting.created_at >= moment:  # another process was faster
                    return False
                work.calls.end(waiting.call_id, CallState.REPLACED, now)
            call = StationCall(
                self.new_id(),
                station_id,
                # neither the request nor its answer differs among versions; 2.x adds to the answer
                OcppVersion.V201,
                _PURPOSE,
                CallMessage(_PURPOSE.value, {}),
                _PURPOSE.value,
                CallState.WAITING,
                LOCAL_ADMINISTRATOR.client_id,
                now,
                now + self.policy.waiting[_PURPOSE],
            )
            work.calls.add(call)
            work.events.append(call_event("queued", call, operator_id, call.client_id, now))
            work.commit()
        return True


_PURPOSE = CallPurpose.CLEAR_CACHE
