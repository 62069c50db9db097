"""Vehicle identifiers as keyed hash and ciphertext, the only forms in which they are stored."""

import base64
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, bindparam, insert, or_
from sqlalchemy.exc import IntegrityError

from autocharge.model.enrolment import Identifier, IdentifierKind, kind_of
from autocharge.model.vault_key import KeyPurpose
from autocharge.store.tables import keys
from autocharge.store.vault_keys import (
    PEPPERS_AT_ONCE,
    KeyRing,
    VaultKeys,
    key_context,
)
from foundation.clock import Clock
from foundation.database import Database, Row
from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvccId20, Mac, Vin
from foundation.sealing import KeyedHash, Sealer

_FIRST_KEY_ID = "1"
_KEYED_VERSION = b"\x02"  # then the key id's length, the key id, and what `Sealer.seal` returns
_PARSERS: dict[IdentifierKind, Callable[[str], Identifier]] = {
    IdentifierKind.MAC: Mac.parse,
    IdentifierKind.EVCCID20: EvccId20.parse,
    IdentifierKind.VIN: Vin.parse,
}
_DIGEST_NAMES = tuple(f"digest_{i}" for i in range(PEPPERS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a new row is found by: its digest, and the id of the pepper that made it."""

    digest: bytes
    key_id: str


class IdentifierVault:
    """Hashes and seals identifiers under keys that other processes may replace at any time.

    Whoever writes inside a transaction does so through `writing`, which holds the keys still.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        # a decision asks for the digests of one identifier five times
        self._last: tuple[VaultKeys, Identifier, tuple[bytes, ...]] | None = None

    @property
    def keys(self) -> VaultKeys:
        """The keys as they were a moment ago."""
        return self._ring.keys()

    def digests(self, identifier: Identifier) -> tuple[bytes, ...]:
        """Return the identifier's 32-byte digest under each pepper, the one that writes first.

        All spellings of one identifier have one digest; one text of two kinds has two. A row may
        have been hashed under any of them: look for all.
        """
        return self._digests(self._ring.keys(), identifier)

    def _digests(self, known: VaultKeys, identifier: Identifier) -> tuple[bytes, ...]:
        last = self._last
        if last is not None and last[0] is known and last[1] is identifier:
            return last[2]
        found = _digests(known, identifier)
        self._last = known, identifier, found
        return found

    def digest_values(self, identifier: Identifier) -> dict[str, bytes]:
        """Return the values of the parameters in `digest_matches`."""
        return _digest_values(self.digests(identifier))

    def pseudonym(self, party: str, identifier: Identifier) -> str:
        """Return the identifier's name for one party (`provider:DEABC`, `operator:DEABC`).

        The same for every spelling and for as long as the installation lives, another for every
        party: HMAC-SHA-256 under a key bound to the party (itself an HMAC of a secret), cut to 130
        bits in the alphabet of RFC 4648 section 6. Nobody without the secret can tell that two
        names are of one vehicle.
        """
        bound = KeyedHash(self._ring.keys().pseudonyms.digest("party", party))
        digest = bound.digest(kind_of(identifier).value, identifier.key)
        return base64.b32encode(digest)[:26].decode().lower()

    def stamp(self, identifier: Identifier) -> Stamp:
        """Return digest and key id for a row that is written outside any transaction of ours.

        For `Database.append`, whose rows are committed within moments; a row that must be the
        only one of its identifier is written through `writing`.
        """
        known = self._ring.keys()
        return Stamp(self._digests(known, identifier)[0], known.peppers[0].key_id)

    def seal(self, record_id: str, identifier: Identifier, record: str = "enrolment") -> bytes:
        """Return the identifier as spelled, encrypted for this record and no other."""
        return _seal(self._ring.keys(), _context(record, record_id), identifier)

    def open(
        self, record_id: str, kind: IdentifierKind, sealed: bytes, record: str = "enrolment"
    ) -> Identifier:
        """Return what `seal` sealed for this record; UNAVAILABLE where it does not fit."""
        return _PARSERS[kind](self._opened(_context(record, record_id), sealed).decode())

    def _opened(self, context: str, sealed: bytes) -> bytes:
        key_id = sealing_key_id(sealed)
        if key_id is None:  # written before identifiers had a key of their own
            return self._ring.sealer.open(sealed, context)
        # an unknown id is a key that another process has just made: look again
        key = self._ring.keys().sealing_key(key_id) or self._ring.keys(0).sealing_key(key_id)
        if key is None:
            raise ServiceError(
                Kind.UNAVAILABLE,
                "sealed_blob_unreadable",
                "a stored identifier cannot be opened: its key is gone; restore the database "
                "whole, keys and rows from one moment",
            )
        return key.sealer.open(sealed[2 + len(key_id) :], context)

    def writes_with(self) -> tuple[str, str]:
        """Return the ids of the pepper and of the sealing key that write at this moment."""
        known = self._ring.keys(0)
        return known.peppers[0].key_id, known.sealing[0].key_id

    def writing(self, connection: Connection) -> "WritingVault":
        """Return the vault for rows written in this transaction."""
        return WritingVault(self._ring, connection)


class WritingVault:
    """Stamps and seals for one transaction, under keys that nobody replaces while it runs.

    Two transactions that write under different peppers never run at once: a second row of one
    identifier is found by `digests` or refused by the table's own constraint.
    """

    def __init__(self, ring: KeyRing, connection: Connection) -> None:
        self._ring = ring
        self._connection = connection
        self._held: VaultKeys | None = None

    @property
    def keys(self) -> VaultKeys:
        """The keys, held still from the first look on."""
        if self._held is None:
            self._held = self._ring.held(self._connection)
        return self._held

    def digests(self, identifier: Identifier) -> tuple[bytes, ...]:
        """Return the identifier's digest under each pepper, the one that writes first."""
        return _digests(self.keys, identifier)

    def digest_values(self, identifier: Identifier) -> dict[str, bytes]:
        """Return the values of the parameters in `digest_matches`."""
        return _digest_values(self.digests(identifier))

    def stamp(self, identifier: Identifier) -> Stamp:
        """Return digest and key id for a new row."""
        return _stamp(self.keys, identifier)

    def seal(self, record_id: str, identifier: Identifier, record: str = "enrolment") -> bytes:
        """Return the identifier as spelled, encrypted for this record and no other."""
        return _seal(self.keys, _context(record, record_id), identifier)


def digest_matches(column: Column[bytes]) -> ColumnElement[bool]:
    """Return the condition of a prebuilt statement: the row is the identifier's.

    `digest_values` gives its parameters, `digest_0` and `digest_1`; they are equal where there is
    one pepper, so that one statement serves whether or not a rotation runs.
    """
    return or_(*(column == bindparam(name) for name in _DIGEST_NAMES))


def sealing_key_id(sealed: bytes) -> str | None:
    """Return the id of the key that an identifier was sealed under; None: the installation's."""
    if sealed[:1] != _KEYED_VERSION or len(sealed) < 2:
        return None
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def digests_under(known: VaultKeys, identifier: Identifier) -> tuple[bytes, ...]:
    """Return the identifier's digest under each pepper of `known`, the one that writes first."""
    return _digests(known, identifier)


def sealed_under(known: VaultKeys, enrolment_id: str, identifier: Identifier) -> bytes:
    """Return the identifier as spelled, encrypted under `known` for this enrolment alone."""
    return _seal(known, _context("enrolment", enrolment_id), identifier)


def _digests(known: VaultKeys, identifier: Identifier) -> tuple[bytes, ...]:
    kind = kind_of(identifier).value
    return tuple(pepper.keyed_hash.digest(kind, identifier.key) for pepper in known.peppers)


def _digest_values(digests: tuple[bytes, ...]) -> dict[str, bytes]:
    padded = digests + digests[:1] * (PEPPERS_AT_ONCE - len(digests))
    return dict(zip(_DIGEST_NAMES, padded, strict=True))


def _stamp(known: VaultKeys, identifier: Identifier) -> Stamp:
    pepper = known.peppers[0]
    digest = pepper.keyed_hash.digest(kind_of(identifier).value, identifier.key)
    return Stamp(digest, pepper.key_id)


def _seal(known: VaultKeys, context: str, identifier: Identifier) -> bytes:
    key = known.sealing[0]
    spelled = identifier.value if isinstance(identifier, Vin) else identifier.raw
    named = key.key_id.encode("ascii")
    ciphertext = key.sealer.seal(spelled.encode(), context)
    return _KEYED_VERSION + bytes([len(named)]) + named + ciphertext


def _context(record: str, record_id: str) -> str:
    return f"autocharge.{record}:{record_id}"


def open_vault(database: Database, sealer: Sealer, clock: Clock) -> IdentifierVault:
    """Return the vault of this database, with its first keys made if there are none.

    Processes that start together agree on them: their ids are fixed and the first insert wins.
    Raises UNAVAILABLE where the keys were sealed under another passphrase.
    """
    ring = KeyRing(database, sealer)
    _make_first_keys(database, sealer, clock)
    ring.keys()
    return IdentifierVault(ring)


def _make_first_keys(database: Database, sealer: Sealer, clock: Clock) -> None:
    with database.read() as connection:
        there = set(connection.scalars(keys.select().with_only_columns(keys.c.purpose)))
    for purpose in KeyPurpose:
        if purpose not in there:
            with suppress(IntegrityError):  # another process made it meanwhile
                database.append(
                    Row(insert(keys), new_key(purpose, _FIRST_KEY_ID, 1, sealer, clock))
                )


def new_key(
    purpose: KeyPurpose, key_id: str, generation: int, sealer: Sealer, clock: Clock
) -> Mapping[str, object]:
    """Return the row of a new random key, in use from now on."""
    now = clock()
    return {
        "purpose": purpose.value,
        "key_id": key_id,
        "generation": generation,
        "sealed": sealer.seal(secrets.token_bytes(32), key_context(purpose, key_id)),
        "created_at": now,
        "used_from": now,
    }
