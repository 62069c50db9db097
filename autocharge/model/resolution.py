"""What an Autocharge identifier resolves to."""

from collections.abc import Sequence
from dataclasses import dataclass

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, Identifier
from foundation.identifiers import Emaid, Mac


@dataclass(frozen=True, slots=True)
class Resolved:
    """Exactly one live enrolment stands behind the identifier.

    `signals` are what the identifier itself says against its being unique or fixed
    (`locally_administered`, `multicast`, `left_padded`), for the decision to weigh.
    """

    enrolment_id: str
    emaid: Emaid
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody enrolled the identifier."""

    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspended:
    """The identifier's enrolment is suspended.

    Whether the contract stands is not asked here: the decision loads the contract itself, and
    would otherwise judge by two answers of different age.
    """

    enrolment_id: str
    emaid: Emaid
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflicting:
    """More than one enrolment answers to the identifier, so none may be charged for."""

    signals: tuple[str, ...]


Resolution = Resolved | Unknown | Suspended | Conflicting


def signals_of(identifier: Identifier) -> tuple[str, ...]:
    """Return what the identifier's own form says against it; only a MAC's says anything."""
    return identifier.signals if isinstance(identifier, Mac) else ()


def weigh(enrolments: Sequence[Enrolment], signals: tuple[str, ...]) -> Resolution:
    """Return what the enrolments of one identifier come to.

    Enrolments for different contracts are `Conflicting`: charging either would be a guess.
    """
    if not enrolments:
        return Unknown(signals)
    if len({enrolment.emaid.key for enrolment in enrolments}) > 1:
        return Conflicting(signals)
    for enrolment in enrolments:
        if enrolment.status is EnrolmentStatus.ACTIVE:
            return Resolved(enrolment.enrolment_id, enrolment.emaid, signals)
    first = enrolments[0]
    return Suspended(first.enrolment_id, first.emaid, signals)
