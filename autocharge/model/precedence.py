"""Which of a vehicle's enrolments goes first, and who may say so."""

from collections.abc import Callable, Mapping, Sequence

from autocharge.model.enrolment import FIRST_PRECEDENCE, Enrolment
from foundation.errors import Refused

MOST_ENROLMENTS = 8
"""Of one identifier; own judgement. It bounds what resolving reads."""

ActsFor = Callable[[str], bool]
"""Whether whoever asks acts for a provider id."""


def in_order(enrolments: Sequence[Enrolment]) -> list[Enrolment]:
    """Return the enrolments of one identifier, the first by precedence first."""
    return sorted(enrolments, key=lambda enrolment: enrolment.precedence)


def has_room(standing: Sequence[Enrolment]) -> bool:
    """Whether the vehicle may stand for one more contract."""
    return len(standing) < MOST_ENROLMENTS


def next_precedence(standing: Sequence[Enrolment]) -> int:
    """Return the precedence of an enrolment that goes last."""
    return max((enrolment.precedence + 1 for enrolment in standing), default=FIRST_PRECEDENCE)


def moved(
    standing: Sequence[Enrolment], enrolment_id: str, position: int, acts_for: ActsFor
) -> Mapping[str, int] | Refused:
    """Return enrolment id -> new precedence (1, 2, …) with one moved to `position` (1: first).

    A position behind the last is the last. Whoever moves one may let others go first, but goes
    before none of a provider that it does not act for: that would take over its bills.
    """
    order = [enrolment.enrolment_id for enrolment in in_order(standing)]
    providers = {enrolment.enrolment_id: enrolment.provider_id for enrolment in standing}
    before = order.index(enrolment_id)
    after = min(position, len(order)) - 1
    if not all(acts_for(providers[overtaken]) for overtaken in order[after:before]):
        return Refused(
            "would_overtake",
            "another provider's enrolment of this vehicle goes first; only that provider or an "
            "administrator can let yours go before it",
        )
    order.insert(after, order.pop(before))
    return {of: precedence for precedence, of in enumerate(order, FIRST_PRECEDENCE)}
