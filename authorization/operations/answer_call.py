"""Take a station's answer to a call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from authorization.model.station_call import CallPurpose, StationCall, state_after
from authorization.operations.call_ports import OpenCallUnitOfWork
from authorization.operations.list_calls import require_of_station
from authorization.operations.own_station import call_event, own_station
from authorization.operations.ports import StationReader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

ReadAnswer = Callable[[StationCall], Mapping[str, Any]]
"""Reads the answer as the call's message wants it; raises MALFORMED naming the fields."""


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Records what a station answered, and tells of it.

    `list_answered` has a station's local authorisation list go on after an answer about it.
    """

    stations: StationReader
    open_unit_of_work: OpenCallUnitOfWork
    clock: Clock
    list_answered: Callable[[str, datetime], object]

    def __call__(
        self, principal: Principal, station_id: str, call_id: str, read_answer: ReadAnswer
    ) -> StationCall:
        """Return the call, answered; the same answer again changes nothing.

        An answer that comes after the call was replaced or given up is recorded as well: it is
        what the station did. Raises FORBIDDEN (`station_not_yours`), NOT_FOUND
        (`call_not_found`), MALFORMED for the answer, CONFLICT (`call_answered`) for another one.
        """
        station = own_station(principal, self.stations, station_id)
        now = self.clock()
        with self.open_unit_of_work() as work:
            call = require_of_station(work.calls.lock(call_id), station_id)
            answer = read_answer(call)
            if call.answer is not None:
                if call.answer == answer:
                    return call
                raise ServiceError(
                    Kind.CONFLICT, "call_answered", "the station answered this call otherwise"
                )
            state = state_after(answer)
            work.calls.end(call_id, state, now, answer)
            word = state.value
            work.events.append(
                call_event(word, call, station.operator_id, principal.client_id, now)
            )
            work.commit()
        if call.purpose is CallPurpose.SEND_LOCAL_LIST:
            self.list_answered(station_id, now)
        return replace(call, state=state, ended_at=now, answer=answer)
