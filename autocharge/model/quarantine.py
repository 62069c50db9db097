"""Quarantines: identifiers that are enrolled and yet not believed to be one vehicle's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from autocharge.model.detection import Cause, QuarantineReason
from autocharge.model.enrolment import IdentifierKind

MAX_REASON_CHARACTERS = 200
MAX_DISBELIEVED = 20

AUTOMATIC = "detection"
"""The client id under which what was found by itself is recorded."""


@dataclass(frozen=True, slots=True)
class Release:
    """The end of a quarantine: who ended it, and why.

    `disbelieved` are operators whose readings its owner knows to be wrong: from then on they
    count against this identifier at those operators' own stations alone.
    """

    released_at: datetime
    released_by: str
    reason: str
    disbelieved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quarantine:
    """An identifier that may not be accepted by itself, without the identifier.

    `provider_id` is whose enrolments it is about, None: everybody's. `operator_id` is at whose
    stations it holds, None: everywhere. `suspected` are the operators whose readings contradict
    others. `rules_version` is that of the thresholds, None where a person decided.
    """

    quarantine_id: str
    kind: IdentifierKind
    provider_id: str | None
    operator_id: str | None
    cause: Cause
    reasons: tuple[QuarantineReason, ...]
    suspected: frozenset[str]
    rules_version: str | None
    created_at: datetime
    created_by: str
    release: Release | None = None

    def holds(self, provider_id: str, operator_id: str | None) -> bool:
        """Whether an enrolment of this provider is affected at a station of this operator.

        Where the place is not known (None), every place counts.
        """
        return (
            self.release is None
            and self.provider_id in {None, provider_id}
            and (operator_id is None or self.operator_id in {None, operator_id})
        )


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier quarantines of an identifier mean for one provider's new one.

    `everywhere`: one stands that leaves nothing to add. `standing` are operators where one stands.
    `since` is the last release: what was before it is forgiven. `disbelieved` are operators that
    a release named.
    """

    everywhere: bool
    standing: frozenset[str]
    since: datetime | None
    disbelieved: frozenset[str]


def past_of(quarantines: Iterable[Quarantine], provider_id: str) -> Past:
    """Return what the quarantines of one identifier, old ones included, mean for a provider."""
    mine = [one for one in quarantines if one.provider_id in {None, provider_id}]
    standing = [one for one in mine if one.release is None]
    releases = [one.release for one in mine if one.release is not None]
    return Past(
        everywhere=any(one.operator_id is None for one in standing),
        standing=frozenset(one.operator_id for one in standing if one.operator_id is not None),
        since=max((release.released_at for release in releases), default=None),
        disbelieved=frozenset().union(*(release.disbelieved for release in releases)),
    )
