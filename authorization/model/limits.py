"""What the surroundings of a contract (place, time, credit, open sessions) object to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from authorization.model.claim import Identification, Place, PlacedEvse
from authorization.model.connector import EnergyTransferMode
from authorization.model.evidence import Evidence
from contract_service.model.contract import Contract


class Limit(StrEnum):
    """What a contract's surroundings may object to (OCPP 2.0.1 C07.FR.14), and a step-up."""

    CONCURRENT = "concurrent"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED_HERE = "not_allowed_here"
    NOT_ALLOWED_EVSE_TYPE = "not_allowed_evse_type"
    NOT_NOW = "not_now"
    STEP_UP = "step_up"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody wants to charge: by this claim and its evidence, at this place, at this time.

    `contract` is None for a driver without any (ad hoc) and for a contract that is not kept here.
    `evse_key` is the look-up key of the EVSE that the asker named, None where it named a station.
    """

    identification: Identification
    evidence: Evidence
    contract: Contract | None
    place: Place
    now: datetime
    evse_key: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What speaks against an attempt, and what is left of it where nothing does.

    `evses` are the look-up keys of the only EVSEs that may be used, `energy_transfer` the only
    modes; None: all. From `until` on something speaks against one of them; None: not soon.
    """

    against: tuple[Limit, ...] = ()
    evses: frozenset[str] | None = None
    energy_transfer: tuple[EnergyTransferMode, ...] | None = None
    until: datetime | None = None

    def __and__(self, other: "Limits") -> "Limits":
        """Return what both together allow; each objection once, those of `self` first.

        Two that leave different EVSEs leave none: then the place is not allowed.
        """
        against = dict.fromkeys((*self.against, *other.against))
        evses = _both(self.evses, other.evses)
        if evses is not None and not evses:
            against[Limit.NOT_ALLOWED_HERE] = None
            evses = None
        modes = self.energy_transfer
        if modes is None:
            modes = other.energy_transfer
        elif other.energy_transfer is not None:
            modes = tuple(mode for mode in modes if mode in other.energy_transfer)
        ends = [end for end in (self.until, other.until) if end is not None]
        return Limits(tuple(against), evses, modes, min(ends, default=None))

    def of_whole_station(self) -> "Limits":
        """Return the limits for an asker that takes all EVSEs or none."""
        if self.evses is None:
            return self
        against = dict.fromkeys((*self.against, Limit.NOT_ALLOWED_HERE))
        return Limits(tuple(against), None, self.energy_transfer, self.until)


NO_LIMITS = Limits()

Judge = Callable[[Attempt], Limits]
"""One check, which knows what is kept of a contract: what it objects to in an attempt."""


def evses_of(attempt: Attempt) -> tuple[PlacedEvse | None, ...]:
    """Return the EVSEs that an attempt may mean; one None where no site says anything of them."""
    placed = attempt.place.placed
    if attempt.evse_key is not None:
        placed = tuple(evse for evse in placed if evse.key == attempt.evse_key)
    return placed or (None,)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
