"""Authorities for the tests of issuing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.outbox import outbox
from pki.store.tables import anchors, authorities, certificates, keys, serial_reservations
from tests.conftest import NOW
from tests.databases import copy_sqlite
from tests.pki.issuing.house import House

TABLES = (keys, authorities, serial_reservations, certificates, anchors, outbox)
Snapshot = Mapping[sa.Table, Sequence[dict[str, Any]]]


@pytest.fixture
def house(database: Database, clock: Callable[[], datetime]) -> House:
    """The operations over an empty database."""
    return House(database, clock)


@pytest.fixture(scope="session")
def hierarchy(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The rows that one ceremony of ISO 15118-2 leaves, to begin many tests with."""
    path = tmp_path_factory.mktemp("hierarchy") / "hierarchy.sqlite"
    database = Database(copy_sqlite(sqlite_template, path))
    House(database, lambda: NOW).create()
    with database.read() as connection:
        rows = {
            table: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in TABLES
        }
    database.close()
    return rows


@pytest.fixture
def founded(house: House, hierarchy: Snapshot) -> House:
    """The operations over a database with one hierarchy of ISO 15118-2."""
    _restore(house.database, hierarchy)
    return house


@pytest.fixture
def elsewhere(sqlite_template: Path, tmp_path: Path, hierarchy: Snapshot) -> Iterator[House]:
    """Somebody else's authorities, on a database of their own."""
    database = Database(copy_sqlite(sqlite_template, tmp_path / "elsewhere.sqlite"))
    _restore(database, hierarchy)
    yield House(database, lambda: NOW)
    database.close()


def _restore(database: Database, snapshot: Snapshot) -> None:
    with database.write() as connection:
        for table, rows in snapshot.items():
            connection.execute(sa.insert(table), rows)
        connection.commit()
