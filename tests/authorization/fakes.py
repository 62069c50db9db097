"""Values and stand-ins for the decision's tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from authorization.model.access_token import AccessToken, TokenKind, TokenStatus, TokenUid
from authorization.model.claim import Place
from authorization.model.limits import Limit, Limits
from authorization.model.standing import JudgeUse, Standing
from authorization.operations.authorize import Authorize
from authorization.operations.find_limits import LimitedContract
from authorization.operations.ports import ContractName, DecisionRecord
from authorization.operations.trace_vehicle import Vehicles
from authorization.operations.vehicle_ports import ContractUse
from authorization.operations.weigh_vehicle import WeighVehicle
from authorization.store.session_policy import load_session_policy
from autocharge.model.enrolment import Enrolment, Identifier
from autocharge.model.picture import ChargingUse
from autocharge.model.resolution import Resolution, Unknown
from autocharge.model.risk import RiskRules
from autocharge.model.sighting import Place as SeenPlace
from autocharge.model.sighting import Sighting
from autocharge.model.step_up import StepUp, StepUpState
from autocharge.model.trace import NO_TRACE, Trace
from autocharge.operations.enrolled_ports import EnrolledIdentifier
from autocharge.profiles.rules import load_risk_rules
from autocharge.profiles.step_up_policy import load_step_up_policy
from autocharge.profiles.vendors import load_vendors
from contract_service.model.contract import (
    Contract,
    ContractCertificate,
    ContractStatus,
    names_contract,
)
from foundation.identifiers import Emaid, Mac
from foundation.lookup import Lookup
from foundation.principal import ClientRole, Principal
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Reason, Verdict

RULES = load_risk_rules()
VENDORS = load_vendors()
STEP_UP_POLICY = load_step_up_policy()
SESSION_POLICY = load_session_policy()

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EMAID = Emaid.parse("DE-ABC-C12345678")
OTHER_EMAID = Emaid.parse("DE-ABC-C87654321")
MAC = "98ED5CB9BE31"
VIN = "WDB1110611A012345"
CONTRACT_ID = "3f0f4bd0-5d0c-4d3b-8a6e-0f3f7f1f9a01"

CPO = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))
OTHER_CPO = Principal("cpo-2", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEXYZ"}))
MO = Principal("mo", frozenset({ClientRole.MO}), provider_ids=frozenset({"DEABC"}))
OTHER_MO = Principal("mo-2", frozenset({ClientRole.MO}), provider_ids=frozenset({"DEXYZ"}))
OEM = Principal("oem", frozenset({ClientRole.OEM}), wmis=frozenset({"WDB"}))
ADMIN = Principal("admin", frozenset({ClientRole.ADMIN}))
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))

CONTRACT = Contract(
    contract_id=CONTRACT_ID,
    emaid=EMAID,
    provider_id="DEABC",
    pcid=None,
    status=ContractStatus.ACTIVE,
    allow_bare_emaid=False,
    valid_from=NOW - timedelta(days=1),
    valid_until=None,
    created_at=NOW - timedelta(days=1),
)

VALID = Verdict(
    valid=True,
    fault=None,
    role=CertificateRole.CONTRACT,
    subject_cn="DEABCC12345678",
    leaf_fingerprint="ab" * 32,
    anchor="cd" * 32,
    path=("CN=DEABCC12345678", "CN=MO Sub2", "CN=MO Sub1", "CN=MO Root"),
    reasons=(),
    tolerances=(),
    valid_until=NOW + timedelta(days=100),
)


def invalid(fault: Fault, *codes: str) -> Verdict:
    """A verdict with this fault, whose details quote the common name, as a validator's may."""
    return replace(
        VALID,
        valid=False,
        fault=fault,
        reasons=tuple(Reason(code, f"CN=DEABCC12345678: {code}") for code in codes or (fault,)),
        valid_until=None,
    )


@dataclass
class FakeStations:
    places: dict[str, Place] = field(
        default_factory=lambda: {"CS-1": Place("CS-1", "DEABC", ("DEABCE1",))}
    )

    def by_station(self, station_id: str) -> Place | None:
        return self.places.get(station_id)

    def by_evse(self, evse_key: str) -> Place | None:
        return next((place for place in self.places.values() if evse_key in place.evses), None)


@dataclass
class FakeContracts:
    contracts: list[Contract] = field(default_factory=lambda: [CONTRACT])
    recorded: dict[str, tuple[ContractCertificate, ...]] = field(default_factory=dict)

    def __call__(self, emaid: Emaid) -> Contract | None:
        return next((one for one in self.contracts if names_contract(emaid, one.emaid)), None)

    def by_id(self, contract_id: str) -> Contract | None:
        return next((one for one in self.contracts if one.contract_id == contract_id), None)

    def certificates(self, emaid: Emaid) -> tuple[ContractCertificate, ...]:
        return self.recorded.get(emaid.key, ())


@dataclass
class FakeTokens:
    tokens: dict[tuple[TokenKind, str], AccessToken] = field(default_factory=dict)

    def find(self, kind: TokenKind, uid: TokenUid) -> AccessToken | None:
        return self.tokens.get((kind, uid.key))


@dataclass
class FakeResolve:
    answers: dict[str, Resolution] = field(default_factory=dict)

    def __call__(self, identifier: Identifier, operator_id: str | None) -> Resolution:
        return self.answers.get(identifier.key, Unknown(()))


@dataclass
class FakeValidate:
    """Answers by the leaf's DER; every other chain gets `verdict`."""

    verdict: Verdict = VALID
    by_leaf: dict[bytes, Verdict] = field(default_factory=dict)
    asked: list[tuple[tuple[bytes, ...], CertificateRole | None, datetime]] = field(
        default_factory=list
    )

    def __call__(
        self, chain: Sequence[bytes], role: CertificateRole | None, at: datetime
    ) -> Verdict:
        self.asked.append((tuple(chain), role, at))
        return self.by_leaf.get(chain[0], self.verdict)


@dataclass
class FakeLog:
    records: dict[str, DecisionRecord] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)

    def append(self, record: DecisionRecord, trace: Trace = NO_TRACE) -> None:
        self.records[record.decision.reference or ""] = record
        self.traces[record.decision.reference or ""] = trace

    def find(self, reference: str) -> DecisionRecord | None:
        return self.records.get(reference)


@dataclass
class FakeRemember:
    remembered: list[tuple[Contract, tuple[bytes, ...]]] = field(default_factory=list)

    def __call__(
        self, principal: Principal, contract: Contract, chain: Sequence[bytes], verdict: Verdict
    ) -> None:
        self.remembered.append((contract, tuple(chain)))


@dataclass
class FakeSightings:
    """Sightings of every identifier alike."""

    seen: tuple[Sighting, ...] = ()

    def newest_lookup(
        self, identifier: Identifier, limit: int, *, accepted: bool
    ) -> Lookup[Sequence[Sighting]]:
        found = tuple(one for one in self.seen if one.accepted is accepted)
        return Lookup(None, {}, lambda _: found[:limit])

    def newest(self, identifier: Identifier, limit: int) -> Sequence[Sighting]:
        return self.seen[:limit]


@dataclass
class FakeEnrolments:
    enrolments: dict[str, Enrolment] = field(default_factory=dict)

    def by_id(self, enrolment_id: str) -> tuple[Enrolment, Identifier] | None:
        found = self.enrolments.get(enrolment_id)
        return None if found is None else (found, Mac.parse(MAC))


@dataclass
class FakeUses:
    uses: tuple[ContractUse, ...] = ()

    def of_contract(self, contract_id: str, limit: int) -> Lookup[Sequence[ContractUse]]:
        return Lookup(None, {}, lambda _: self.uses[:limit])


@dataclass
class FakeEnrolled:
    enrolled: tuple[EnrolledIdentifier, ...] = ()
    identifiers: dict[str, Identifier] = field(default_factory=dict)

    def of_contract(self, emaid: Emaid, limit: int) -> Lookup[Sequence[EnrolledIdentifier]]:
        return Lookup(None, {}, lambda _: self.enrolled[:limit])

    def open(self, enrolled: EnrolledIdentifier) -> Identifier:
        return self.identifiers[enrolled.enrolment_id]


@dataclass
class FakeStepUps:
    asked: list[StepUp] = field(default_factory=list)

    def of_identifier(self, identifier: Identifier, since: datetime) -> Lookup[Sequence[StepUp]]:
        return Lookup(None, {}, lambda _: [one for one in self.asked if one.asked_at > since])

    def waiting(self, contract_id: str, station_id: str, now: datetime) -> Sequence[StepUp]:
        return [
            one
            for one in self.asked
            if (one.contract_id, one.station_id) == (contract_id, station_id)
            and one.state(now) is StepUpState.OPEN
        ]

    def find(self, reference: str) -> StepUp | None:
        return next((one for one in self.asked if one.reference == reference), None)


@dataclass
class FakeLimit:
    wait: int | None = None

    def wait_for_unknown(self, place: SeenPlace, now: datetime) -> int | None:
        return self.wait

    def wait_for_reported(self, place: SeenPlace, now: datetime) -> int | None:
        return self.wait


@dataclass
class World:
    """Everything around `Authorize`, to be changed by a test."""

    stations: FakeStations = field(default_factory=FakeStations)
    contracts: FakeContracts = field(default_factory=FakeContracts)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    resolve: FakeResolve = field(default_factory=FakeResolve)
    validate: FakeValidate = field(default_factory=FakeValidate)
    log: FakeLog = field(default_factory=FakeLog)
    remember: FakeRemember = field(default_factory=FakeRemember)
    sightings: FakeSightings = field(default_factory=FakeSightings)
    enrolments: FakeEnrolments = field(default_factory=FakeEnrolments)
    uses: FakeUses = field(default_factory=FakeUses)
    enrolled: FakeEnrolled = field(default_factory=FakeEnrolled)
    step_ups: FakeStepUps = field(default_factory=FakeStepUps)
    unknown: FakeLimit = field(default_factory=FakeLimit)
    checked: list[tuple[object, ...]] = field(default_factory=list)
    has_certificate: bool = False
    shadow: RiskRules | None = None
    limits: tuple[Limit, ...] = ()
    standing: Standing = field(default_factory=Standing)
    now: datetime = NOW

    @property
    def vehicles(self) -> Vehicles:
        return Vehicles(
            self.resolve,
            self.unknown,
            WeighVehicle(
                lambda *lookups: [lookup.read(()) for lookup in lookups],
                self.sightings,
                self.uses,
                self.enrolled,
                lambda _emaid, _now: self.has_certificate,
                self.step_ups,
                RULES,
                VENDORS,
                STEP_UP_POLICY,
                self.shadow,
            ),
            self._check,
        )

    def _check(
        self,
        identifier: Identifier,
        sightings: Sequence[Sighting],
        uses: Sequence[ChargingUse],
        others: Sequence[Identifier],
    ) -> None:
        self.checked.append((identifier, tuple(sightings), tuple(uses), tuple(others)))

    def _find(self, named: ContractName) -> LimitedContract:
        found = self.contracts(named) if isinstance(named, Emaid) else self.contracts.by_id(named)
        use = JudgeUse(self.standing, SESSION_POLICY)
        return LimitedContract(found, (lambda _attempt: Limits(self.limits), use))

    @property
    def authorize(self) -> Authorize:
        return Authorize(
            self.stations,
            self.contracts,
            self.tokens,
            self.vehicles,
            self.validate,
            self.log,
            self.remember,
            self._find,
            clock=lambda: self.now,
        )


def token(
    status: TokenStatus = TokenStatus.ACTIVE, kind: TokenKind = TokenKind.RFID
) -> AccessToken:
    return AccessToken("t" * 36, kind, CONTRACT_ID, "DEABC", status, NOW)
