"""What the rotation of keys needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autocharge.model.vault_key import KeyPurpose, KeyRecord
from foundation.events import Event


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass over all records stands: after this record of this table."""

    table: str
    after: str | None


@dataclass(frozen=True, slots=True)
class RenewedBatch:
    """What became of one batch; `next` is None where the pass is at its end."""

    next: Position | None
    seen: int
    renewed: int
    left: int


class VaultRotation(Protocol):
    """The vault's keys and all records under them; every call is a transaction of its own."""

    def standing(self) -> Sequence[KeyRecord]:
        """Return every key there is."""

    def announce(self, key: KeyRecord, event: Event) -> bool:
        """Make the secret of a key that is not used yet; False where somebody was faster."""

    def start_using(self, key: KeyRecord, event: Event) -> bool:
        """Have the key write, once whoever writes with the one before is done.

        False where they are not done within a moment; nobody is kept waiting for longer.
        """

    def renew(self, position: Position | None, limit: int) -> RenewedBatch:
        """Hash and seal up to `limit` records anew that follow `position` (None: the first)."""

    def destroy(self, keys: Sequence[KeyRecord], event: Event) -> bool:
        """Delete the keys for good; False where somebody holds them still for a moment."""


ROTATION_STARTED = "autocharge.key_rotation_started"
ROTATED_EVENT = "autocharge.key_rotated"
KEYS_DESTROYED = "autocharge.keys_destroyed"


def next_key(keys: Sequence[KeyRecord], purpose: KeyPurpose, key_id: str) -> KeyRecord:
    """Return the record of the key that follows those of its purpose, announced and not used."""
    generation = max((key.generation for key in keys if key.purpose is purpose), default=0) + 1
    return KeyRecord(purpose, key_id, generation, used=False)
