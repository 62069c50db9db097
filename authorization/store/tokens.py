"""RFID cards and app accounts in the database: uids as keyed hash and ciphertext only."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.exc import IntegrityError

from authorization.model.access_token import AccessToken, TokenKind, TokenStatus, TokenUid
from authorization.operations.ports import ListedToken
from authorization.store.tables import peppers, tokens
from authorization.store.token_announcements import announce
from foundation.clock import Clock
from foundation.database import Database, Row
from foundation.errors import Kind, ServiceError
from foundation.many_rows import is_one_of
from foundation.sealing import KeyedHash, Sealer

AnyRow = ResultRow[*tuple[Any, ...]]

_KEY_ID = "1"
_PEPPER_CONTEXT = f"authorization.pepper:{_KEY_ID}"

_columns = (
    tokens.c.token_id,
    tokens.c.kind,
    tokens.c.contract_id,
    tokens.c.provider_id,
    tokens.c.status,
    tokens.c.created_at,
)
_find = select(*_columns).where(tokens.c.uid_hash == bindparam("uid_hash"))
_insert_pepper = insert(peppers)


def open_token_hash(database: Database, sealer: Sealer, clock: Clock) -> KeyedHash:
    """Return the look-up hash of this database, with its pepper made if there is none."""
    stored = _stored_pepper(database)
    if stored is None:
        sealed = sealer.seal(secrets.token_bytes(32), _PEPPER_CONTEXT)
        values = {"key_id": _KEY_ID, "sealed": sealed, "created_at": clock()}
        with suppress(IntegrityError):  # another process was faster: its pepper counts
            database.append(Row(_insert_pepper, values))
        stored = _stored_pepper(database)
        if stored is None:
            raise ServiceError(
                Kind.UNAVAILABLE, "pepper_missing", "the look-up key could not be stored"
            )
    return KeyedHash(sealer.open(stored, _PEPPER_CONTEXT))


def _stored_pepper(database: Database) -> bytes | None:
    with database.read() as connection:
        sealed: bytes | None = connection.scalar(
            select(peppers.c.sealed).where(peppers.c.key_id == _KEY_ID)
        )
    return sealed


class TokenVault:
    """Hashes and seals uids; equal uids of two kinds are two tokens."""

    def __init__(self, keyed_hash: KeyedHash, sealer: Sealer) -> None:
        self._keyed_hash = keyed_hash
        self._sealer = sealer

    def digest(self, kind: TokenKind, uid: TokenUid) -> bytes:
        """Return the 32 bytes that a token is looked up by."""
        return self._keyed_hash.digest(f"authorization.token:{kind.value}", uid.key)

    def member_digest(self, kind: str, key: str) -> bytes:
        """Return the 32 bytes that a member of an access group is looked up by."""
        return self._keyed_hash.digest(f"authorization.member:{kind}", key)

    def seal(self, token_id: str, uid: TokenUid) -> bytes:
        """Return the uid encrypted for this token and no other."""
        return self._sealer.seal(uid.key.encode(), f"authorization.token:{token_id}")

    def open(self, token_id: str, sealed: bytes) -> TokenUid:
        """Return what `seal` sealed; UNAVAILABLE where it does not fit."""
        opened = self._sealer.open(sealed, f"authorization.token:{token_id}")
        return TokenUid.parse(opened.decode())


class SqlTokens:
    """`TokenFinder` and `TokenReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, vault: TokenVault) -> None:
        self._database = database
        self._vault = vault

    def find(self, kind: TokenKind, uid: TokenUid) -> AccessToken | None:
        """Return the token of that kind with this uid; sees what is committed by now."""
        digest = self._vault.digest(kind, uid)
        rows = self._database.fetch(_find, {"uid_hash": digest})
        return _token(rows[0]) if rows else None

    def of_contract(self, contract_id: str) -> tuple[ListedToken, ...]:
        """Return the contract's tokens, oldest first."""
        statement = (
            select(*_columns, tokens.c.uid_sealed)
            .where(tokens.c.contract_id == contract_id)
            .order_by(tokens.c.created_at, tokens.c.token_id)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            ListedToken(_token(row), self._vault.open(row.token_id, row.uid_sealed).masked)
            for row in rows
        )

    def cards_of(self, contract_ids: Collection[str]) -> Sequence[AccessToken]:
        """Return the RFID cards of the contracts with these random ids."""
        if not contract_ids:
            return ()
        with self._database.read() as connection:
            which = is_one_of(connection, tokens.c.contract_id, contract_ids)
            rows = connection.execute(
                select(*_columns)
                .where(which, tokens.c.kind == TokenKind.RFID.value)
                .order_by(tokens.c.token_id)
            ).all()
        return [_token(row) for row in rows]

    def uids_of(self, token_ids: Collection[str]) -> Mapping[str, TokenUid]:
        """Return the uids of the tokens with these random ids; there may be fewer."""
        if not token_ids:
            return {}
        with self._database.read() as connection:
            which = is_one_of(connection, tokens.c.token_id, token_ids)
            rows = connection.execute(
                select(tokens.c.token_id, tokens.c.uid_sealed).where(which)
            ).all()
        return {row.token_id: self._vault.open(row.token_id, row.uid_sealed) for row in rows}


class SqlTokenRepository:
    """`TokenRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, vault: TokenVault) -> None:
        self._connection = connection
        self._vault = vault

    def add(self, token: AccessToken, uid: TokenUid) -> None:
        """Store a new token; CONFLICT where its kind and uid are registered already."""
        try:
            self._connection.execute(
                insert(tokens).values(
                    token_id=token.token_id,
                    kind=token.kind.value,
                    uid_hash=self._vault.digest(token.kind, uid),
                    uid_sealed=self._vault.seal(token.token_id, uid),
                    contract_id=token.contract_id,
                    provider_id=token.provider_id,
                    status=token.status.value,
                    created_at=token.created_at,
                    changed_at=token.created_at,
                )
            )
        except IntegrityError as failure:
            raise ServiceError(
                Kind.CONFLICT,
                "token_taken",
                "this token is registered already; its provider has to remove it first",
            ) from failure
        announce(self._connection, token.token_id, token.created_at, valid=True)

    def lock(self, token_id: str) -> AccessToken | None:
        """Return the token and keep others from changing it until the unit of work ends."""
        row = self._connection.execute(
            select(*_columns).where(tokens.c.token_id == token_id).with_for_update()
        ).first()
        return None if row is None else _token(row)

    def set_status(self, token_id: str, status: TokenStatus, now: datetime) -> None:
        """Store the token's new status."""
        self._connection.execute(
            update(tokens)
            .where(tokens.c.token_id == token_id)
            .values(status=status.value, changed_at=now)
        )
        announce(self._connection, token_id, now, valid=status is TokenStatus.ACTIVE)

    def remove(self, token_id: str, now: datetime) -> None:
        """Delete the token with everything that could recognise it again.

        Its sealed uid waits in the queue until the partners that know it are told, a week at most.
        """
        announce(self._connection, token_id, now, valid=False)
        self._connection.execute(delete(tokens).where(tokens.c.token_id == token_id))


def _token(row: AnyRow) -> AccessToken:
    return AccessToken(
        row.token_id,
        TokenKind(row.kind),
        row.contract_id,
        row.provider_id,
        TokenStatus(row.status),
        row.created_at,
    )
