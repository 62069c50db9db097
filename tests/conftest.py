"""Fixtures that every test may use: real databases, a clock that stands still."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from foundation.database import Database
from tests.databases import (
    copy_sqlite,
    create_schema,
    empty_all_tables,
    postgresql_server,
    temporary_postgresql_database,
)

# every run draws others: many runs of a suite that stays short find more than few long ones
settings.register_profile("suite", max_examples=40)
settings.load_profile("suite")

NOW = datetime(2026, 12, 1, tzinfo=UTC)
"""The present of every test that does not need another."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """The argument's name in place of bytes and long text: a certificate made for this run differs
    in each of its workers, and workers that collected other names refuse to start."""
    unnamed = isinstance(val, bytes) or (isinstance(val, str) and len(val) > 100)
    return argname if unnamed else None


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: NOW


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    create_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server_url(testrun_uid: str) -> Iterator[str]:
    # one server for all workers of a run, outside pytest's own folders: each run makes those
    # unreadable for others, and PostgreSQL runs as a user of its own
    folder = Path(tempfile.gettempdir()) / f"evtrust-{testrun_uid}"
    with postgresql_server(folder, durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server_url: str) -> Iterator[str]:
    with temporary_postgresql_database(postgresql_server_url) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    create_schema(postgresql_url)
    database = Database(postgresql_url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the present schema; each test runs once on either kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        opened = Database(copy_sqlite(template, tmp_path / "evtrust.sqlite"))
        yield opened
        opened.close()
    else:
        shared: Database = request.getfixturevalue("postgresql_database")
        yield shared
        empty_all_tables(shared)
