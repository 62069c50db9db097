"""What the operations on stations' calls need from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from authorization.model.station_call import CallPurpose, CallState, StationCall
from foundation.events import EventLog
from foundation.principal import Principal
from pki.model.issued import IssuedCertificate
from pki.operations.enrol_station import StationEnrolment
from pki.operations.ocsp_respond import OcspAnswer

RespondToOcsp = Callable[[bytes], OcspAnswer]
"""`pki.operations.ocsp_respond.RespondToOcsp`: a DER OCSPRequest -> its answer."""

MAX_LISTED = 200


class EnrolStation(Protocol):
    """`pki.operations.enrol_station.EnrolStation`."""

    def slot(self, principal: Principal, enrolment: StationEnrolment) -> str:
        """Return the slot of the authority that would sign; raises where none would."""

    def __call__(self, principal: Principal, enrolment: StationEnrolment) -> IssuedCertificate:
        """Return the certificate, recorded."""


class CallReader(Protocol):
    """Committed calls, read outside any unit of work."""

    def in_state(self, station_id: str, state: CallState, now: datetime) -> tuple[StationCall, ...]:
        """Return the station's calls in a state, oldest first, at most MAX_LISTED.

        Of those that wait, the ones whose time has run out are left out.
        """

    def find(self, call_id: str) -> StationCall | None:
        """Return the call."""

    def signed_since(self, station_id: str, moment: datetime) -> int:
        """Return how many certificates were signed for the station from `moment` on."""

    def newest(self, station_ids: Collection[str], purpose: CallPurpose) -> Mapping[str, datetime]:
        """Return when the last call for each of the stations was queued, whatever became of it."""


class CallRepository(Protocol):
    """Calls inside a unit of work."""

    def lock_station(self, station_id: str) -> None:
        """Keep others from queueing for the station until the unit of work ends."""

    def waiting(self, station_id: str, now: datetime) -> Sequence[StationCall]:
        """Return the station's calls that wait for an answer, oldest first."""

    def add(self, call: StationCall) -> None:
        """Store a new call."""

    def lock(self, call_id: str) -> StationCall | None:
        """Return the call and keep others from changing it until the unit of work ends."""

    def end(
        self,
        call_id: str,
        state: CallState,
        ended_at: datetime,
        answer: Mapping[str, Any] | None = None,
    ) -> None:
        """Store what became of the call."""

    def overdue(self, now: datetime, limit: int) -> Sequence[tuple[StationCall, str]]:
        """Return waiting calls whose time has run out, each with its station's operator id.

        Others that do the same pass over them until the unit of work ends.
        """

    def forget(self, ended_before: datetime) -> None:
        """Delete calls that ceased to wait before that."""


class CallUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def calls(self) -> CallRepository:
        """The calls as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenCallUnitOfWork = Callable[[], AbstractContextManager[CallUnitOfWork]]
