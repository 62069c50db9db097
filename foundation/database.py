"""One way to the database: SQLite (embedded default) and PostgreSQL through psycopg 3.

Reads run on AUTOCOMMIT connections. Writes run in explicit transactions, on SQLite begun
IMMEDIATE behind a file lock: two processes that write otherwise starve each other for seconds.
`append` commits the rows of all waiting threads in one transaction (group commit).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Insert,
    MetaData,
    Select,
    Update,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from foundation.batches import settle
from foundation.errors import Kind, ServiceError
from foundation.lookup import Lookup
from foundation.prepared import Prepared, prepare, translated
from foundation.write_lock import WriteLock, create_private

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of every context; each context's `store/tables.py` adds its own."""

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # what was answered must survive a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",  # milliseconds
    "PRAGMA cache_size=-512",  # KiB a connection: the system's own cache serves them all
    "PRAGMA wal_autocheckpoint=8000",  # pages: 32 MiB, so that few commits pay for a checkpoint
    "PRAGMA secure_delete=ON",  # what was erased must not stay in free pages
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it naive in UTC. Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what the database kept into an aware UTC datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One row for `Database.append`: a prebuilt insert or update and its parameters."""

    statement: Insert | Update
    values: Mapping[str, Any]


class _Pending:
    """One caller's work on its way into a shared transaction: statements, each with values."""

    __slots__ = ("done", "error", "work")

    def __init__(self, work: Sequence[tuple[Prepared, Any]]) -> None:
        self.work = work
        self.done = False
        self.error: BaseException | None = None


class Database:
    """Connections to one database, given by its SQLAlchemy URL (SQLite file or PostgreSQL)."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        parsed = _parse_url(url)
        self.url = parsed
        self.dialect = parsed.get_backend_name()
        self._write_lock: WriteLock | None = None
        if self.dialect == "sqlite":
            file = parsed.database or ""
            create_private(Path(file))
            self._write_lock = WriteLock(Path(file + ".lock"))
        self._writer = self._engine(pool_size, autocommit=False)
        self._reader = self._engine(pool_size, autocommit=True)
        self._idle_readers: list[Connection] = []
        self._appender: Any = None
        self._appending: Any = None
        self._begin = "BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN"
        self._queue: list[_Pending] = []
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def _engine(self, pool_size: int, *, autocommit: bool) -> Engine:
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": 10,
            "pool_pre_ping": True,  # one that the server dropped is not handed out again
            "hide_parameters": True,  # an error's text is no place for what a row holds
            "json_serializer": lambda value: orjson.dumps(value).decode(),
            "json_deserializer": orjson.loads,
        }
        if autocommit:
            # nothing is open on such a connection, so nothing needs rolling back on its return
            options |= {
                "isolation_level": "AUTOCOMMIT",
                "pool_reset_on_return": None,
                "max_overflow": -1,  # as many as threads that read at once
            }
        if self.dialect == "postgresql":
            options["connect_args"] = {
                "connect_timeout": 5,
                "options": "-c timezone=UTC -c statement_timeout=30000"
                # a machine that vanished must not keep what it locked
                " -c idle_in_transaction_session_timeout=10000"
                # one row that somebody holds must not hold up all who share a commit
                + (" -c lock_timeout=1000" if autocommit else ""),
            }
        else:
            options["connect_args"] = {"check_same_thread": False}
        engine = create_engine(self.url, **options)
        if self.dialect == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            if not autocommit:
                event.listen(engine, "begin", _begin_immediate)
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for reading; every statement sees what is committed by then.

        Connections are kept open from one read to the next, as many as were ever in use at once:
        taking one from SQLAlchemy's pool costs more than a look-up by key. An error closes its.
        """
        try:
            connection = self._idle_readers.pop()  # one thread's alone, whatever the others do
        except IndexError:
            connection = self._reader.connect()
        try:
            yield connection
        except BaseException as failure:
            _discard(connection)
            if isinstance(failure, DBAPIError):
                self._close_idle_readers()  # the server may have gone, and they with it
            raise
        self._idle_readers.append(connection)

    def _close_idle_readers(self) -> None:
        with suppress(IndexError):
            while True:
                _discard(self._idle_readers.pop())

    def fetch(self, statement: Select[Any], values: Mapping[str, Any]) -> list[Any]:
        """Run a prebuilt select of a hot path; return its rows as named tuples.

        `statement` is a module's constant: it is prepared once and remembered for good.
        Raises SQLAlchemy's errors, as `read` does.
        """
        prepared = prepare(statement, self._reader.dialect)
        with self.read() as connection, translated(self._reader.dialect):
            raw: Any = connection.connection.driver_connection
            found = raw.execute(prepared.sql, prepared.parameters(values)).fetchall()
        return [prepared.row(row) for row in found]

    def fetch_together(self, *lookups: Lookup[Any]) -> list[Any]:
        """Answer several look-ups of a hot path at once; return what each of them reads.

        Their statements are modules' constants. PostgreSQL is asked in one journey: whoever holds
        up a batch of jobs waits for it once. Each may see a later state than the one before it.
        """
        work = [(prepare(lookup.statement, self._reader.dialect), lookup) for lookup in lookups]
        with self.read() as connection, translated(self._reader.dialect):
            raw: Any = connection.connection.driver_connection
            in_one_go = raw.pipeline() if self.dialect == "postgresql" else nullcontext()
            with in_one_go:
                asked = [raw.execute(to.sql, to.parameters(one.values)) for to, one in work]
                found = [cursor.fetchall() for cursor in asked]
        return [
            one.read([to.row(row) for row in rows])
            for (to, one), rows in zip(work, found, strict=True)
        ]

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction; without `commit()` everything is undone."""
        if self._write_lock is None:
            with self._writer.connect() as connection:
                yield connection
        else:
            with self._write_lock, self._writer.connect() as connection:
                yield connection

    def append(self, *rows: Row) -> None:
        """Execute all `rows` or none, durable on return, in a transaction shared with others.

        The first of the waiting threads leads: it commits what all have queued; jobs of one batch
        (`foundation.batches`) wait as one. Where the shared transaction fails, each caller's rows
        are tried alone, so that nobody fails for another.
        Raises SQLAlchemy's error (IntegrityError …) of this caller's own rows, ValueError and
        KeyError for values that cannot be stored.
        """
        dialect = self._reader.dialect
        prepared = [(prepare(row.statement, dialect, row.values), row.values) for row in rows]
        pending = _Pending([(to, to.parameters(values)) for to, values in prepared])
        settle(self._commit_together, pending)
        if pending.error is not None:
            raise pending.error

    def _commit_together(self, pendings: Sequence[_Pending]) -> None:
        with self._queue_lock:
            self._queue.extend(pendings)  # at once: whoever takes one of them takes all
        with self._commit_lock:
            if not pendings[0].done:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._lead(batch)

    def _lead(self, batch: list[_Pending]) -> None:
        try:
            self._commit([pending.work for pending in batch])
        except SQLAlchemyError as failure:
            if len(batch) == 1:
                batch[0].error = failure
            else:
                for pending in batch:
                    try:
                        self._commit([pending.work])
                    except SQLAlchemyError as own:
                        pending.error = own
        except BaseException as failure:  # noqa: BLE001 - raised again in every caller
            for pending in batch:
                pending.error = failure
        finally:
            for pending in batch:
                pending.done = True

    def _commit(self, works: Sequence[Sequence[tuple[Prepared, Any]]]) -> None:
        together: dict[tuple[int, Prepared], list[Any]] = {}
        for work in works:
            for position, (prepared, parameters) in enumerate(work):
                together.setdefault((position, prepared), []).append(parameters)
        # by position: each caller's rows are stored in the order that it gave
        in_order = sorted(together.items(), key=lambda item: item[0][0])
        with self._write_lock or nullcontext():
            self._execute_together([(prepared, rows) for (_, prepared), rows in in_order])

    def _execute_together(self, work: Sequence[tuple[Prepared, list[Any]]]) -> None:
        raw = self._appender
        if raw is None:
            with translated(self._reader.dialect):  # SQLAlchemy hands on the driver's error here
                self._appending = self._reader.raw_connection()
            raw = self._appender = self._appending.driver_connection
        # psycopg sends the whole transaction at once: one journey instead of four
        in_one_go = raw.pipeline() if self.dialect == "postgresql" else nullcontext()
        try:
            with translated(self._reader.dialect), in_one_go:
                raw.execute(self._begin)
                for prepared, parameters in work:
                    if len(parameters) == 1:
                        raw.execute(prepared.sql, parameters[0])
                    else:
                        raw.cursor().executemany(prepared.sql, parameters)
                raw.execute("COMMIT")
        except BaseException:
            self._appender = None
            self._appending.invalidate()  # closes it: what was begun is undone
            raise

    def close(self) -> None:
        """Close every connection that is not in use."""
        while self._idle_readers:
            _discard(self._idle_readers.pop())
        if self._appender is not None:
            self._appending.close()
            self._appender = None
        self._writer.dispose()
        self._reader.dispose()
        if self._write_lock is not None:
            self._write_lock.close()


def _discard(connection: Connection) -> None:
    """Close a connection for good; one that is lost cannot even be closed in good order."""
    with suppress(SQLAlchemyError):
        connection.invalidate()
    with suppress(SQLAlchemyError):
        connection.close()


def _parse_url(url: str) -> URL:
    """Return the URL with the driver that is used; INVALID `bad_database_url` for another kind."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    # an in-memory database cannot be shared among threads and processes
    if (
        parsed is None
        or parsed.get_backend_name() != "sqlite"
        or parsed.database in {None, "", ":memory:"}
    ):
        raise ServiceError(
            Kind.INVALID,
            "bad_database_url",
            "write the database as sqlite:////path/to/file or postgresql://user@host/name",
        )
    return parsed


def _prepare_sqlite(dbapi_connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    dbapi_connection.isolation_level = None  # SQLAlchemy, not sqlite3, says when to begin
    cursor = dbapi_connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
