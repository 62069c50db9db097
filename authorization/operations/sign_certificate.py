"""Answer SignCertificate: issue for a station, and let the CertificateSigned wait for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from authorization.model.call_policy import CallPolicy
from authorization.model.certificate_hash import to_cert_id
from authorization.model.ocpp_version import LIMITS
from authorization.model.signing import (
    SigningRequest,
    certified_name,
    edition_of,
    leaf_of,
    request_hash,
)
from authorization.model.station import Station
from authorization.model.station_call import (
    CallMessage,
    CallPurpose,
    CallState,
    SignedCertificate,
    StationCall,
    certificate_signed,
)
from authorization.operations.call_ports import CallReader, EnrolStation, OpenCallUnitOfWork
from authorization.operations.own_station import call_event, own_station
from authorization.operations.ports import StationReader
from contract_service.model.pem import chain_pem, read_csr
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds
from pki.model.enrolment_request import read_enrolment_request
from pki.model.issued import IssuedCertificate
from pki.operations.enrol_station import StationEnrolment

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignCertificate:
    """Issues a station's certificate and queues the CertificateSigned that delivers it.

    A crash in between leaves a recorded certificate that nobody has; the station asks again.
    """

    stations: StationReader
    enrol: EnrolStation
    calls: CallReader
    open_unit_of_work: OpenCallUnitOfWork
    policy: CallPolicy
    clock: Clock
    new_id: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(
        self, principal: Principal, station_id: str, request: SigningRequest
    ) -> StationCall | Refused:
        """Return the call that waits with the certificate, or why none is issued.

        The same request again returns the call that waits for it; another one for the same use
        replaces it. Raises FORBIDDEN (`station_not_yours`), UNAVAILABLE where nothing is issued
        now.
        """
        station = own_station(principal, self.stations, station_id)
        try:
            return self._sign(principal, station, request)
        except ServiceError as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise
            return Refused(refusal.code, refusal.detail)

    def _sign(
        self, principal: Principal, station: Station, request: SigningRequest
    ) -> StationCall | Refused:
        csr = read_csr(request.csr.encode())
        enrolment = _enrolment(station, request, csr)
        if isinstance(enrolment, Refused):
            return enrolment
        use = "both" if request.use is None else request.use.value
        slot = f"{CallPurpose.CERTIFICATE_SIGNED}:{use}:{self.enrol.slot(principal, enrolment)}"
        asked = request_hash(request, csr)
        now = self.clock()
        for call in self.calls.in_state(station.station_id, CallState.WAITING, now):
            if (call.slot, call.request_hash) == (slot, asked):
                return call
        if self.calls.signed_since(station.station_id, now - _DAY) >= self.policy.maximum_signings:
            return Refused(
                "too_many_signings",
                f"a station has {self.policy.maximum_signings} certificates signed within a day; "
                "have it install one of those",
            )
        issued = self.enrol(principal, enrolment)
        if len(chain_pem(issued.chain)) > LIMITS[request.version].certificate_chain:
            return Refused(
                "chain_too_long", "the certificate and its authorities exceed a CertificateSigned"
            )
        signed = SignedCertificate(issued.chain, request.use, request.request_id, request.vendor_id)
        message = certificate_signed(request.version, signed)
        return self._queue(principal, station, request, _Waiting(slot, asked, issued, message))

    def _queue(
        self, principal: Principal, station: Station, request: SigningRequest, made: "_Waiting"
    ) -> StationCall:
        now = self.clock()
        purpose = CallPurpose.CERTIFICATE_SIGNED
        call = StationCall(
            self.new_id(),
            station.station_id,
            request.version,
            purpose,
            made.message,
            made.slot,
            CallState.WAITING,
            principal.client_id,
            now,
            min(now + self.policy.waiting[purpose], made.issued.not_after),
            made.request_hash,
            made.issued.fingerprint,
        )
        operator_id, client_id = station.operator_id, principal.client_id
        with self.open_unit_of_work() as work:
            work.calls.lock_station(station.station_id)
            for present in work.calls.waiting(station.station_id, now):
                if present.slot == made.slot:
                    work.calls.end(present.call_id, CallState.REPLACED, now)
                    work.events.append(call_event("replaced", present, operator_id, client_id, now))
            work.calls.add(call)
            work.events.append(call_event("queued", call, operator_id, client_id, now))
            work.commit()
        return call


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What is going to wait: for which use below which authority, for which request."""

    slot: str
    request_hash: str
    issued: IssuedCertificate
    message: CallMessage


def _enrolment(station: Station, request: SigningRequest, csr: bytes) -> StationEnrolment | Refused:
    asked = read_enrolment_request(csr)
    edition = edition_of(request, asked.algorithm)
    if isinstance(edition, Refused):
        return edition
    leaf = leaf_of(request.use)
    name = certified_name(station, leaf, asked.common_name)
    if isinstance(name, Refused):
        return name
    root = None
    if request.root is not None:
        root = to_cert_id(request.root)
        if root is None:
            return Refused("root_unknown", "no certificate has such hashes; leave the root out")
    return StationEnrolment(leaf, edition, name, csr, root)
