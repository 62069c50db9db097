"""Queue a call about trust anchors for a station."""

from collections.abc import Callable, Mapping
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
from authorization.operations.call_ports import OpenCallUnitOfWork
from authorization.operations.own_station import call_event, own_station
from authorization.operations.ports import StationReader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds


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
        """Queue and return the call; the same call that waits already is returned instead.

        `payload` is that of OCPP 2.x, checked by the caller. Raises FORBIDDEN
        (`station_not_yours`), INVALID (`call_not_queueable`) for a CertificateSigned, CONFLICT
        (`too_many_calls`) where as many as the policy allows wait.
        """
        station = own_station(principal, self.stations, station_id)
        if purpose is CallPurpose.CERTIFICATE_SIGNED:
            raise ServiceError(
                Kind.INVALID, "call_not_queueable", "a CertificateSigned answers a SignCertificate"
            )
        message = wire_message(version, purpose, payload)
        slot = slot_of(message, purpose)
        now = self.clock()
        with self.open_unit_of_work() as work:
            work.calls.lock_station(station_id)
            waiting = work.calls.waiting(station_id, now)
            for present in waiting:
                if present.slot == slot:
                    return present
            queued = [
                call for call in waiting if call.purpose is not CallPurpose.CERTIFICATE_SIGNED
            ]
            if len(queued) >= self.policy.maximum_waiting:
                raise ServiceError(
                    Kind.CONFLICT,
                    "too_many_calls",
                    f"{len(queued)} calls wait for this station; have it answer some first",
                )
            call = StationCall(
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
            work.calls.add(call)
            work.events.append(
                call_event("queued", call, station.operator_id, principal.client_id, now)
            )
            work.commit()
        return call
