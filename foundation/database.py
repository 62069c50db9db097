"""One way to the database: SQLite (embedded default) and PostgreSQL through psycopg 3.

Reads run on AUTOCOMMIT connections. Writes run in explicit transactions, on SQLite begun
IMMEDIATE behind a file lock: two processes that write otherwise starve each other for seconds.
`append` commits the rows of all waiting threads in one transaction (group commit).
"""

import fcntl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Insert,
    MetaData,
    Update,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

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
    """One caller's rows on their way into a shared transaction."""

    __slots__ = ("done", "error", "rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.done = False
        self.error: BaseException | None = None


class Database:
    """Connections to one database, given by its SQLAlchemy URL (SQLite file or PostgreSQL)."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.dialect = parsed.get_backend_name()
        self._write_lock: _WriteLock | None = None
        if self.dialect == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError("an in-memory SQLite database cannot be shared; name a file")
            self._write_lock = _WriteLock(Path(parsed.database + ".lock"))
        self._writer = self._engine(pool_size, autocommit=False)
        self._reader = self._engine(pool_size, autocommit=True)
        self._queue: list[_Pending] = []
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def _engine(self, pool_size: int, *, autocommit: bool) -> Engine:
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": 10,
            "json_serializer": lambda value: orjson.dumps(value).decode(),
            "json_deserializer": orjson.loads,
        }
        if autocommit:
            # nothing is open on such a connection, so nothing needs rolling back on its return
            options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
        if self.dialect == "postgresql":
            options["connect_args"] = {
                "connect_timeout": 5,
                "options": "-c timezone=UTC -c statement_timeout=30000",
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
        """Yield a connection for reading; every statement sees what is committed by then."""
        with self._reader.connect() as connection:
            yield connection

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

        The first of the waiting threads leads: it commits what all have queued. Where the shared
        transaction fails, each caller's rows are tried alone, so that nobody fails for another.
        Raises SQLAlchemy's error (IntegrityError …) of this caller's own rows.
        """
        pending = _Pending(rows)
        with self._queue_lock:
            self._queue.append(pending)
        with self._commit_lock:
            if not pending.done:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._lead(batch)
        if pending.error is not None:
            raise pending.error

    def _lead(self, batch: list[_Pending]) -> None:
        try:
            self._commit([row for pending in batch for row in pending.rows])
        except SQLAlchemyError as failure:
            if len(batch) == 1:
                batch[0].error = failure
            else:
                for pending in batch:
                    try:
                        self._commit(pending.rows)
                    except SQLAlchemyError as own:
                        pending.error = own
        except BaseException as failure:  # noqa: BLE001 - raised again in every caller
            for pending in batch:
                pending.error = failure
        finally:
            for pending in batch:
                pending.done = True

    def _commit(self, rows: Sequence[Row]) -> None:
        by_statement: dict[int, tuple[Insert | Update, list[Mapping[str, Any]]]] = {}
        for row in rows:
            by_statement.setdefault(id(row.statement), (row.statement, []))[1].append(row.values)
        with self.write() as connection:
            for statement, values in by_statement.values():
                connection.execute(statement, values)
            connection.commit()

    def close(self) -> None:
        """Close every pooled connection."""
        self._writer.dispose()
        self._reader.dispose()
        if self._write_lock is not None:
            self._write_lock.close()


class _WriteLock:
    """One writer at a time among the threads and processes of one machine (SQLite only)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread_lock = threading.Lock()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> None:
        self._thread_lock.acquire()
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX)
        except BaseException:
            self._thread_lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._opened(), fcntl.LOCK_UN)
        self._thread_lock.release()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab")
        return self._file

    def close(self) -> None:
        with self._thread_lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _prepare_sqlite(dbapi_connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    dbapi_connection.isolation_level = None  # SQLAlchemy, not sqlite3, says when to begin
    cursor = dbapi_connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
