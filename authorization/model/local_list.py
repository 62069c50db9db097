"""OCPP local authorisation lists: what a station must be told so that it holds the wanted list.

OCPP 1.6 section 5.15 and OCPP 2.0.1 use case D01: a full update replaces the list, a differential
one changes entries and removes those that come without information. Each has a version number,
higher than the one before. A station answers Accepted, Failed or VersionMismatch; after anything
but Accepted nobody knows what it holds, so that the next update is a full one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from foundation.errors import Refused

MAX_VERSION = 2**31 - 1
"""OCPP's integers have 32 bits; past it versions begin anew, with a full list."""


class ListType(StrEnum):
    """OCPP UpdateType / UpdateEnumType."""

    FULL = "Full"
    DIFFERENTIAL = "Differential"


class ListStatus(StrEnum):
    """What a station does with a listed token while it cannot ask (of AuthorizationStatus)."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"


@dataclass(frozen=True, slots=True)
class ListEntry:
    """What a station is told of one token.

    `expires_at` ends what it says (`expiryDate` in OCPP 1.6, `cacheExpiryDateTime` in 2.x).
    """

    status: ListStatus
    expires_at: datetime | None = None


TokenList = Mapping[str, ListEntry]
"""A list by what stands for each token (`authorization.model.list_message`), never the token."""


@dataclass(frozen=True, slots=True)
class ListLimits:
    """What a station takes.

    `entries`: `LocalAuthListMaxLength` (1.6), `LocalAuthListCtrlr.Entries` (2.x). `per_message`:
    `SendLocalListMaxLength`, `LocalAuthListCtrlr.ItemsPerMessage`.
    """

    entries: int
    per_message: int

    def __post_init__(self) -> None:
        """Raise ValueError where a station would take nothing."""
        if self.entries < 1 or self.per_message < 1:
            raise ValueError("a list has room for one entry at least")


@dataclass(frozen=True, slots=True)
class HeldList:
    """What a station acknowledged last: the version and the list."""

    version: int
    tokens: TokenList


@dataclass(frozen=True, slots=True)
class ListUpdate:
    """One SendLocalList: the entries to set, and the tokens to remove (differential only)."""

    version: int
    kind: ListType
    entries: Mapping[str, ListEntry]
    removed: tuple[str, ...] = ()


def updates(
    held: HeldList | None, wanted: TokenList, limits: ListLimits, last_version: int = 0
) -> tuple[ListUpdate, ...] | Refused:
    """Return the messages after which a station holds `wanted`; none where it does already.

    `held` is None where nobody knows what the station holds. `last_version` is the highest that it
    was ever sent. Of the ways there, the one with fewer entries is taken. Tokens are removed
    before others are added, so that the list never outgrows the larger of both. `Refused`
    (`local_list_too_large`) where the station has no room.
    """
    if len(wanted) > limits.entries:
        return Refused(
            "local_list_too_large",
            f"the list would have {len(wanted)} entries, and the station takes {limits.entries}",
        )
    version = max(last_version, held.version if held is not None else 0)
    if held is not None:
        changed = {key: one for key, one in wanted.items() if held.tokens.get(key) != one}
        removed = [key for key in held.tokens if key not in wanted]
        if not changed and not removed:
            return ()
        messages = -(-(len(changed) + len(removed)) // limits.per_message)
        if len(changed) + len(removed) <= len(wanted) and version + messages <= MAX_VERSION:
            return _differential(version, changed, removed, limits.per_message)
    return _full(version, wanted, limits.per_message)


def _full(version: int, wanted: TokenList, per_message: int) -> tuple[ListUpdate, ...]:
    if version + 1 + len(wanted) // per_message > MAX_VERSION:
        version = 0
    keys = list(wanted)
    first = {key: wanted[key] for key in keys[:per_message]}
    rest = {key: wanted[key] for key in keys[per_message:]}
    return (
        ListUpdate(version + 1, ListType.FULL, first),
        *_differential(version + 1, rest, (), per_message),
    )


def _differential(
    version: int, changed: TokenList, removed: Sequence[str], per_message: int
) -> tuple[ListUpdate, ...]:
    steps: list[tuple[str, ListEntry | None]] = [(key, None) for key in removed]
    steps += changed.items()
    return tuple(
        ListUpdate(
            version + 1 + number,
            ListType.DIFFERENTIAL,
            {key: one for key, one in part if one is not None},
            tuple(key for key, one in part if one is None),
        )
        for number, part in enumerate(
            steps[start : start + per_message] for start in range(0, len(steps), per_message)
        )
    )


def list_json(held: HeldList) -> dict[str, object]:
    """Return a list as JSON keeps it."""
    return {
        "version": held.version,
        "tokens": {
            ref: [one.status.value, None if one.expires_at is None else one.expires_at.isoformat()]
            for ref, one in held.tokens.items()
        },
    }


def list_from(kept: Mapping[str, Any]) -> HeldList:
    """Return the list of `list_json`."""
    return HeldList(
        kept["version"],
        {
            ref: ListEntry(ListStatus(status), None if end is None else datetime.fromisoformat(end))
            for ref, (status, end) in kept["tokens"].items()
        },
    )


def after(held: HeldList | None, update: ListUpdate) -> HeldList | None:
    """Return what a station holds after it accepted `update`.

    None for a differential update of a list that nobody knows.
    """
    if update.kind is ListType.FULL:
        return HeldList(update.version, dict(update.entries))
    if held is None:
        return None
    tokens = {key: one for key, one in held.tokens.items() if key not in update.removed}
    return HeldList(update.version, tokens | dict(update.entries))
