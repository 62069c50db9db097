"""Our tokens as partners are told of them: page by page, and change by change."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy import Row as ResultRow

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.published_token import PublishedToken
from authorization.operations.publishing_ports import Push, TokenPage
from authorization.store.ocpi_tables import token_pushes
from authorization.store.tables import tokens
from authorization.store.tokens import TokenVault
from foundation.database import Database

AnyRow = ResultRow[*tuple[Any, ...]]

LEASE = timedelta(minutes=1)


class SqlPushQueue:
    """`PushQueue`: a push that is claimed is due again when its lease has run out."""

    def __init__(self, database: Database, vault: TokenVault) -> None:
        self._database = database
        self._vault = vault

    def claim(self, limit: int, now: datetime) -> Sequence[Push]:
        """Claim up to `limit` pushes that are due, for a minute."""
        due = (
            select(token_pushes)
            .where(token_pushes.c.next_attempt_at <= now)
            .order_by(token_pushes.c.next_attempt_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(due).all()
        if not rows:
            return ()
        with self._database.write() as connection:
            claimed = [
                row
                for row in rows
                if connection.execute(
                    update(token_pushes)
                    .where(_same(row), token_pushes.c.next_attempt_at == row.next_attempt_at)
                    .values(next_attempt_at=now + LEASE, attempts=row.attempts + 1)
                ).rowcount
                == 1
            ]
            connection.commit()
        return [Push(row.partner_id, self._published(row), row.attempts + 1) for row in claimed]

    def done(self, push: Push) -> None:
        """Take the push off, unless the token has changed since."""
        with self._database.write() as connection:
            connection.execute(delete(token_pushes).where(_unchanged(push)))
            connection.commit()

    def again(self, push: Push, at: datetime) -> None:
        """Try again then."""
        with self._database.write() as connection:
            connection.execute(
                update(token_pushes).where(_unchanged(push)).values(next_attempt_at=at)
            )
            connection.commit()

    def _published(self, row: AnyRow) -> PublishedToken:
        return _published(row, self._vault, valid=row.valid)


class SqlOwnTokens:
    """`OwnTokenReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, vault: TokenVault) -> None:
        self._database = database
        self._vault = vault

    def page(
        self,
        provider_ids: Collection[str],
        since: datetime | None,
        until: datetime | None,
        offset: int,
        limit: int,
    ) -> TokenPage:
        """Return tokens of these providers that changed from `since` on and before `until`."""
        matching: list[ColumnElement[bool]] = [tokens.c.provider_id.in_(sorted(provider_ids))]
        if since is not None:
            matching.append(tokens.c.changed_at >= since)
        if until is not None:
            matching.append(tokens.c.changed_at < until)
        some = (
            select(tokens)
            .where(*matching)
            .order_by(tokens.c.created_at, tokens.c.token_id)
            .offset(offset)
            .limit(limit)
        )
        with self._database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(tokens).where(*matching))
            rows = connection.execute(some).all()
        return TokenPage(
            total or 0,
            [_published(row, self._vault, valid=row.status == TokenStatus.ACTIVE) for row in rows],
        )


def _same(row: AnyRow) -> ColumnElement[bool]:
    return and_(
        token_pushes.c.partner_id == row.partner_id, token_pushes.c.token_id == row.token_id
    )


def _unchanged(push: Push) -> ColumnElement[bool]:
    return and_(
        token_pushes.c.partner_id == push.partner_id,
        token_pushes.c.token_id == push.token.token_id,
        token_pushes.c.changed_at == push.token.changed_at,
    )


def _published(row: AnyRow, vault: TokenVault, *, valid: bool) -> PublishedToken:
    return PublishedToken(
        row.token_id,
        TokenKind(row.kind),
        vault.open(row.token_id, row.uid_sealed).key,
        row.contract_id,
        row.provider_id,
        valid,
        row.changed_at,
    )
