"""An installation for each test, on either database; its ceremony is held once a session."""

from pathlib import Path

import pytest

from foundation.database import Database
from tests.databases import copy_sqlite
from tests.pki.status.installation import Installation, Snapshot, restore, snapshot


@pytest.fixture(scope="session")
def after_ceremony(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[bytes, Snapshot]:
    """The key that seals its keys, and every row that a ceremony leaves."""
    url = copy_sqlite(sqlite_template, tmp_path_factory.mktemp("ceremony") / "evtrust.sqlite")
    database = Database(url)
    installation = Installation(database)
    installation.found()
    rows = snapshot(database)
    database.close()
    return installation.sealing_key, rows


@pytest.fixture
def installed(database: Database, after_ceremony: tuple[bytes, Snapshot]) -> Installation:
    sealing_key, rows = after_ceremony
    restore(database, rows)
    return Installation(database, sealing_key=sealing_key)
