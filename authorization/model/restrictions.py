"""What a contract is restricted to: connector types, hours, sites, modes of energy transfer.

Every EVSE of the place is judged alone: where some may be used, only those may; where none may,
what speaks against them names the outcome.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from authorization.model.claim import PlacedEvse
from authorization.model.connector import ConnectorType, EnergyTransferMode, can_carry
from authorization.model.limits import NO_LIMITS, Attempt, Limit, Limits, evses_of
from foundation.errors import Kind, ServiceError

MAX_HOURS = 50
MAX_SITES = 200
"""Own judgement: a week has few windows, a company few sites."""


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
        return Limits((), evses, modes)

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
        if self.hours is not None:
            local = attempt.now.astimezone(ZoneInfo(site.time_zone if site else self.time_zone))
            if not any(hours.hold(local) for hours in self.hours):
                against.append(Limit.NOT_NOW)
        return against


def unrestricted(_attempt: Attempt) -> Limits:
    """Object to nothing: the `Judge` of a contract without restrictions."""
    return NO_LIMITS
