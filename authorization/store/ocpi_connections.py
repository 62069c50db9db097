"""OCPI connections in the database: tokens that we show are sealed, tokens that we gave hashed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from authorization.model.foreign_token import MAX_TOKENS_OF_PARTNER
from authorization.model.ocpi import (
    CredentialsRole,
    Endpoint,
    InterfaceRole,
    OcpiRole,
    OcpiVersion,
    TokenEncoding,
)
from authorization.model.ocpi_connection import GivenToken, OcpiConnection, Purpose, Registered
from authorization.store.foreign_tokens import ForeignTokenVault, SqlForeignTokenRepository
from authorization.store.ocpi_tables import ocpi_connections, ocpi_tokens
from foundation.database import Database
from foundation.outbox import Outbox
from foundation.sealing import Sealer

AnyRow = ResultRow[*tuple[Any, ...]]

_all = select(ocpi_connections).order_by(ocpi_connections.c.partner_id)
_one = select(ocpi_connections).where(ocpi_connections.c.partner_id == bindparam("partner_id"))
_given = select(ocpi_tokens).where(ocpi_tokens.c.digest == bindparam("digest"))
_insert = insert(ocpi_connections)
_present = _insert.on_conflict_do_update(
    index_elements=[ocpi_connections.c.partner_id],
    set_={"own_roles": _insert.excluded.own_roles},
)
_NOT_REGISTERED = dict.fromkeys(
    ("version", "encoding", "url", "roles", "endpoints", "token_sealed", "registered_at")
)


class SqlConnectionReader:
    """`ConnectionReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def connection(self, partner_id: str) -> OcpiConnection | None:
        """Return the partner's connection."""
        rows = self._database.fetch(_one, {"partner_id": partner_id})
        return _connection(rows[0], self._sealer) if rows else None

    def given(self, digest: bytes) -> GivenToken | None:
        """Return the token that we gave away, by its digest."""
        for row in self._database.fetch(_given, {"digest": digest}):
            return GivenToken(row.digest, row.partner_id, Purpose(row.purpose), row.expires_at)
        return None

    def all(self) -> Sequence[OcpiConnection]:
        """Return every connection, in order of the partner's id."""
        with self._database.read() as connection:
            rows = connection.execute(_all).all()
        return tuple(_connection(row, self._sealer) for row in rows)

    def holder(self, digest: bytes) -> tuple[GivenToken, OcpiConnection] | None:
        """Return a token that we gave away and the connection of its partner."""
        given = self.given(digest)
        connection = None if given is None else self.connection(given.partner_id)
        return None if given is None or connection is None else (given, connection)


class SqlConnectionRepository:
    """`ConnectionRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def present(self, partner_id: str, own_roles: Sequence[CredentialsRole]) -> None:
        """Store which parties of ours the partner sees; makes the connection if there is none."""
        values = {"partner_id": partner_id, "own_roles": [astuple(role) for role in own_roles]}
        self._connection.execute(_present, values)

    def register(self, partner_id: str, registered: Registered | None) -> None:
        """Store what the handshake came to, None for its end."""
        values: dict[str, Any] = dict(_NOT_REGISTERED)
        if registered is not None:
            values = {
                "version": registered.version.value,
                "encoding": registered.encoding.value,
                "url": registered.url,
                "roles": [astuple(role) for role in registered.roles],
                "endpoints": [astuple(endpoint) for endpoint in registered.endpoints],
                "token_sealed": self._sealer.seal(registered.token.encode(), _context(partner_id)),
                "registered_at": registered.at,
            }
        self._connection.execute(
            update(ocpi_connections)
            .where(ocpi_connections.c.partner_id == partner_id)
            .values(**values)
        )

    def give(self, given: GivenToken) -> None:
        """Store a token for its partner, in the place of the one of the same purpose."""
        values = {
            "digest": given.digest,
            "partner_id": given.partner_id,
            "purpose": given.purpose.value,
            "expires_at": given.expires_at,
        }
        statement = insert(ocpi_tokens)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[ocpi_tokens.c.partner_id, ocpi_tokens.c.purpose],
                set_={
                    "digest": statement.excluded.digest,
                    "expires_at": statement.excluded.expires_at,
                },
            ),
            values,
        )

    def take(self, digest: bytes, purpose: Purpose) -> bool:
        """Delete a token; False where it is gone: somebody else has used it."""
        return (
            self._connection.execute(
                delete(ocpi_tokens).where(
                    ocpi_tokens.c.digest == digest, ocpi_tokens.c.purpose == purpose.value
                )
            ).rowcount
            == 1
        )

    def forget_tokens(self, partner_id: str) -> None:
        """Delete every token that the partner was given."""
        self._connection.execute(delete(ocpi_tokens).where(ocpi_tokens.c.partner_id == partner_id))


class SqlOcpiUnitOfWork:
    """`OcpiUnitOfWork` on one connection."""

    def __init__(
        self, connection: Connection, sealer: Sealer, vault: ForeignTokenVault, outbox: Outbox
    ) -> None:
        self._connection = connection
        self.connections = SqlConnectionRepository(connection, sealer)
        self.foreign_tokens = SqlForeignTokenRepository(connection, vault, MAX_TOKENS_OF_PARTNER)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self._connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlOcpi:
    """Opens a transaction that ends with its block."""

    database: Database
    sealer: Sealer
    vault: ForeignTokenVault
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[SqlOcpiUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlOcpiUnitOfWork(connection, self.sealer, self.vault, self.outbox)


def _connection(row: AnyRow, sealer: Sealer) -> OcpiConnection:
    registered = None
    if row.version is not None:
        registered = Registered(
            OcpiVersion(row.version),
            sealer.open(row.token_sealed, _context(row.partner_id)).decode(),
            TokenEncoding(row.encoding),
            row.url,
            _roles(row.roles),
            tuple(Endpoint(one, InterfaceRole(role), url) for one, role, url in row.endpoints),
            row.registered_at,
        )
    return OcpiConnection(row.partner_id, _roles(row.own_roles), registered)


def _roles(stored: Sequence[Sequence[str]]) -> tuple[CredentialsRole, ...]:
    return tuple(CredentialsRole(OcpiRole(role), *rest) for role, *rest in stored)


def _context(partner_id: str) -> str:
    return f"authorization.ocpi:{partner_id}"
