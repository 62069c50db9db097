"""The keys that vehicle identifiers are hashed and sealed under, and how one follows another."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class KeyPurpose(StrEnum):
    """What a key of the vault is for."""

    PEPPER = "pepper"  # HMAC-SHA-256 digests, for look-up
    SEALING = "sealing"  # AES-256-GCM of identifiers
    PSEUDONYM = "pseudonym"  # names of vehicles that differ from one party to the next


ROTATED = (KeyPurpose.PEPPER, KeyPurpose.SEALING)
"""Purposes whose keys can be replaced; a pseudonym's key is what makes pseudonyms stable."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key without its secret.

    `generation` orders the keys of a purpose. A key that is not `used` is announced: readers
    look under it, nothing is written with it yet.
    """

    purpose: KeyPurpose
    key_id: str
    generation: int
    used: bool


def announced(keys: Sequence[KeyRecord]) -> tuple[KeyRecord, ...]:
    """Return the keys that nothing is written with yet."""
    return tuple(key for key in keys if not key.used)


def superseded(keys: Sequence[KeyRecord]) -> tuple[KeyRecord, ...]:
    """Return the keys that wrote until a newer one of their purpose came into use."""
    newest: dict[KeyPurpose, int] = {}
    for key in keys:
        if key.used:
            newest[key.purpose] = max(key.generation, newest.get(key.purpose, key.generation))
    return tuple(key for key in keys if key.used and key.generation < newest[key.purpose])


class RotationPhase(StrEnum):
    """How far a rotation is."""

    IDLE = "idle"  # no key is being replaced
    ANNOUNCED = "announced"  # other processes are given the time to learn the new key
    SETTLING = "settling"  # the new key writes; what was under way with the old one ends
    RENEWING = "renewing"  # records are hashed and sealed anew
    BLOCKED = "blocked"  # some records cannot be renewed: the old key stays
    DONE = "done"  # nothing was left under the old key, and it was destroyed


@dataclass(frozen=True, slots=True)
class RotationProgress:
    """What one piece of work came to, with the numbers of the pass over all records so far.

    `left` are records that cannot be renewed: their ciphertext does not open, or another record
    with the same identifier stands in their way.
    """

    phase: RotationPhase
    seen: int = 0
    renewed: int = 0
    left: int = 0
