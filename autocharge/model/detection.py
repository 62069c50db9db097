"""Whether readings show that an identifier is not one vehicle's own, and whose word that rests on.

Shared: several vehicles send the same identifier, so it is read where its vehicle cannot be.
Rotating: one vehicle sends one identifier after another. Pure: the same readings in any order give
the same finding, and clocks that run backwards only change the order.

Stations attest what they read, and one operator can make readings up. Its word alone therefore
counts at its own stations alone: a finding names the operators that it has to be `suspected` at,
and `confined_to` says when that becomes everywhere.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from autocharge.model.enrolment import Identifier
from autocharge.model.geography import distance_km
from autocharge.model.picture import ChargingUse
from autocharge.model.sighting import Place, Sighting
from foundation.identifiers import Mac


@dataclass(frozen=True, slots=True)
class DetectionRules:
    """The thresholds; `autocharge/profiles/detection.toml` says what each one means."""

    version: str
    near_km: float
    speed_kmh: float
    handling: timedelta
    clock_slack: timedelta
    blind_two_operators: timedelta
    blind_one_operator: timedelta
    overlap: timedelta
    longest_use: timedelta
    established_days: int
    parties_for_everywhere: int
    rotating_identifiers: int
    rotating_within: timedelta
    most_sightings: int


class Cause(StrEnum):
    """Why an identifier is not believed to be one vehicle's own."""

    SHARED = "shared"
    ROTATING = "rotating"
    REPORTED = "reported"  # a person said so


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """One reason: a stable `code` and one sentence of `detail`, without identifiers and places."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """An identifier is not one vehicle's own.

    `suspected` are the operators (`DEABC`) at whose stations it must not be believed, at least
    one. `corroborated`: it stands whichever one operator's readings are left out. `first_at` is
    the time of the earliest reading that speaks for it.
    """

    cause: Cause
    suspected: frozenset[str]
    corroborated: bool
    reasons: tuple[QuarantineReason, ...]
    first_at: datetime


@dataclass(frozen=True, slots=True)
class _Contradiction:
    """Two readings that one vehicle cannot have caused; `first` is the earlier one."""

    first: Place
    second: Place
    at: datetime
    reason: QuarantineReason


def detect_shared(
    rules: DetectionRules,
    sightings: Sequence[Sighting],
    uses: Sequence[ChargingUse] = (),
    *,
    since: datetime | None = None,
    disbelieved: frozenset[str] = frozenset(),
    established: frozenset[str] | None = None,
) -> Finding | None:
    """Return what readings of one identifier say against its being one vehicle's, or None.

    `sightings` in any order, the present one among them; only the newest `most_sightings` are
    looked at. Of `uses`, sessions of the contract, those count that are over and are known to be
    this vehicle's. Contradictions from before `since` (a release) are forgiven. `disbelieved` are
    operators that are suspected whenever they contradict another, because somebody who knows the
    vehicle said so.

    Of two operators that contradict each other the one that is trusted less is suspected, both
    where they are trusted alike. Most trusted is who is `established`: the vehicle was let charge
    there on `established_days` days before the first contradiction (None: judged by `sightings`);
    next comes who let it charge at all.
    """
    newest = sorted(sightings, key=_time)[-rules.most_sightings :]
    stations = {sighting.place.station_id for sighting in newest}
    if len(stations) < 2 and not uses:
        return None  # the ordinary vehicle at its ordinary station
    found = [*_leaps(rules, newest, uses), *_overlaps(rules, newest, uses)]
    if since is not None:
        found = [contradiction for contradiction in found if contradiction.at > since]
    if not found:
        return None
    first = min(contradiction.at for contradiction in found)
    if established is None:
        established = established_operators(rules, newest, first)
    trust = {sighting.place.operator_id: 1 for sighting in newest if sighting.accepted}
    trust |= dict.fromkeys(established, 2) | dict.fromkeys(disbelieved, -1)
    suspected: set[str] = set()
    for contradiction in found:
        suspected |= _suspects(contradiction, trust)
    reasons = {contradiction.reason.code: contradiction.reason for contradiction in found}
    return Finding(
        Cause.SHARED,
        frozenset(suspected),
        corroborated=False,
        reasons=tuple(reasons.values()),
        first_at=first,
    )


def established_operators(
    rules: DetectionRules, sightings: Sequence[Sighting], before: datetime
) -> frozenset[str]:
    """Return the operators that let the vehicle charge on enough days before the day of `before`.

    That day itself does not count: whoever shares an identifier would otherwise make himself
    believed by using it.
    """
    days: defaultdict[str, set[date]] = defaultdict(set)
    for sighting in sightings:
        if sighting.accepted and sighting.seen_at.date() < before.date():
            days[sighting.place.operator_id].add(sighting.seen_at.date())
    return frozenset(operator for operator, on in days.items() if len(on) >= rules.established_days)


def detect_rotating(
    rules: DetectionRules,
    readings: Sequence[tuple[Identifier, Sighting]],
    *,
    disbelieved: frozenset[str] = frozenset(),
    party_of: Callable[[str], str] = str,
) -> Finding | None:
    """Return that a vehicle changes its MAC, or None.

    `readings` are what stood in one message with a name of the vehicle that does not change (a
    VIN, or an EVCCID of ISO 15118-20), in any order; only the MACs among them count, and only
    those within `rotating_within` of the newest. The finding is corroborated where
    `rotating_identifiers` are left whichever one party's readings are left out (those of
    `disbelieved` operators are left out anyway); otherwise those operators are suspected that have
    read so many themselves, and where there is none, nothing is found yet.
    """
    seen = [(one.key, sighting) for one, sighting in readings if isinstance(one, Mac)]
    if not seen:
        return None
    oldest = max(sighting.seen_at for _, sighting in seen) - rules.rotating_within
    by_operator: defaultdict[str, set[str]] = defaultdict(set)
    by_party: defaultdict[str, set[str]] = defaultdict(set)
    for key, sighting in seen:
        operator = sighting.place.operator_id
        if sighting.seen_at >= oldest:
            by_operator[operator].add(key)
            if operator not in disbelieved:
                by_party[party_of(operator)].add(key)
    corroborated = bool(by_party) and all(
        len(_others(by_party, party)) >= rules.rotating_identifiers for party in by_party
    )
    alone = {name for name, keys in by_operator.items() if len(keys) >= rules.rotating_identifiers}
    if not corroborated and not alone:
        return None
    reason = QuarantineReason(
        "many_identifiers",
        f"the vehicle was read with {len(_others(by_operator, None))} identifiers within "
        f"{rules.rotating_within.days} days",
    )
    suspected = frozenset(alone) or frozenset(by_operator)
    first = min(sighting.seen_at for _, sighting in seen if sighting.seen_at >= oldest)
    return Finding(Cause.ROTATING, suspected, corroborated, (reason,), first)


def _others(keys: Mapping[str, set[str]], name: str | None) -> set[str]:
    return set().union(*(own for other, own in keys.items() if other != name))


def confined_to(
    rules: DetectionRules,
    finding: Finding,
    standing: frozenset[str] = frozenset(),
    *,
    disbelieved: frozenset[str] = frozenset(),
    party_of: Callable[[str], str] = str,
) -> frozenset[str] | None:
    """Return the operators at whose stations the identifier is not believed; None: everywhere.

    `standing` are operators that it is quarantined at already. Everywhere is where the finding is
    corroborated, or `parties_for_everywhere` are suspected that nobody disbelieves. `party_of`
    names who stands behind an operator id, so that one company with two ids is one witness
    (default: each id its own).
    """
    operators = finding.suspected | standing
    witnesses = {party_of(operator) for operator in operators - disbelieved}
    if finding.corroborated or len(witnesses) >= rules.parties_for_everywhere:
        return None
    return operators


def _time(sighting: Sighting) -> tuple[datetime, str, str]:
    return sighting.seen_at, sighting.place.station_id, sighting.reference or ""


def _leaps(
    rules: DetectionRules, in_order: Sequence[Sighting], uses: Sequence[ChargingUse]
) -> Iterator[_Contradiction]:
    """Yield neighbours in time that are too far apart; if those are near enough, all are."""
    for earlier, later in pairwise(in_order):
        one, other = earlier.place, later.place
        if one.station_id == other.station_id:
            continue
        apart = later.seen_at - _left(rules, earlier, later, uses)
        kilometres = distance_km(one, other)
        if kilometres is None:
            blind = (
                rules.blind_one_operator
                if one.operator_id == other.operator_id
                else rules.blind_two_operators
            )
            if apart < blind:
                reason = QuarantineReason(
                    "read_twice_at_once",
                    f"read at two stations within {_words(apart)}, too short to go from one to "
                    "another",
                )
                yield _Contradiction(one, other, later.seen_at, reason)
            continue
        on_the_road = max(timedelta(0), apart + rules.clock_slack - rules.handling)
        reach = rules.near_km + rules.speed_kmh * (on_the_road / timedelta(hours=1))
        if kilometres > reach:
            reason = QuarantineReason(
                "impossible_travel",
                f"read at two stations {kilometres:.0f} km apart within {_words(apart)}",
            )
            yield _Contradiction(one, other, later.seen_at, reason)


def _left(
    rules: DetectionRules, earlier: Sighting, later: Sighting, uses: Sequence[ChargingUse]
) -> datetime:
    """Return when it left the place of `earlier` at the earliest: where it charged, at the end.

    An end that is told no earlier than the vehicle is read elsewhere was only told then.
    """
    ends = [
        use.ended_at - rules.overlap
        for use in uses
        if use.same_vehicle is True
        and use.place.station_id == earlier.place.station_id
        and use.ended_at is not None
        and use.ended_at - use.started_at <= rules.longest_use
        and abs(use.started_at - earlier.seen_at) <= rules.overlap
        and use.ended_at <= later.seen_at - rules.overlap
    ]
    return max([earlier.seen_at, *ends])


def _overlaps(
    rules: DetectionRules, in_order: Sequence[Sighting], uses: Sequence[ChargingUse]
) -> Iterator[_Contradiction]:
    """Yield readings from elsewhere in the midst of a session of the vehicle that is over."""
    times = [sighting.seen_at for sighting in in_order]
    for use in uses:
        if use.ended_at is None or use.same_vehicle is not True:
            continue  # one that was never ended may only have been forgotten
        if use.ended_at - use.started_at > rules.longest_use:
            continue
        first = bisect_right(times, use.started_at + rules.overlap)
        last = bisect_left(times, use.ended_at - rules.overlap)
        for sighting in in_order[first:last]:
            kilometres = distance_km(use.place, sighting.place)
            if sighting.place.station_id == use.place.station_id or (
                kilometres is not None and kilometres <= rules.near_km
            ):
                continue
            reason = QuarantineReason(
                "read_while_charging", "read at another station while it was charging at one"
            )
            yield _Contradiction(use.place, sighting.place, sighting.seen_at, reason)


def _suspects(contradiction: _Contradiction, trust: Mapping[str, int]) -> frozenset[str]:
    first, second = contradiction.first.operator_id, contradiction.second.operator_id
    least = min(trust.get(first, 0), trust.get(second, 0))
    return frozenset(operator for operator in (first, second) if trust.get(operator, 0) == least)


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
