"""Clients and their secrets in the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from foundation.database import Database
from foundation.principal import ClientRole, Principal
from participants.model.client import Client
from participants.model.secret import SALT_BYTES, StoredSecret
from participants.store.tables import client_secrets, clients

_secret_columns = (
    client_secrets.c.secret_id,
    client_secrets.c.salt,
    client_secrets.c.digest,
    client_secrets.c.created_at.label("secret_created_at"),
    client_secrets.c.expires_at,
)
_joined = select(clients, *_secret_columns).outerjoin_from(clients, client_secrets)
_find = _joined.where(clients.c.client_id == bindparam("id")).order_by(client_secrets.c.created_at)
_list = _joined.order_by(clients.c.created_at, clients.c.client_id, client_secrets.c.created_at)
_lock = select(clients.c.client_id).where(clients.c.client_id == bindparam("id")).with_for_update()

# one full row at least: the same work for a client that is not there, or not any more
_nobodys = {
    "secret_id": "",
    "salt": bytes(SALT_BYTES),
    "digest": bytes(32),
    "secret_created_at": datetime(1970, 1, 1, tzinfo=UTC),
}
_standing = (
    select(*_secret_columns)
    .join_from(client_secrets, clients)
    .where(clients.c.client_id == bindparam("id"), clients.c.withdrawn_at.is_(None))
    .subquery()
)
_always = select(literal(1).label("one")).subquery()
_secrets: Select[Any] = select(
    *(
        func.coalesce(_standing.c[name], literal(value, _standing.c[name].type)).label(name)
        for name, value in _nobodys.items()
    ),
    _standing.c.expires_at,
).select_from(_always.outerjoin(_standing, _always.c.one == 1))


class SqlClientReader:
    """`ClientReader` over what is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, client_id: str) -> Client | None:
        """Return the client with its secrets, withdrawn or not, or None."""
        with self._database.read() as connection:
            return _one(connection.execute(_find, {"id": client_id}).all())

    def secrets(self, client_id: str) -> tuple[StoredSecret, ...]:
        """Return the secrets of a client that is not withdrawn; none for any other.

        Takes as long for a client that is not there as for one that is.
        """
        with self._database.read() as connection:
            rows = connection.execute(_secrets, {"id": client_id}).all()
        secrets = tuple(_secret(row) for row in rows)
        return tuple(secret for secret in secrets if secret.secret_id)

    def list(self) -> tuple[Client, ...]:
        """Return every client, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_list).all()
        by_client: dict[str, list[Row[Any]]] = {}
        for row in rows:
            by_client.setdefault(row.client_id, []).append(row)
        return tuple(_client(rows) for rows in by_client.values())


class SqlClientRepository:
    """`ClientRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, client: Client) -> None:
        """Store a new client with its secrets."""
        principal = client.principal
        self._connection.execute(
            insert(clients).values(
                client_id=client.client_id,
                name=client.name,
                roles=sorted(principal.roles),
                provider_ids=sorted(principal.provider_ids),
                wmis=sorted(principal.wmis),
                operator_ids=sorted(principal.operator_ids),
                created_at=client.created_at,
                withdrawn_at=client.withdrawn_at,
            )
        )
        self._add_secrets(client.client_id, client.secrets)

    def find_for_change(self, client_id: str) -> Client | None:
        """Return the client, kept from others' changes until the transaction ends, or None."""
        # PostgreSQL locks no outer join: the client's own row is locked first
        self._connection.execute(_lock, {"id": client_id})
        return _one(self._connection.execute(_find, {"id": client_id}).all())

    def withdraw(self, client_id: str, at: datetime) -> None:
        """Record that the client was withdrawn."""
        self._connection.execute(
            update(clients).where(clients.c.client_id == client_id).values(withdrawn_at=at)
        )

    def replace_secrets(self, client_id: str, secrets: Sequence[StoredSecret]) -> None:
        """Store `secrets` as all that the client has."""
        self._connection.execute(
            delete(client_secrets).where(client_secrets.c.client_id == client_id)
        )
        self._add_secrets(client_id, secrets)

    def _add_secrets(self, client_id: str, secrets: Iterable[StoredSecret]) -> None:
        self._connection.execute(
            insert(client_secrets),
            [_secret_values(client_id, secret) for secret in secrets],
        )


def _secret_values(client_id: str, secret: StoredSecret) -> Mapping[str, Any]:
    return {
        "secret_id": secret.secret_id,
        "client_id": client_id,
        "salt": secret.salt,
        "digest": secret.digest,
        "created_at": secret.created_at,
        "expires_at": secret.expires_at,
    }


def _one(rows: Sequence[Row[Any]]) -> Client | None:
    return _client(rows) if rows else None


def _client(rows: Sequence[Row[Any]]) -> Client:
    """Build a client from its rows, one for each secret (one without, where it has none)."""
    first = rows[0]
    return Client(
        name=first.name,
        principal=Principal(
            client_id=first.client_id,
            roles=frozenset(ClientRole(role) for role in first.roles),
            provider_ids=frozenset(first.provider_ids),
            wmis=frozenset(first.wmis),
            operator_ids=frozenset(first.operator_ids),
        ),
        created_at=first.created_at,
        withdrawn_at=first.withdrawn_at,
        secrets=tuple(_secret(row) for row in rows if row.secret_id is not None),
    )


def _secret(row: Row[Any]) -> StoredSecret:
    return StoredSecret(row.secret_id, row.salt, row.digest, row.secret_created_at, row.expires_at)
