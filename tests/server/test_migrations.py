"""One migration history gives exactly the tables of the code, on both databases."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from foundation.database import Database
from server.migrate import _config, differences, upgrade
from server.revision import current_revision, newest_revision
from tests.databases import temporary_postgresql_database


def test_the_history_makes_exactly_the_tables_of_the_code(database: Database) -> None:
    assert current_revision(database) == newest_revision()
    assert differences(database) == []


def test_the_newest_revision_is_alembics_head() -> None:
    assert newest_revision() == ScriptDirectory.from_config(_config()).get_current_head()


def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'evtrust.sqlite'}")
    assert current_revision(database) is None
    database.close()


def test_a_process_that_serves_does_without_alembic() -> None:
    """It is ten megabytes of memory in every worker."""
    check = "import sys, server.entry; sys.exit('alembic' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_down_and_up_again(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        _down_and_up(f"sqlite:///{tmp_path / 'evtrust.sqlite'}")
    else:
        server: str = request.getfixturevalue("postgresql_server_url")
        with temporary_postgresql_database(server) as url:
            _down_and_up(url)


def _down_and_up(url: str) -> None:
    database = Database(url)
    upgrade(database)
    with database.write() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert sa.inspect(database._reader).get_table_names() == ["alembic_version"]
    upgrade(database)
    assert differences(database) == []
    database.close()


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'evtrust.sqlite'}"
    databases = [Database(url) for _ in range(4)]
    failures: list[BaseException] = []

    def migrate(database: Database) -> None:
        try:
            upgrade(database)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert current_revision(databases[0]) == newest_revision()
    for database in databases:
        database.close()
