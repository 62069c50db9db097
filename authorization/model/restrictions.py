"""What a contract is restricted to: connector types, hours, sites, modes of energy transfer.

Every EVSE of the place is judged alone: where some may be used, only those may; where none may,
what speaks against them names the outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from authorization.model.claim import PlacedEvse
from authorization.model.connector import ConnectorType, EnergyTransferMode, can_carry
from authorization.model.limits import NO_LIMITS, Attempt, Limit, Limits, evses_of
from foundation.errors import Kind, ServiceError

MAX_HOURS = 50
MAX_SITES = 200
"""Own judgement: a week has few windows, a company few sites."""

LOOKS_AHEAD = timedelta(days=1)
"""How far ahead the end of the hours is told; a station remembers an acceptance for an hour at
most (`authorization.api.answer_table`)."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A window of local time on some days of the week (ISO 8601: Monday is 1).

    It holds from `begin` up to, but not including, `end`. One that ends at or before its beginning
    runs over midnight into the next day. Clocks decide: an hour that daylight saving repeats is
    allowed twice, one that it leaves out is never there.
    """

    weekdays: frozenset[int]
    begin: time
    end: time

    def __post_init__(self) -> None:
        """Raise ServiceError INVALID (`invalid_hours`)."""
        if not self.weekdays or not self.weekdays <= frozenset(range(1, 8)):
            raise ServiceError(
                Kind.INVALID,
                "invalid_hours",
                "weekdays are some of 1 (Monday) to 7 (Sunday)",
                {"weekdays": "1 to 7"},
            )

    def hold(self, local: datetime) -> bool:
        """Whether the window is open at this local time."""
        at, today = local.time(), local.isoweekday()
        if self.begin < self.end:
            return today in self.weekdays and self.begin <= at < self.end
        yesterday = (local - timedelta(days=1)).isoweekday()
        return (today in self.weekdays and at >= self.begin) or (
            yesterday in self.weekdays and at < self.end
        )


@dataclass(frozen=True, slots=True)
class SiteName:
    """One site: its operator (`DEABC`) and the operator's id for it."""

    operator_id: str
    site_id: str


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What a contract may use; None: everything.

    `time_zone` (IANA) is that of the hours at stations whose site nobody registered.
    """

    connector_types: frozenset[ConnectorType] | None = None
    hours: tuple[Hours, ...] | None = None
    sites: frozenset[SiteName] | None = None
    energy_transfer: frozenset[EnergyTransferMode] | None = None
    time_zone: str = "UTC"

    def __call__(self, attempt: Attempt) -> Limits:
        """Return what the restrictions leave of an attempt (a `Judge`)."""
        considered = evses_of(attempt)
        objections = [self._against(attempt, evse) for evse in considered]
        modes = None
        if self.energy_transfer is not None:
            modes = tuple(mode for mode in EnergyTransferMode if mode in self.energy_transfer)
        allowed = [
            evse for evse, against in zip(considered, objections, strict=True) if not against
        ]
        if not allowed:
            told = {limit for against in objections for limit in against}
            return Limits(tuple(limit for limit in Limit if limit in told), None, modes)
        everything = len(allowed) == len(considered)
        evses = None if everything else frozenset(e.key for e in allowed if e is not None)
        return Limits((), evses, modes, self._until(attempt.now, allowed))

    def _until(self, now: datetime, evses: Sequence[PlacedEvse | None]) -> datetime | None:
        """Return when the hours first close at one of these EVSEs, where they are open now."""
        if self.hours is None:
            return None
        zones = {self._zone(evse).key: self._zone(evse) for evse in evses}
        ends = [closes_at(self.hours, zone, now) for zone in zones.values()]
        return min((end for end in ends if end is not None), default=None)

    def _zone(self, evse: PlacedEvse | None) -> ZoneInfo:
        site = None if evse is None else evse.site
        return ZoneInfo(site.time_zone if site else self.time_zone)

    def _against(self, attempt: Attempt, evse: PlacedEvse | None) -> list[Limit]:
        against = []
        site = None if evse is None else evse.site
        if self.sites is not None and (
            site is None or SiteName(attempt.place.operator_id, site.site_id) not in self.sites
        ):
            against.append(Limit.NOT_ALLOWED_HERE)
        connectors = frozenset() if evse is None else evse.connector_types
        if (self.connector_types is not None and not connectors & self.connector_types) or (
            self.energy_transfer is not None
            and connectors
            and not can_carry(connectors, self.energy_transfer)
        ):
            against.append(Limit.NOT_ALLOWED_EVSE_TYPE)
        if self.hours is not None and not _is_open(self.hours, self._zone(evse), attempt.now):
            against.append(Limit.NOT_NOW)
        return against


def closes_at(hours: Sequence[Hours], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when windows of which one is open now have all closed (UTC).

    None where that is a day ahead or more: nobody remembers an acceptance for as long. Windows
    close at their ends, or where the clocks are put past one.
    """
    horizon = now + LOOKS_AHEAD
    today = now.astimezone(zone).date()
    moments = {
        datetime.combine(today + timedelta(days=day), one.end, zone)
        .replace(fold=fold)
        .astimezone(UTC)
        for one in hours
        for day in range(3)
        for fold in (0, 1)  # an hour that is repeated ends twice
    }
    moments |= _clock_changes(zone, now, horizon)
    return next(
        (
            moment
            for moment in sorted(moments)
            if now < moment <= horizon and not _is_open(hours, zone, moment)
        ),
        None,
    )


def _is_open(hours: Sequence[Hours], zone: ZoneInfo, moment: datetime) -> bool:
    local = moment.astimezone(zone)
    return any(one.hold(local) for one in hours)


def _clock_changes(zone: ZoneInfo, begin: datetime, end: datetime) -> set[datetime]:
    """Return when the clocks change between two instants, to the second; once at most."""

    def offset(moment: datetime) -> timedelta | None:
        return moment.astimezone(zone).utcoffset()

    before = begin.astimezone(UTC).replace(microsecond=0)
    after = end.astimezone(UTC).replace(microsecond=0)
    old = offset(before)
    if offset(after) == old:
        return set()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if offset(middle) == old else (before, middle)
    return {after}


def unrestricted(_attempt: Attempt) -> Limits:
    """Object to nothing: the `Judge` of a contract without restrictions."""
    return NO_LIMITS
