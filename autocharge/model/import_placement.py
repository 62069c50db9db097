"""Where a line's enrolment goes among those that its vehicle has, if it may go there at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from autocharge.model.enrolment import FIRST_PRECEDENCE, Enrolment
from autocharge.model.precedence import MOST_ENROLMENTS
from foundation.errors import Refused


@dataclass(frozen=True, slots=True)
class Standing:
    """An enrolment that the vehicle has; `is_wanted`: for the very contract that is wanted."""

    provider_id: str
    precedence: int
    switched_off: bool = False
    is_wanted: bool = False

    @classmethod
    def of(cls, enrolment: Enrolment) -> "Standing":
        """Return what an enrolment is to another of its vehicle."""
        return cls(enrolment.provider_id, enrolment.precedence, enrolment.switched_off)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new enrolment goes; it begins switched off as its provider's others are."""

    precedence: int
    switched_off: bool


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The vehicle has the very enrolment that is wanted."""


def place(
    provider_id: str, precedence: int | None, standing: Sequence[Standing]
) -> Place | Enrolled | Refused:
    """Return the place of an enrolment for a contract of `provider_id`.

    Without a `precedence` the vehicle has to be nobody's yet. With one, which says that there are
    several contracts, it may have others of the same provider; the place has to be free, and none
    of another provider is overtaken: whoever goes before it takes over its bills.
    """
    if any(one.is_wanted for one in standing):
        return Enrolled()
    own = [one for one in standing if one.provider_id == provider_id]
    if standing and not own:
        return TAKEN
    if standing and precedence is None:
        return _ONE_OF_SEVERAL
    wanted = FIRST_PRECEDENCE if precedence is None else precedence
    if len(standing) >= MOST_ENROLMENTS:
        return _TOO_MANY
    if any(one.precedence == wanted for one in standing):
        return _PLACE_TAKEN
    if any(one.precedence > wanted and one.provider_id != provider_id for one in standing):
        return _OVERTAKES
    return Place(wanted, any(one.switched_off for one in own))


TAKEN = Refused(
    "identifier_enrolled",
    "this vehicle is enrolled for another provider's contract; if it changed hands, enrol it "
    "alone, which asks that provider to give it up",
)
_ONE_OF_SEVERAL = Refused(
    "identifier_enrolled",
    "this vehicle is enrolled for another contract of this provider; give a precedence to have "
    "both, or remove that enrolment first",
)
_TOO_MANY = Refused(
    "too_many_enrolments",
    "this vehicle stands for as many contracts as it may; have one removed first",
)
_PLACE_TAKEN = Refused(
    "precedence_taken",
    "another enrolment of this vehicle has this precedence; give another one",
)
_OVERTAKES = Refused(
    "would_overtake",
    "another provider's enrolment of this vehicle goes first; give a higher precedence",
)
