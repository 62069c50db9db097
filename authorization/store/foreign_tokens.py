"""Tokens of other providers in the database: nothing of a uid or a contract in clear."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from authorization.model.foreign_token import (
    MAX_TOKENS_OF_PARTNER,
    EnergyContract,
    ForeignToken,
    TokenName,
    TokenType,
    Whitelist,
    uid_key,
)
from authorization.operations.foreign_token_ports import StoredToken
from authorization.store.foreign_token_tables import foreign_token_counts as counts
from authorization.store.foreign_token_tables import foreign_tokens as table
from authorization.store.ocpi_tables import token_pulls
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.lookup import Lookup
from foundation.outbox import Outbox
from foundation.sealing import KeyedHash, Sealer

AnyRow = ResultRow[*tuple[Any, ...]]

_SEALED = (
    "contract_id",
    "issuer",
    "visual_number",
    "group_id",
    "language",
    "default_profile_type",
    "energy_contract",
)
_by_uid = select(table).where(table.c.uid_hash == bindparam("uid_hash"))
_by_name = select(table).where(table.c.name_hash == bindparam("name_hash"))
_insert = insert(table).on_conflict_do_nothing().returning(table.c.token_id)
_first_count = insert(counts).on_conflict_do_nothing()


class ForeignTokenVault:
    """Hashes and seals; `keyed_hash` is that of our own tokens (`open_token_hash`)."""

    def __init__(self, keyed_hash: KeyedHash, sealer: Sealer) -> None:
        self._keyed_hash = keyed_hash
        self._sealer = sealer

    def uid_hash(self, token_type: TokenType, uid: str) -> bytes:
        """Return the 32 bytes that every provider's token with this uid shares."""
        return self._keyed_hash.digest(
            f"authorization.foreign_uid:{token_type.value}", uid_key(token_type, uid)
        )

    def name_hash(self, partner_id: str, name: TokenName) -> bytes:
        """Return the 32 bytes that one partner's token is known by."""
        named = f"{partner_id}\n{name.provider_id}\n{name.type.value}\n{name.key}"
        return self._keyed_hash.digest("authorization.foreign_name", named)

    def seal(self, stored: StoredToken) -> bytes:
        """Return what is personal of the token, encrypted for its row alone."""
        values = {name: getattr(stored.token, name) for name in _SEALED}
        energy = stored.token.energy_contract
        values |= {
            "uid": stored.token.name.uid,
            "energy_contract": None if energy is None else asdict(energy),
        }
        return self._sealer.seal(orjson.dumps(values), _context(stored.token_id))

    def open(self, row: AnyRow) -> ForeignToken:
        """Return the token of a row; UNAVAILABLE where its sealed part is another's."""
        values: dict[str, Any] = orjson.loads(self._sealer.open(row.sealed, _context(row.token_id)))
        uid, energy = values.pop("uid"), values.pop("energy_contract")
        return ForeignToken(
            partner_id=row.partner_id,
            name=TokenName(row.provider_id, TokenType(row.type), uid),
            valid=row.valid,
            whitelist=Whitelist(row.whitelist),
            last_updated=row.last_updated,
            energy_contract=None if energy is None else EnergyContract(**energy),
            **values,
        )


def _context(token_id: str) -> str:
    return f"authorization.foreign_token:{token_id}"


class SqlForeignTokens:
    """`ForeignTokenFinder` on AUTOCOMMIT connections; sees what is committed by now."""

    def __init__(self, database: Database, vault: ForeignTokenVault) -> None:
        self._database = database
        self._vault = vault

    def find(self, token_type: TokenType, uid: str) -> tuple[ForeignToken, ...]:
        """Return every provider's token with this uid, in any spelling."""
        lookup = self.lookup(token_type, uid)
        return lookup.read(self._database.fetch(lookup.statement, lookup.values))

    def lookup(self, token_type: TokenType, uid: str) -> Lookup[tuple[ForeignToken, ...]]:
        """Return `find` as a question to be asked together with others."""
        return Lookup(_by_uid, {"uid_hash": self._vault.uid_hash(token_type, uid)}, self._read)

    def of_partner(self, partner_id: str, name: TokenName) -> ForeignToken | None:
        """Return one token as this partner pushed it last."""
        rows = self._database.fetch(
            _by_name, {"name_hash": self._vault.name_hash(partner_id, name)}
        )
        return self._vault.open(rows[0]) if rows else None

    def _read(self, rows: Sequence[Any]) -> tuple[ForeignToken, ...]:
        return tuple(self._vault.open(row) for row in rows)


class SqlForeignTokenRepository:
    """`ForeignTokenRepository` on a connection whose transaction the operation commits."""

    def __init__(
        self,
        connection: Connection,
        vault: ForeignTokenVault,
        at_most: int = MAX_TOKENS_OF_PARTNER,
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._at_most = at_most

    def lock(self, partner_id: str, name: TokenName) -> StoredToken | None:
        """Return the partner's token and keep others from changing it until the work ends."""
        row = self._connection.execute(
            _by_name.with_for_update(), {"name_hash": self._vault.name_hash(partner_id, name)}
        ).first()
        return None if row is None else StoredToken(row.token_id, self._vault.open(row))

    def add(self, stored: StoredToken) -> bool:
        """Store a new token; False where somebody was faster.

        Raises ServiceError CONFLICT (`too_many_tokens`) at the most that one partner may have.
        """
        token = stored.token
        self._require_room(token.partner_id)
        values = {
            **self._values(stored),
            "token_id": stored.token_id,
            "name_hash": self._vault.name_hash(token.partner_id, token.name),
            "uid_hash": self._vault.uid_hash(token.name.type, token.name.uid),
            "partner_id": token.partner_id,
            "provider_id": token.name.provider_id,
            "type": token.name.type.value,
        }
        return self._connection.execute(_insert, values).first() is not None

    def replace(self, stored: StoredToken) -> None:
        """Store the token's new state."""
        self._connection.execute(
            update(table).where(table.c.token_id == stored.token_id).values(**self._values(stored))
        )

    def forget_partner(self, partner_id: str) -> int:
        """Delete every token of a partner with what could recognise it; return how many."""
        gone = self._connection.execute(delete(table).where(table.c.partner_id == partner_id))
        self._connection.execute(delete(counts).where(counts.c.partner_id == partner_id))
        # how far its list was read says nothing any more
        self._connection.execute(delete(token_pulls).where(token_pulls.c.partner_id == partner_id))
        return gone.rowcount

    def _require_room(self, partner_id: str) -> None:
        """Count one more; whoever adds for the same partner waits here, so that none is missed."""
        counted = update(counts).where(counts.c.partner_id == partner_id)
        self._connection.execute(_first_count, {"partner_id": partner_id, "tokens": 0})
        room = self._connection.execute(
            counted.where(counts.c.tokens < self._at_most).values(tokens=counts.c.tokens + 1)
        )
        if room.rowcount == 0:
            raise ServiceError(
                Kind.CONFLICT,
                "too_many_tokens",
                f"a partner may have {self._at_most} tokens here; push fewer, or authorise in "
                "real time",
            )

    def _values(self, stored: StoredToken) -> dict[str, object]:
        token = stored.token
        return {
            "valid": token.valid,
            "whitelist": token.whitelist.value,
            "last_updated": token.last_updated,
            "sealed": self._vault.seal(stored),
        }


class SqlForeignTokenUnitOfWork:
    """`ForeignTokenUnitOfWork` on one connection."""

    def __init__(
        self, connection: Connection, vault: ForeignTokenVault, outbox: Outbox, at_most: int
    ) -> None:
        self._connection = connection
        self.foreign_tokens = SqlForeignTokenRepository(connection, vault, at_most)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self._connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlForeignTokens:
    """Opens a transaction that ends with its block; `at_most` tokens for each partner."""

    database: Database
    vault: ForeignTokenVault
    outbox: Outbox
    at_most: int = MAX_TOKENS_OF_PARTNER

    @contextmanager
    def __call__(self) -> Iterator[SqlForeignTokenUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlForeignTokenUnitOfWork(connection, self.vault, self.outbox, self.at_most)
