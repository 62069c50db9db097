"""What a played month comes to: strategies of cloners, honest drivers, shared identifiers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot
from typing import Any

from autocharge.model.risk import Action
from benchmarks.months.play import Judged, Played
from benchmarks.months.world import CLONERS, Actor, Attempt

FASTEST_KMH = 150.0
"""Ground truth: faster than this from station to station, as the crow flies, is two vehicles."""

TOLD_LATE_HOURS = 0.25
"""The end of a session may be told so late, and the vehicle be under way as long."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How often each answer was given."""

    accepted: int
    stepped_up: int
    denied: int

    @property
    def asked(self) -> int:
        """All of them."""
        return self.accepted + self.stepped_up + self.denied

    @property
    def stopped(self) -> float:
        """The share that was stepped up or denied, 0 where nobody asked."""
        return (self.stepped_up + self.denied) / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class SharedIdentifier:
    """Wrong accepts of an identifier that several vehicles send, at the owner's cost.

    `overlaps`: by what stations told, two of its vehicles charged as one alone cannot. `before`:
    wrong accepts earlier than that, which no reading tells apart; `until_quarantine`: from then
    until it was in quarantine at some operator; `later`: after that, at operators where it was not.
    """

    overlaps: bool
    quarantined: bool
    before: int
    until_quarantine: int
    later: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of one run; `honest` are owners of identifiers that are theirs alone."""

    attempts: int
    strategies: Mapping[Actor, Answers]
    honest: Answers
    never_cloned: Answers
    cloned: Answers
    honest_reasons: tuple[tuple[str, int], ...]
    shared: tuple[SharedIdentifier, ...]
    shared_owner: Answers
    new_owner: Answers
    rotating: int
    rotating_found: int
    unrecognised: int

    @property
    def overlapping(self) -> tuple[SharedIdentifier, ...]:
        """The shared identifiers that readings can tell to be shared."""
        return tuple(identifier for identifier in self.shared if identifier.overlaps)

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {
            "attempts": self.attempts,
            "strategies": {actor.value: _shown(self.strategies[actor]) for actor in CLONERS},
            "honest": _shown(self.honest),
            "honest_never_cloned": _shown(self.never_cloned),
            "honest_cloned": _shown(self.cloned),
            "honest_reasons": dict(self.honest_reasons),
            "shared": {
                "identifiers": len(self.shared),
                "overlapping": len(self.overlapping),
                "overlapping_quarantined": sum(one.quarantined for one in self.overlapping),
                "wrong_before_overlap": _counted(one.before for one in self.overlapping),
                "wrong_until_quarantine": _counted(
                    one.until_quarantine for one in self.overlapping
                ),
                "wrong_later": _counted(one.later for one in self.overlapping),
                "wrong_never_overlapping": _counted(
                    one.before for one in self.shared if not one.overlaps
                ),
                "owner": _shown(self.shared_owner),
            },
            "sold_not_removed": _shown(self.new_owner),
            "rotating": {
                "vehicles": self.rotating,
                "found": self.rotating_found,
                "sessions_unrecognised": self.unrecognised,
            },
        }


def report(played: Played) -> Report:
    """Count what became of a month."""
    cloned = {one.attempt.vehicle for one in played.judged if one.attempt.actor.is_cloner}
    by_actor: defaultdict[Actor, list[Judged]] = defaultdict(list)
    by_vehicle: defaultdict[int, list[Judged]] = defaultdict(list)
    for one in played.judged:
        by_actor[one.attempt.actor].append(one)
        by_vehicle[one.attempt.vehicle].append(one)
    vehicles = played.fleet.vehicles
    owners = by_actor[Actor.OWNER]
    honest = [one for one in owners if not vehicles[one.attempt.vehicle].shared]
    disturbed = Counter(
        reason.code
        for one in honest
        if one.action is not Action.ACCEPT
        for reason in one.assessment.reasons
    )
    return Report(
        attempts=len(played.judged),
        strategies={actor: _answers(by_actor[actor]) for actor in CLONERS},
        honest=_answers(honest),
        never_cloned=_answers(one for one in honest if one.attempt.vehicle not in cloned),
        cloned=_answers(one for one in honest if one.attempt.vehicle in cloned),
        honest_reasons=tuple(disturbed.most_common()),
        shared=tuple(
            _shared(by_vehicle[vehicle.name], played) for vehicle in vehicles if vehicle.shared
        ),
        shared_owner=_answers(one for one in owners if vehicles[one.attempt.vehicle].shared),
        new_owner=_answers(by_actor[Actor.NEW_OWNER]),
        rotating=sum(vehicle.rotates for vehicle in vehicles),
        rotating_found=len(played.rotating_found),
        unrecognised=played.unrecognised,
    )


def _answers(judged: Iterable[Judged]) -> Answers:
    counts = Counter(one.action for one in judged)
    return Answers(counts[Action.ACCEPT], counts[Action.STEP_UP], counts[Action.DENY])


def _shared(judged: Sequence[Judged], played: Played) -> SharedIdentifier:
    wrong = [
        one.attempt.at
        for one in judged
        if one.attempt.actor is Actor.SHARER and one.action is Action.ACCEPT
    ]
    overlap = first_overlap([(one.attempt, _told_to_leave(one)) for one in judged])
    if overlap is None:
        return SharedIdentifier(
            overlaps=False, quarantined=False, before=len(wrong), until_quarantine=0, later=0
        )
    quarantine = played.quarantined_at.get(judged[0].attempt.vehicle)
    before = sum(at < overlap for at in wrong)
    until = sum(overlap <= at and (quarantine is None or at <= quarantine) for at in wrong)
    return SharedIdentifier(
        overlaps=True,
        quarantined=quarantine is not None,
        before=before,
        until_quarantine=until,
        later=len(wrong) - before - until,
    )


def _told_to_leave(one: Judged) -> datetime:
    """Return when anybody was told that the vehicle left: at once where no session was told of."""
    attempt = one.attempt
    charged = one.action is Action.ACCEPT or attempt.actor is Actor.OWNER
    return attempt.until if charged and attempt.start_told and attempt.end_told else attempt.at


def first_overlap(stays: Sequence[tuple[Attempt, datetime]]) -> datetime | None:
    """Return when first two stays were such as one vehicle cannot make, None where never.

    `stays` are attempts in order of time, each with the time from when on the vehicle may have
    been under way. An identifier whose vehicles never meet in time is one vehicle to everybody
    who reads it.
    """
    for position, (later, _) in enumerate(stays):
        for earlier, left in stays[max(0, position - 6) : position]:
            if earlier.station is later.station:
                continue
            km = hypot(later.station.x - earlier.station.x, later.station.y - earlier.station.y)
            hours = (later.at - left) / timedelta(hours=1) + TOLD_LATE_HOURS
            if hours < 0 or (km > 3 and km > FASTEST_KMH * hours):
                return later.at
    return None


def _shown(answers: Answers) -> dict[str, Any]:
    return {
        "asked": answers.asked,
        "accepted": answers.accepted,
        "stepped_up": answers.stepped_up,
        "denied": answers.denied,
        "stopped_percent": round(100 * answers.stopped, 2),
    }


def _counted(numbers: Iterable[int]) -> dict[str, int]:
    return {str(number): count for number, count in sorted(Counter(numbers).items())}
