"""Queue a call about trust anchors for a station."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from authorization.model.call_policy import CallPolicy
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import (
    CallPurpose,
    CallState,
    StationCall,
    slot_of,
    wire_message,
)
from authorization.operations.call_ports import CallUnitOfWork, OpenCallUnitOfWork
from authorization.operations.own_station import call_event, own_station
from authorization.operations.ports import StationReader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds

_QUEUEABLE = frozenset(
    {
        CallPurpose.INSTALL_CERTIFICATE,
        CallPurpose.DELETE_CERTIFICATE,
        CallPurpose.GET_INSTALLED_CERTIFICATE_IDS,
    }
)


@dataclass(frozen=True, slots=True)
class QueueCall:
    """Queues InstallCertificate, DeleteCertificate or GetInstalledCertificateIds."""

    stations: StationReader
    open_unit_of_work: OpenCallUnitOfWork
    policy: CallPolicy
    clock: Clock
    new_id: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(
        self,
        principal: Principal,
        station_id: str,
        version: OcppVersion,
        purpose: CallPurpose,
        payload: Mapping[str, Any],
    ) -> StationCall:
        """Queue and return one call; see `together`."""
        return self.together(principal, station_id, version, [(purpose, payload)])[0]

    def together(
        self,
        principal: Principal,
        station_id: str,
        version: OcppVersion,
        requests: Sequence[tuple[CallPurpose, Mapping[str, Any]]],
    ) -> tuple[StationCall, ...]:
        """Queue all or none, in order; a call that waits already is returned as it is.

        Payloads are those of OCPP 2.x, checked by the caller. Raises FORBIDDEN
        (`station_not_yours`), INVALID (`call_not_queueable`) for any other, CONFLICT
        (`too_many_calls`) where more would wait than the policy allows.
        """
        station = own_station(principal, self.stations, station_id)
        for purpose, _ in requests:
            if purpose not in _QUEUEABLE:
                raise ServiceError(
                    Kind.INVALID, "call_not_queueable", f"{purpose} is queued by what it belongs to"
                )
        now = self.clock()
        calls = []
        with self.open_unit_of_work() as work:
            work.calls.lock_station(station_id)
            waiting = work.calls.waiting(station_id, now)
            present = {call.slot: call for call in waiting}
            room = self.policy.maximum_waiting - sum(call.purpose in _QUEUEABLE for call in waiting)
            for purpose, payload in requests:
                message = wire_message(version, purpose, payload)
                slot = slot_of(message, purpose)
                if slot not in present:
                    if room <= 0:
                        raise ServiceError(
                            Kind.CONFLICT,
                            "too_many_calls",
                            f"{self.policy.maximum_waiting} calls may wait for a station; have it "
                            "answer some first",
                        )
                    room -= 1
                    present[slot] = StationCall(
                        self.new_id(),
                        station_id,
                        version,
                        purpose,
                        message,
                        slot,
                        CallState.WAITING,
                        principal.client_id,
                        now,
                        now + self.policy.waiting[purpose],
                    )
                    self._add(work, present[slot], station.operator_id)
                calls.append(present[slot])
            work.commit()
        return tuple(calls)

    @staticmethod
    def _add(work: CallUnitOfWork, call: StationCall, operator_id: str) -> None:
        work.calls.add(call)
        queued = call_event("queued", call, operator_id, call.client_id, call.created_at)
        work.events.append(queued)
