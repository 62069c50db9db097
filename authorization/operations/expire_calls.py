"""Give up calls that no station answered in time, and forget old ones."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.call_policy import CallPolicy
from authorization.model.station_call import CallState
from authorization.operations.call_ports import OpenCallUnitOfWork
from authorization.operations.own_station import call_event
from foundation.principal import LOCAL_ADMINISTRATOR

BATCH = 200


@dataclass(frozen=True, slots=True)
class ExpireCalls:
    """Background work; safe to repeat and to run in several processes."""

    open_unit_of_work: OpenCallUnitOfWork
    policy: CallPolicy

    def __call__(self, now: datetime) -> int:
        """Mark what is overdue as expired, delete what was kept long enough; return how many."""
        expired = 0
        while True:
            with self.open_unit_of_work() as work:
                overdue = work.calls.overdue(now, BATCH)
                for call, operator_id in overdue:
                    work.calls.end(call.call_id, CallState.EXPIRED, now)
                    client_id = LOCAL_ADMINISTRATOR.client_id
                    work.events.append(call_event("expired", call, operator_id, client_id, now))
                if not overdue:
                    work.calls.forget(now - self.policy.kept)
                work.commit()
            expired += len(overdue)
            if not overdue:
                return expired
