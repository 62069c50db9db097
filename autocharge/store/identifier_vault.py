"""Vehicle identifiers as keyed hash and ciphertext, the only forms in which they are stored."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from autocharge.model.enrolment import Identifier, IdentifierKind, kind_of
from autocharge.store.tables import peppers
from foundation.clock import Clock
from foundation.database import Database, Row
from foundation.identifiers import EvccId20, Mac, Vin
from foundation.sealing import KeyedHash, Sealer

_FIRST_KEY_ID = "1"
_PARSERS: dict[IdentifierKind, Callable[[str], Identifier]] = {
    IdentifierKind.MAC: Mac.parse,
    IdentifierKind.EVCCID20: EvccId20.parse,
    IdentifierKind.VIN: Vin.parse,
}


@dataclass(frozen=True, slots=True)
class Pepper:
    """One secret key of the look-up hash."""

    key_id: str
    keyed_hash: KeyedHash


class IdentifierVault:
    """Hashes and seals identifiers; of `peppers`, newest first, the first hashes what is new."""

    def __init__(self, sealer: Sealer, peppers: Sequence[Pepper]) -> None:
        if not peppers:
            raise ValueError("identifiers cannot be hashed without a pepper")
        self._sealer = sealer
        self._peppers = tuple(peppers)

    @property
    def key_id(self) -> str:
        """The pepper that new digests are made with."""
        return self._peppers[0].key_id

    @property
    def pepper_count(self) -> int:
        """How many digests `digests` returns."""
        return len(self._peppers)

    def digests(self, identifier: Identifier) -> tuple[bytes, ...]:
        """Return the identifier's 32-byte digest under each pepper, the newest first.

        All spellings of one identifier have one digest; one text of two kinds has two.
        """
        kind = kind_of(identifier).value
        return tuple(pepper.keyed_hash.digest(kind, identifier.key) for pepper in self._peppers)

    def seal(self, enrolment_id: str, identifier: Identifier) -> bytes:
        """Return the identifier as spelled, encrypted for this enrolment and no other."""
        spelled = identifier.value if isinstance(identifier, Vin) else identifier.raw
        return self._sealer.seal(spelled.encode(), _context(enrolment_id))

    def open(self, enrolment_id: str, kind: IdentifierKind, sealed: bytes) -> Identifier:
        """Return what `seal` sealed for this enrolment; UNAVAILABLE where it does not fit."""
        return _PARSERS[kind](self._sealer.open(sealed, _context(enrolment_id)).decode())


def _context(enrolment_id: str) -> str:
    return f"autocharge.enrolment:{enrolment_id}"


def _pepper_context(key_id: str) -> str:
    return f"autocharge.pepper:{key_id}"


def open_vault(database: Database, sealer: Sealer, clock: Clock) -> IdentifierVault:
    """Return the vault of this database, with its first pepper made if there is none.

    Processes that start together agree on one: its id is fixed and the first insert wins.
    """
    if not _stored_peppers(database):
        first = {
            "key_id": _FIRST_KEY_ID,
            "sealed": sealer.seal(secrets.token_bytes(32), _pepper_context(_FIRST_KEY_ID)),
            "created_at": clock(),
        }
        with suppress(IntegrityError):  # another process made it meanwhile
            database.append(Row(insert(peppers), first))
    return IdentifierVault(
        sealer,
        [
            Pepper(key_id, KeyedHash(sealer.open(sealed, _pepper_context(key_id))))
            for key_id, sealed in _stored_peppers(database)
        ],
    )


def _stored_peppers(database: Database) -> list[tuple[str, bytes]]:
    newest_first = select(peppers.c.key_id, peppers.c.sealed).order_by(peppers.c.created_at.desc())
    with database.read() as connection:
        return [(key_id, sealed) for key_id, sealed in connection.execute(newest_first)]
