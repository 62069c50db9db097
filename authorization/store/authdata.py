"""What hubs have of our contracts, in the database; nothing of it in clear."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy import Row as ResultRow

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.authdata import AuthdataRecord, Card
from authorization.operations.authdata_ports import HubState
from authorization.store.authdata_tables import authdata, authdata_records
from authorization.store.tables import tokens
from authorization.store.tokens import TokenVault
from foundation.database import Database
from foundation.many_rows import ManyRows, is_one_of
from foundation.outbox import outbox
from foundation.sealing import Sealer

AnyRow = ResultRow[*tuple[Any, ...]]

CHANGES = (
    "contract.created",
    "contract.suspended",
    "contract.resumed",
    "contract.terminated",
    "contract.term_changed",
    "access_token.added",
    "access_token.blocked",
    "access_token.unblocked",
    "access_token.removed",
)
"""Events after which a contract's records may be others."""

_insert_records = ManyRows(
    authdata_records,
    ("partner_id", "provider_id", "record_id", "contract_id", "sealed"),
    skip_existing=True,
)


class SqlAuthdata:
    """`authorization.operations.authdata_ports.AuthdataStore`."""

    def __init__(self, database: Database, vault: TokenVault, sealer: Sealer) -> None:
        self._database = database
        self._vault = vault
        self._sealer = sealer

    def cards(self, contract_ids: Collection[str]) -> Sequence[Card]:
        """Return the active RFID cards of these contracts."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(tokens.c.token_id, tokens.c.contract_id, tokens.c.uid_sealed)
                .where(
                    is_one_of(connection, tokens.c.contract_id, contract_ids),
                    tokens.c.kind == TokenKind.RFID.value,
                    tokens.c.status == TokenStatus.ACTIVE.value,
                )
                .order_by(tokens.c.token_id)
            ).all()
        return tuple(
            Card(row.token_id, row.contract_id, self._vault.open(row.token_id, row.uid_sealed).key)
            for row in rows
        )

    def changed(self, provider_id: str, since: datetime) -> Collection[str]:
        """Return the ids of the provider's contracts that something happened to since then."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(outbox.c.owners, outbox.c.subject).where(
                    outbox.c.occurred_at >= since, outbox.c.type.in_(CHANGES)
                )
            )
            return {
                row.subject["contract_id"]
                for row in rows
                if provider_id in row.owners and "contract_id" in row.subject
            }

    def state(self, partner_id: str, provider_id: str) -> HubState | None:
        """Return what is known of the hub's data, None where nothing was pushed yet."""
        with self._database.read() as connection:
            row = connection.execute(
                select(authdata.c.loaded_at, authdata.c.looked_at).where(
                    _is(authdata, partner_id, provider_id)
                )
            ).first()
        return None if row is None else HubState(row.loaded_at, row.looked_at)

    def known(
        self, partner_id: str, provider_id: str, contract_ids: Collection[str]
    ) -> Sequence[AuthdataRecord]:
        """Return what the hub has of these contracts."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(authdata_records).where(
                    _is(authdata_records, partner_id, provider_id),
                    is_one_of(connection, authdata_records.c.contract_id, contract_ids),
                )
            ).all()
        return tuple(self._record(row) for row in rows)

    def loaded(
        self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord], at: datetime
    ) -> None:
        """Keep that the hub has these records and no others."""
        with self._database.write() as connection:
            connection.execute(
                delete(authdata_records).where(_is(authdata_records, partner_id, provider_id))
            )
            _insert_records.insert(connection, self._rows(partner_id, provider_id, records))
            _put(connection, partner_id, provider_id, {"loaded_at": at, "looked_at": at})
            connection.commit()

    def added(self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord]) -> None:
        """Keep that the hub has these records, too."""
        with self._database.write() as connection:
            _insert_records.insert(connection, self._rows(partner_id, provider_id, records))
            connection.commit()

    def removed(self, partner_id: str, provider_id: str, record_ids: Collection[str]) -> None:
        """Keep that the hub has these records no more."""
        with self._database.write() as connection:
            connection.execute(
                delete(authdata_records).where(
                    _is(authdata_records, partner_id, provider_id),
                    is_one_of(connection, authdata_records.c.record_id, record_ids),
                )
            )
            connection.commit()

    def looked(self, partner_id: str, provider_id: str, at: datetime, *, stale: bool) -> None:
        """Keep until when was looked; `stale`: nobody knows what the hub has, load it anew."""
        values: dict[str, datetime | None] = {"looked_at": at}
        if stale:
            values["loaded_at"] = None
        with self._database.write() as connection:
            _put(connection, partner_id, provider_id, values)
            connection.commit()

    def _rows(
        self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord]
    ) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "partner_id": partner_id,
                "provider_id": provider_id,
                "record_id": record.record_id,
                "contract_id": record.contract_id,
                "sealed": self._sealer.seal(
                    orjson.dumps(record.identification), _context(partner_id, record.record_id)
                ),
            }
            for record in records
        ]

    def _record(self, row: AnyRow) -> AuthdataRecord:
        opened = self._sealer.open(row.sealed, _context(row.partner_id, row.record_id))
        return AuthdataRecord(row.record_id, row.contract_id, orjson.loads(opened))


def _is(table: Any, partner_id: str, provider_id: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = (table.c.partner_id == partner_id) & (
        table.c.provider_id == provider_id
    )
    return condition


def _put(
    connection: Connection, partner_id: str, provider_id: str, values: Mapping[str, Any]
) -> None:
    changed = connection.execute(
        update(authdata).where(_is(authdata, partner_id, provider_id)).values(values)
    ).rowcount
    if not changed:
        connection.execute(
            insert(authdata).values(partner_id=partner_id, provider_id=provider_id, **values)
        )


def _context(partner_id: str, record_id: str) -> str:
    return f"authorization.authdata:{partner_id}:{record_id}"
