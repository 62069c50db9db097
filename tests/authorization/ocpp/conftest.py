"""The whole application with its authorities, once for all tests of OCPP on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.database import Database
from tests.authorization.ocpp.assembly import Csms, new_csms
from tests.databases import copy_sqlite, create_schema, temporary_postgresql_database
from tests.pki.est.assembly import found_authorities
from tests.server.assembly import Application


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """Tests share it: each uses a station of its own."""
    home = tmp_path_factory.mktemp("home")
    if request.param == "sqlite":
        url = copy_sqlite(request.getfixturevalue("sqlite_template"), home / "evtrust.sqlite")
        yield from _opened(url, home)
    else:
        server: str = request.getfixturevalue("postgresql_server_url")
        with temporary_postgresql_database(server) as url:
            create_schema(url)
            yield from _opened(url, home)


def _opened(url: str, home: Path) -> Iterator[Application]:
    database = Database(url)
    try:
        application = Application(database, home)
        found_authorities(application)
        yield application
    finally:
        database.close()


@pytest.fixture
def csms(application: Application) -> Csms:
    """A CSMS with a new station."""
    return new_csms(application)
