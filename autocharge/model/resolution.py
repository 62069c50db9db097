"""What an Autocharge identifier resolves to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autocharge.model.detection import QuarantineReason
from autocharge.model.enrolment import Enrolment, Identifier
from autocharge.model.quarantine import Quarantine
from foundation.identifiers import Emaid, Mac


@dataclass(frozen=True, slots=True)
class Resolved:
    """An enrolment answers for the identifier: the first by precedence.

    `signals` are what the identifier itself says against its being unique or fixed
    (`locally_administered`, `multicast`, `left_padded`), for the decision to weigh. `suspected`:
    a quarantine holds elsewhere, which the risk weighs.
    """

    enrolment_id: str
    emaid: Emaid
    signals: tuple[str, ...]
    suspected: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody enrolled the identifier."""

    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspended:
    """Every enrolment of the identifier is suspended or switched off; this is the first.

    Whether the contract stands is not asked here: the decision loads the contract itself, and
    would otherwise judge by two answers of different age.
    """

    enrolment_id: str
    emaid: Emaid
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Contracts that precedence does not order answer to the identifier: none may be charged."""

    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An enrolment answers, but the identifier is known not to be one vehicle's own.

    The driver has to confirm in another way; the identifier alone is never accepted.
    """

    enrolment_id: str
    emaid: Emaid
    signals: tuple[str, ...]
    reasons: tuple[QuarantineReason, ...]


Resolution = Resolved | Unknown | Suspended | Conflicting | Quarantined


def signals_of(identifier: Identifier) -> tuple[str, ...]:
    """Return what the identifier's own form says against it; only a MAC's says anything."""
    return identifier.signals if isinstance(identifier, Mac) else ()


def weigh(enrolments: Sequence[Enrolment], signals: tuple[str, ...]) -> Resolution:
    """Return what the enrolments of one identifier come to: the first by precedence that answers.

    Those that are suspended or switched off are passed over. Where none answers, the first is
    `Suspended`. Two contracts of one precedence are `Conflicting`: charging either would be a
    guess; the store keeps them apart, but for rows that are hashed under two peppers.
    """
    if not enrolments:
        return Unknown(signals)
    standing = [enrolment for enrolment in enrolments if enrolment.answers] or enrolments
    lowest = min(enrolment.precedence for enrolment in standing)
    first = [enrolment for enrolment in standing if enrolment.precedence == lowest]
    if len({enrolment.emaid.key for enrolment in first}) > 1:
        return Conflicting(signals)
    chosen = first[0]
    found = Resolved if chosen.answers else Suspended
    return found(chosen.enrolment_id, chosen.emaid, signals)


def withheld(
    resolved: Resolved, quarantines: Iterable[Quarantine], operator_id: str | None
) -> Resolved | Quarantined:
    """Return what an identifier comes to whose quarantines are these, at an operator's station.

    `operator_id` None: at a place that is not known, where a quarantine at any counts.
    """
    provider_id = resolved.emaid.provider_id
    anywhere = [quarantine for quarantine in quarantines if quarantine.holds(provider_id, None)]
    reasons = tuple(
        reason
        for quarantine in anywhere
        if quarantine.holds(provider_id, operator_id)
        for reason in quarantine.reasons
    )
    if not reasons:
        return replace(resolved, suspected=True) if anywhere else resolved
    return Quarantined(resolved.enrolment_id, resolved.emaid, resolved.signals, reasons)
