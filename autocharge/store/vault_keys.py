"""The vault's keys: what the database has of them, and what a process holds in memory.

One purpose has one key, or two while it is rotated. A new key is announced first: readers look
under it too, nobody writes with it. It is used once every process has had the time to notice; then
the old one serves reading alone, until nothing is left under it and it is destroyed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from autocharge.model.vault_key import KeyPurpose
from autocharge.store.tables import keys
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.sealing import KeyedHash, Sealer

KEYS_LIVE_SECONDS = 0.5
"""How old the keys in memory may be: half of the second within which a rotation is noticed."""

PEPPERS_AT_ONCE = 2
"""The one that hashes what is new, and at most one that is announced or going."""


@dataclass(frozen=True, slots=True)
class Pepper:
    """One secret key of the look-up hash."""

    key_id: str
    keyed_hash: KeyedHash


@dataclass(frozen=True, slots=True)
class SealingKey:
    """One key that identifiers are encrypted under."""

    key_id: str
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """The keys at one moment; of peppers and sealing keys the first one writes."""

    peppers: tuple[Pepper, ...]
    sealing: tuple[SealingKey, ...]
    pseudonyms: KeyedHash

    def sealing_key(self, key_id: str) -> SealingKey | None:
        """Return the sealing key of this id, or None."""
        return next((key for key in self.sealing if key.key_id == key_id), None)


_all_keys = select(keys).order_by(keys.c.purpose, keys.c.generation)
# whoever replaces a key waits for those who write with it, and they for nobody else
_all_keys_held = _all_keys.with_for_update(read=True)


@dataclass
class KeyRing:
    """The keys as the database had them a moment ago."""

    database: Database
    sealer: Sealer
    monotonic: Callable[[], float] = time.monotonic
    _opened: dict[tuple[str, str, bytes], bytes] = field(default_factory=dict, repr=False)
    _loaded: tuple[float, VaultKeys] | None = field(default=None, repr=False)

    def keys(self, at_most_seconds: float = KEYS_LIVE_SECONDS) -> VaultKeys:
        """Return the keys, no older than `at_most_seconds` when this call began."""
        began = self.monotonic()
        loaded = self._loaded
        if loaded is not None and began - loaded[0] < at_most_seconds:
            return loaded[1]
        with self.database.read() as connection:
            rows = connection.execute(_all_keys).all()
        current = self._read(rows)
        self._loaded = (began, current)
        return current

    def held(self, connection: Connection) -> VaultKeys:
        """Return the keys as they stand, and keep them so until this transaction ends."""
        # SQLite's one writer, as which this transaction runs, needs no lock
        return self._read(connection.execute(_all_keys_held).all())

    def _read(self, rows: Sequence[Any]) -> VaultKeys:
        by_purpose: dict[str, list[tuple[str, bytes]]] = {purpose: [] for purpose in KeyPurpose}
        # the newest that is used writes; one that is announced comes after it
        for row in sorted(rows, key=lambda row: (row.used_from is None, -row.generation)):
            by_purpose[row.purpose].append((row.key_id, self._secret(row)))
        stored = {(row.purpose, row.key_id, row.sealed) for row in rows}
        for gone in set(self._opened) - stored:  # a copy: other threads add meanwhile
            self._opened.pop(gone, None)  # what was destroyed stays in no memory of ours
        if not all(by_purpose.values()):
            raise ServiceError(
                Kind.UNAVAILABLE,
                "vault_keys_missing",
                "identifiers have no keys; run `evtrust init`",
            )
        return VaultKeys(
            tuple(
                Pepper(key_id, KeyedHash(secret))
                for key_id, secret in by_purpose[KeyPurpose.PEPPER]
            ),
            tuple(
                SealingKey(key_id, Sealer(secret))
                for key_id, secret in by_purpose[KeyPurpose.SEALING]
            ),
            KeyedHash(by_purpose[KeyPurpose.PSEUDONYM][0][1]),
        )

    def _secret(self, row: Any) -> bytes:
        known = (row.purpose, row.key_id, row.sealed)
        secret = self._opened.get(known)
        if secret is None:
            secret = self.sealer.open(row.sealed, key_context(row.purpose, row.key_id))
            self._opened[known] = secret
        return secret


def key_context(purpose: str, key_id: str) -> str:
    """Return what a key's sealed bytes are bound to."""
    return f"autocharge.{purpose}:{key_id}"
