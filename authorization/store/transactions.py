"""What stations told of their transactions, in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update
from sqlalchemy import Row as ResultRow

from authorization.model.cost import Cost
from authorization.model.ocpp_version import OcppVersion
from authorization.model.transaction import Transaction
from authorization.store.tables import transactions
from foundation.database import Database

AnyRow = ResultRow[*tuple[Any, ...]]


class SqlTransactionReader:
    """`TransactionReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, station_id: str, key: str) -> Transaction | None:
        """Return what is known of a transaction."""
        with self._database.read() as connection:
            return SqlTransactionRepository(connection).find(station_id, key)

    def started_by(self, station_id: str, start_hash: str) -> Transaction | None:
        """Return the transaction that a StartTransaction (OCPP 1.6) began."""
        with self._database.read() as connection:
            return SqlTransactionRepository(connection).started_by(station_id, start_hash)


class SqlTransactionRepository:
    """`TransactionRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, station_id: str, key: str) -> Transaction | None:
        """Return what is known of a transaction."""
        return self._one(_named(station_id, key))

    def started_by(self, station_id: str, start_hash: str) -> Transaction | None:
        """Return the transaction that a StartTransaction (OCPP 1.6) began."""
        return self._one(
            (transactions.c.station_id == station_id) & (transactions.c.start_hash == start_hash)
        )

    def put(self, transaction: Transaction, now: datetime, start_hash: str | None = None) -> None:
        """Store what is known; `start_hash` is that of the StartTransaction that it began with."""
        cost = transaction.cost
        values: dict[str, Any] = {
            "first_at": transaction.first_at,
            "last_at": transaction.last_at,
            "started_at": transaction.started_at,
            "ended_at": transaction.ended_at,
            "seq_no": transaction.seq_no,
            "evse": transaction.evse,
            "register_first_wh": transaction.register_first_wh,
            "register_last_wh": transaction.register_last_wh,
            "cost_currency": None if cost is None else cost.currency,
            "cost_minor": None if cost is None else cost.minor,
            "session_id": transaction.session_id,
            "heard_at": now,
        }
        if start_hash is not None:
            values["start_hash"] = start_hash
        named = _named(transaction.station_id, transaction.key)
        changed = self._connection.execute(update(transactions).where(named).values(**values))
        if changed.rowcount == 0:
            self._connection.execute(
                insert(transactions).values(
                    station_id=transaction.station_id,
                    transaction_key=transaction.key,
                    version=transaction.version.value,
                    **values,
                )
            )

    def has_session(self, session_id: str) -> bool:
        """Whether a transaction has this session."""
        found = self._connection.scalar(
            select(exists().where(transactions.c.session_id == session_id))
        )
        return bool(found)

    def forget(self, heard_before: datetime) -> None:
        """Delete transactions of which nothing was heard since."""
        self._connection.execute(delete(transactions).where(transactions.c.heard_at < heard_before))

    def _one(self, named: ColumnElement[bool]) -> Transaction | None:
        row = self._connection.execute(select(transactions).where(named)).first()
        return None if row is None else _transaction(row)


def _named(station_id: str, key: str) -> ColumnElement[bool]:
    return (transactions.c.station_id == station_id) & (transactions.c.transaction_key == key)


def _transaction(row: AnyRow) -> Transaction:
    return Transaction(
        station_id=row.station_id,
        key=row.transaction_key,
        version=OcppVersion(row.version),
        first_at=row.first_at,
        last_at=row.last_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seq_no=row.seq_no,
        evse=row.evse,
        register_first_wh=row.register_first_wh,
        register_last_wh=row.register_last_wh,
        cost=None if row.cost_currency is None else Cost(row.cost_currency, row.cost_minor),
        session_id=row.session_id,
    )
