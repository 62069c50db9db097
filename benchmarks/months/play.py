"""Plays a fleet's month through the real model: detect, measure, judge, ask the driver."""

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from authorization.model.outcome import Outcome
from authorization.model.vehicle_risk import VehicleRisk, risk_objection
from autocharge.model.detection import (
    DetectionRules,
    Finding,
    confined_to,
    detect_rotating,
    detect_shared,
)
from autocharge.model.enrolment import Identifier
from autocharge.model.features import Features
from autocharge.model.measure import measure
from autocharge.model.picture import MAX_SIGHTINGS, MAX_USES, ChargingUse, Picture
from autocharge.model.risk import Action, Assessment, RiskRules, judge
from autocharge.model.sighting import Sighting, Source
from autocharge.model.step_up import Asked, StepUp, StepUpAnswer, StepUpPolicy, what_was_asked
from autocharge.model.vendors import Vendors
from autocharge.profiles.detection import load_detection_rules
from autocharge.profiles.step_up_policy import load_step_up_policy
from autocharge.profiles.vendors import load_vendors
from benchmarks.months.world import Actor, Attempt, Fleet, Vehicle
from foundation.identifiers import Mac, Vin

DETECTION_LOOKS_AT = 50
STEP_UP_TAKES = timedelta(minutes=1)
DECLINES = 0.5
"""How often a driver declines a step-up that a stranger caused, and does not just let it lapse."""

_ACTIONS = {None: Action.ACCEPT, Outcome.STEP_UP: Action.STEP_UP, Outcome.INVALID: Action.DENY}


@dataclass(frozen=True, slots=True)
class Model:
    """The data files that the model works with."""

    rules: RiskRules
    vendors: Vendors
    detection: DetectionRules
    step_up: StepUpPolicy


def load_model(rules: RiskRules) -> Model:
    """Return the model with these rules and the shipped rest."""
    return Model(rules, load_vendors(), load_detection_rules(), load_step_up_policy())


@dataclass(frozen=True, slots=True)
class Judged:
    """One attempt and the answer to it; a driver who is the owner confirms a step-up."""

    attempt: Attempt
    features: Features
    assessment: Assessment
    action: Action


@dataclass(slots=True)
class _Session:
    started_at: datetime
    attempt: Attempt
    evidence: str
    ended_at: datetime | None = None

    def as_use(self, asked_for: int) -> ChargingUse:
        card = self.evidence == "rfid"
        same = None if card else self.attempt.vehicle == asked_for
        return ChargingUse(
            self.started_at, self.ended_at, self.attempt.station.place, self.evidence, same
        )


@dataclass(slots=True)
class _Known:
    """What is kept of one identifier; None of `confined` means everywhere."""

    accepted: deque[Sighting] = field(default_factory=lambda: deque(maxlen=MAX_SIGHTINGS))
    refused: deque[Sighting] = field(default_factory=lambda: deque(maxlen=MAX_SIGHTINGS))
    newest: deque[Sighting] = field(default_factory=lambda: deque(maxlen=DETECTION_LOOKS_AT))
    confined: frozenset[str] | None = frozenset()
    certificate_used: datetime | None = None
    readings: list[tuple[Identifier, Sighting]] = field(default_factory=list)
    rotating: bool = False
    step_ups: deque[StepUp] = field(default_factory=lambda: deque(maxlen=20))

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        return (*self.accepted, *self.refused)

    def is_quarantined_at(self, operator_id: str) -> bool:
        return self.confined is None or operator_id in self.confined


@dataclass(frozen=True, slots=True)
class Played:
    """What became of every attempt by an identifier, in order of time.

    `unrecognised` are sessions of rotating vehicles, whose new identifier nobody enrolled;
    `rotating_found` are the vehicles among them that were found out.
    """

    fleet: Fleet
    judged: tuple[Judged, ...]
    quarantined_at: dict[int, datetime]
    unrecognised: int
    rotating_found: frozenset[int]


class _Play:
    def __init__(self, fleet: Fleet, model: Model) -> None:
        self._fleet = fleet
        self._model = model
        self._known: defaultdict[int, _Known] = defaultdict(_Known)
        self._sessions: defaultdict[int, deque[_Session]] = defaultdict(
            lambda: deque(maxlen=MAX_USES)
        )
        self._ends: list[tuple[datetime, int, _Session]] = []
        self.judged: list[Judged] = []
        self.quarantined_at: dict[int, datetime] = {}
        self.unrecognised = 0
        self._random = Random("the drivers who answer")

    def run(self) -> Played:
        for attempt in self._fleet.attempts:
            self._end_sessions(attempt.at)
            vehicle = self._fleet.vehicles[attempt.vehicle]
            if attempt.certificate:
                self._start(attempt, "contract_certificate")
                self._known[vehicle.name].certificate_used = attempt.at
            elif vehicle.rotates:
                self._read_rotating(attempt, vehicle)
            else:
                self._ask(attempt, vehicle)
        rotating = frozenset(name for name, known in self._known.items() if known.rotating)
        return Played(
            self._fleet, tuple(self.judged), self.quarantined_at, self.unrecognised, rotating
        )

    def _ask(self, attempt: Attempt, vehicle: Vehicle) -> None:
        known = self._known[vehicle.name]
        place = attempt.station.place
        asked = what_was_asked(self._model.step_up, known.step_ups, place.station_id, attempt.at)
        picture = self._picture(attempt, vehicle, known, asked)
        features = measure(picture, self._model.vendors)
        assessment = judge(self._model.rules, features)
        objection = risk_objection(
            VehicleRisk(features, assessment, asked), quarantined=picture.quarantined
        )
        action = _ACTIONS[None if objection is None else objection[0]]
        self.judged.append(Judged(attempt, features, assessment, action))
        self._see(attempt, vehicle, known, attempt.at, accepted=action is Action.ACCEPT)
        if action is Action.ACCEPT:
            self._start(attempt, "autocharge")
        elif action is Action.STEP_UP:
            self._ask_the_driver(attempt, vehicle, known)
        elif attempt.actor is Actor.OWNER:
            self._start(attempt, "rfid")  # denied: the driver takes the card

    def _ask_the_driver(self, attempt: Attempt, vehicle: Vehicle, known: _Known) -> None:
        """The owner confirms; asked for a stranger, he declines or does not look."""
        answered_at = attempt.at + STEP_UP_TAKES
        answer = None
        if attempt.actor is Actor.OWNER:
            answer = StepUpAnswer.CONFIRM
            self._see(attempt, vehicle, known, answered_at, accepted=True)
            self._start(attempt, "autocharge")
        elif self._random.random() < DECLINES:
            answer = StepUpAnswer.DECLINE
        place = attempt.station.place
        known.step_ups.append(
            StepUp(
                reference="",
                enrolment_id="",
                contract_id="",
                provider_id="",
                operator_id=place.operator_id,
                station_id=place.station_id,
                asked_at=attempt.at,
                lapses_at=attempt.at + self._model.step_up.answer_within,
                answer=answer,
                answered_at=None if answer is None else answered_at,
            )
        )

    def _picture(self, attempt: Attempt, vehicle: Vehicle, known: _Known, asked: Asked) -> Picture:
        place = attempt.station.place
        others: tuple[Identifier, ...] = ()
        if attempt.station.names_vehicle:
            # a cloner copies the VIN with the MAC; what shares the MAC by nature has its own
            strange = attempt.actor is Actor.SHARER
            others = (_strange(vehicle.vin) if strange else vehicle.vin,)
        return Picture(
            vehicle.mac,
            attempt.at,
            place,
            others=others,
            enrolled_identifiers=(vehicle.vin,),
            enrolled_at=self._enrolled_at(vehicle, attempt.at),
            sightings=known.sightings,
            uses=self._uses(vehicle, attempt.at),
            certificate_installed=vehicle.has_certificate,
            last_certificate_use=known.certificate_used,
            quarantined=known.is_quarantined_at(place.operator_id),
            suspected=asked.unconfirmed or known.confined != frozenset(),
            confirmed_until=asked.confirmed_until,
        )

    def _see(
        self, attempt: Attempt, vehicle: Vehicle, known: _Known, at: datetime, *, accepted: bool
    ) -> None:
        sighting = Sighting(at, attempt.station.place, Source.OCPP201_ID_TOKEN, accepted)
        (known.accepted if accepted else known.refused).append(sighting)
        known.newest.append(sighting)
        since = self._enrolled_at(vehicle, at)
        finding = detect_shared(
            self._model.detection, known.newest, self._uses(vehicle, at), since=since
        )
        if finding is not None:
            self._quarantine(known, vehicle, finding, at)

    def _quarantine(self, known: _Known, vehicle: Vehicle, finding: Finding, at: datetime) -> None:
        if known.confined is not None:
            known.confined = confined_to(self._model.detection, finding, known.confined)
        self.quarantined_at.setdefault(vehicle.name, at)

    def _read_rotating(self, attempt: Attempt, vehicle: Vehicle) -> None:
        self.unrecognised += 1
        if not attempt.station.names_vehicle:
            return
        known = self._known[vehicle.name]
        sighting = Sighting(
            attempt.at, attempt.station.place, Source.OCPP21_ID_TOKEN, accepted=False
        )
        mac = Mac.parse(f"0A{self.unrecognised:010X}")
        known.readings.append((mac, sighting))
        known.rotating |= detect_rotating(self._model.detection, known.readings) is not None

    def _enrolled_at(self, vehicle: Vehicle, now: datetime) -> datetime | None:
        again = self._fleet.enrolled_again.get(vehicle.name)
        return again if again is not None and again <= now else None

    def _contract(self, vehicle: Vehicle, now: datetime) -> int:
        sold = self._enrolled_at(vehicle, now) is not None
        return -vehicle.name - 1 if sold else vehicle.contract

    def _uses(self, vehicle: Vehicle, now: datetime) -> tuple[ChargingUse, ...]:
        sessions = self._sessions[self._contract(vehicle, now)]
        return tuple(session.as_use(vehicle.name) for session in sessions)

    def _start(self, attempt: Attempt, evidence: str) -> None:
        if not attempt.start_told:
            return
        session = _Session(attempt.at, attempt, evidence)
        vehicle = self._fleet.vehicles[attempt.vehicle]
        self._sessions[self._contract(vehicle, attempt.at)].append(session)
        if attempt.end_told:
            heapq.heappush(self._ends, (attempt.until, len(self.judged), session))

    def _end_sessions(self, now: datetime) -> None:
        while self._ends and self._ends[0][0] <= now:
            ended_at, _, session = heapq.heappop(self._ends)
            session.ended_at = ended_at


def _strange(vin: Vin) -> Vin:
    return Vin.parse(f"{vin.value[:10]}B{vin.value[11:]}")


def play(fleet: Fleet, model: Model) -> Played:
    """Ask for every attempt of the fleet in order of time and return the answers."""
    return _Play(fleet, model).run()
