"""Answer a vehicle that asks for a contract, or for the next certificate of its contract."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contract_service.model.contract_data import (
    InstallationAction,
    PooledContract,
    next_of_series,
    offered,
    only_choice,
    undeliverable,
)
from contract_service.model.installation import (
    OBJECTION_OF_FAULT,
    OK,
    InstallationRecord,
    InstallationStep,
    Objection,
    StepName,
)
from contract_service.model.negative_answer import negative_answer, response_code
from contract_service.model.prepared_answer import finish
from contract_service.model.stops import no_contract, too_large, too_many
from contract_service.model.vehicle import Vehicle, VehicleDirectory
from contract_service.model.vehicle_request import (
    Stopped,
    VehicleRequest,
    read_message,
    read_request,
    session_of,
)
from contract_service.operations.choose_answer import NOTHING_PREPARED, ChooseAnswer
from contract_service.operations.cps_ports import ValidateChain
from contract_service.operations.installation_limits import InstallationLimits
from contract_service.operations.pool_contract_data import data_event
from contract_service.operations.pool_ports import ContractPool, InstallationLog
from contract_service.operations.update import FindUpdate
from exi import Schema
from foundation.clock import Clock
from foundation.errors import Refused
from foundation.identifiers import Emaid, InvalidIdentifier, Pcid
from foundation.principal import ClientRole, Principal
from pki.model.roles import CertificateRole
from pki.model.verdict import Reason

__all__ = [
    "InstallContract",
    "Installation",
    "InstallationAction",
    "InstallationRequest",
    "InstallationStep",
]


@dataclass(frozen=True, slots=True)
class InstallationRequest:
    """A vehicle's request as a station passes it on: raw EXI, of a schema, for an action.

    `maximum_chains` and `prioritized_emaids` are OCPP 2.1's; of ISO 15118-20 the message says the
    same, the smaller maximum counts, and the station's priorities where it names any. An answer
    of more than `maximum_octets` cannot reach the vehicle, so that nothing is delivered.
    """

    exi: bytes
    schema: Schema
    action: InstallationAction
    station_id: str | None = None
    maximum_chains: int | None = None
    prioritized_emaids: tuple[Emaid, ...] = ()
    maximum_octets: int | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """The answer: `exi` is raw EXI for the vehicle in every case, `response_code` what it says.

    `emaids` are the contracts that it delivers, one at a time; `remaining_contracts` how many
    more the vehicle may ask for in this session (ISO 15118-20).
    """

    reference: str
    accepted: bool
    response_code: str
    exi: bytes
    emaids: tuple[Emaid, ...]
    remaining_contracts: int
    steps: tuple[InstallationStep, ...]


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What is delivered, as prepared, and how many contracts more there are."""

    pooled: PooledContract
    message: bytes
    remaining: int = 0


@dataclass(slots=True)
class _Journey:
    """What is found out on the way, for the record."""

    steps: list[InstallationStep] = field(default_factory=list)
    session_id: bytes | None = None
    wmi: str | None = None
    provider_id: str | None = None
    session: str | None = None
    request: str | None = None

    def passed(self, step: StepName) -> None:
        self.steps.append(InstallationStep(step, passed=True))


@dataclass(frozen=True, slots=True)
class InstallContract:
    """Verifies a request and delivers what was prepared; answering again changes nothing.

    Whatever arrives gets an answer in EXI, and a record of each step under a reference.
    """

    vehicles: VehicleDirectory
    pool: ContractPool
    choose: ChooseAnswer
    find_update: FindUpdate
    validate: ValidateChain
    log: InstallationLog
    limits: InstallationLimits
    new_reference: Callable[[], str]
    clock: Clock

    def __call__(self, principal: Principal, request: InstallationRequest) -> Installation:
        """Return the answer; raise FORBIDDEN unless the client is a CPO's."""
        principal.require_role(ClientRole.CPO)
        now = self.clock()
        journey = _Journey()
        outcome = self._deliver(request, journey, now)
        seconds = int(now.timestamp())
        if not isinstance(outcome, Stopped):
            exi = finish(
                outcome.message,
                request.schema,
                journey.session_id or b"",
                seconds=seconds,
                remaining=outcome.remaining,
            )
            if request.maximum_octets is None or len(exi) <= request.maximum_octets:
                journey.passed(StepName.ANSWER)
                return self._record(principal, request, journey, outcome, exi, now)
            outcome = too_large(len(exi), request.maximum_octets)
        journey.steps.append(
            InstallationStep(outcome.step, passed=False, code=outcome.code, detail=outcome.detail)
        )
        exi = negative_answer(
            request.schema,
            request.action,
            outcome.objection,
            journey.session_id,
            seconds=seconds,
        )
        return self._record(principal, request, journey, outcome, exi, now)

    def _deliver(
        self, request: InstallationRequest, journey: _Journey, now: datetime
    ) -> _Delivery | Stopped:
        if request.station_id and not self.limits.station_may(request.station_id, now):
            return too_many("this station")
        decoded = read_message(request.exi, request.schema)
        if isinstance(decoded, Stopped):
            return decoded
        journey.session_id = session_of(decoded.message)
        asked = read_request(decoded, request.schema, request.action)
        if not isinstance(asked, Stopped) or asked.step is not StepName.MESSAGE:
            journey.passed(StepName.MESSAGE)
        if isinstance(asked, Stopped):
            return asked
        journey.passed(StepName.SIGNATURE)
        if asked.action is InstallationAction.UPDATE:
            return self._update(asked, journey, now)
        vehicle = self._vehicle(asked, journey)
        if isinstance(vehicle, Stopped):
            return vehicle
        chain = (vehicle.certificate, *vehicle.sub_certificates)
        stopped = self._judge(asked, chain, journey, now)
        if stopped is not None:
            return stopped
        if not self.limits.vehicle_may(asked.key, now):
            return too_many("this vehicle")
        outcome = self._install(request, asked, vehicle, journey, now)
        if isinstance(outcome, Stopped) and outcome.code == NOTHING_PREPARED:
            # provisioned anew between the two looks into the pool
            journey.steps.pop()
            outcome = self._install(request, asked, vehicle, journey, now)
        return outcome

    def _vehicle(self, asked: VehicleRequest, journey: _Journey) -> Vehicle | Stopped:
        """Return the published vehicle whose very certificate this is.

        A certificate that its manufacturer has replaced since counts no more: whatever the reason
        was, contract data are wrapped for the new one.
        """
        try:
            pcid = Pcid.parse(asked.leaf.common_name or "")
        except InvalidIdentifier as wrong:
            return Stopped(
                StepName.VEHICLE, Objection.NO_CONTRACT, wrong.code, "the certificate names no PCID"
            )
        vehicle = self.vehicles.find(pcid, asked.schema)
        if vehicle is None:
            return Stopped(
                StepName.VEHICLE,
                Objection.NO_CONTRACT,
                "vehicle_unknown",
                "no manufacturer has published a vehicle with the certificate's PCID",
            )
        journey.wmi = vehicle.pcid.wmi
        if vehicle.certificate != asked.leaf.der:
            return Stopped(
                StepName.VEHICLE,
                Objection.NO_CONTRACT,
                "certificate_not_published",
                "the manufacturer has published another certificate for this PCID",
            )
        journey.passed(StepName.VEHICLE)
        return vehicle

    def _judge(
        self,
        asked: VehicleRequest,
        chain: Sequence[bytes],
        journey: _Journey,
        now: datetime,
    ) -> Stopped | None:
        """Validate the signer's chain as published or recorded, not as the message has it."""
        verdict = self.validate(chain, asked.content.signer_role, now)
        if verdict.valid and not asked.content.signer_judged(verdict):
            reason = Reason("signer_not_leaf", "the signer is not the leaf of its chain")
            return Stopped.at(StepName.CHAIN, Objection.CHAIN, reason)
        if not verdict.valid:
            objection = (
                Objection.CHAIN if verdict.fault is None else OBJECTION_OF_FAULT[verdict.fault]
            )
            return Stopped.at(StepName.CHAIN, objection, verdict.reasons[0])
        journey.passed(StepName.CHAIN)
        return None

    def _install(
        self,
        request: InstallationRequest,
        asked: VehicleRequest,
        vehicle: Vehicle,
        journey: _Journey,
        now: datetime,
    ) -> _Delivery | Stopped:
        pooled = self.pool.of_vehicle(vehicle.pcid, asked.schema)
        if not pooled:
            return no_contract(Refused("no_contract", "this vehicle has no contract here"))
        if asked.schema is Schema.ISO15118_2:
            chosen = only_choice(pooled)
            if chosen is None:
                return no_contract(
                    Refused("no_default", "this vehicle has several contracts and no default")
                )
            journey.provider_id = chosen.contract.provider_id
            refused = undeliverable(chosen, asked.key, now)
            if refused is not None:
                return no_contract(refused)
            return self._answer(asked, chosen, 0, journey, now)
        standing = [one for one in pooled if undeliverable(one, asked.key, now) is None]
        if not standing:
            refused = undeliverable(pooled[0], asked.key, now)
            assert refused is not None  # noqa: S101 - none of them is deliverable
            journey.provider_id = pooled[0].contract.provider_id
            return no_contract(refused)
        return self._next_of_session(request, asked, standing, journey, now)

    def _next_of_session(
        self,
        request: InstallationRequest,
        asked: VehicleRequest,
        standing: Sequence[PooledContract],
        journey: _Journey,
        now: datetime,
    ) -> _Delivery | Stopped:
        """Deliver one contract an answer, as `next_of_series` says."""
        journey.session = hashlib.sha256(asked.session_id + asked.key.encode()).hexdigest()
        journey.request = hashlib.sha256(request.exi).hexdigest()
        maximum = asked.maximum or 0
        if request.maximum_chains is not None:
            maximum = min(maximum, request.maximum_chains)
        series = offered(standing, request.prioritized_emaids or asked.prioritized)
        series = series[:maximum]
        if not series:
            return no_contract(Refused("no_room", "the vehicle takes no contract more"))
        given = self.log.delivered(journey.session)
        chosen, remaining = next_of_series(series, given, journey.request)
        journey.provider_id = chosen.contract.provider_id
        return self._answer(asked, chosen, remaining, journey, now)

    def _update(
        self, asked: VehicleRequest, journey: _Journey, now: datetime
    ) -> _Delivery | Stopped:
        held = self.find_update.held(asked)
        if isinstance(held, Refused):
            return Stopped.at(StepName.VEHICLE, Objection.NO_CONTRACT, held)
        journey.provider_id = held.contract.provider_id
        journey.passed(StepName.VEHICLE)
        stopped = self._judge(asked, held.certificate.chain, journey, now)
        if stopped is not None:
            return stopped
        if not self.limits.vehicle_may(asked.key, now):
            return too_many("this vehicle")
        found = self.find_update(held, asked.key, now)
        if isinstance(found, Refused):
            return no_contract(found)
        journey.wmi = found.data.pcid.wmi
        return self._answer(asked, found, 0, journey, now)

    def _answer(
        self,
        asked: VehicleRequest,
        chosen: PooledContract,
        remaining: int,
        journey: _Journey,
        now: datetime,
    ) -> _Delivery | Stopped:
        verdict = self.validate(chosen.data.chain, CertificateRole.CONTRACT, now)
        if not verdict.valid:
            return Stopped.at(StepName.CONTRACT, Objection.NO_CONTRACT, verdict.reasons[0])
        journey.passed(StepName.CONTRACT)
        message = self.choose(chosen, asked.action, asked.key, asked.roots)
        if isinstance(message, Refused):
            return Stopped.at(StepName.ROOT, Objection.NO_CERTIFICATE, message)
        journey.passed(StepName.ROOT)
        return _Delivery(chosen, message, remaining)

    def _record(
        self,
        principal: Principal,
        request: InstallationRequest,
        journey: _Journey,
        outcome: _Delivery | Stopped,
        exi: bytes,
        now: datetime,
    ) -> Installation:
        reference = self.new_reference()
        data = None if isinstance(outcome, Stopped) else outcome.pooled.data
        event = None
        if data is not None:
            kind = "contract_data.delivered"
            event = data_event(kind, data, principal, now, reference=reference)
        record = InstallationRecord(
            reference=reference,
            answered_at=now,
            client_id=principal.client_id,
            operator_ids=tuple(sorted(principal.operator_ids)),
            station_id=request.station_id,
            wmi=journey.wmi,
            provider_id=journey.provider_id,
            schema=request.schema,
            action=request.action,
            accepted=data is not None,
            response_code=(
                response_code(request.schema, outcome.objection)
                if isinstance(outcome, Stopped)
                else OK
            ),
            remaining_contracts=0 if isinstance(outcome, Stopped) else outcome.remaining,
            steps=tuple(journey.steps),
            data_id=None if data is None else data.data_id,
            session=journey.session,
            request=journey.request,
        )
        self.log.append(record, event)
        return Installation(
            record.reference,
            record.accepted,
            record.response_code,
            exi,
            () if data is None else (data.emaid,),
            record.remaining_contracts,
            record.steps,
        )
