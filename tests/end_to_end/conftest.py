"""Services that are started once for all tests that abuse them, on either database."""

from collections.abc import Iterator

import pytest

from foundation.database import Database
from tests.databases import temporary_postgresql_database
from tests.end_to_end.abuse import Abused
from tests.end_to_end.service import Service
from tests.end_to_end.world import World, make_world


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(kind, marks=pytest.mark.xdist_group(f"bad-input-{kind}"))
        for kind in ("sqlite", "postgresql")
    ],
)
def abused(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Abused]:
    home = tmp_path_factory.mktemp("abused")
    if request.param == "sqlite":
        yield from _started(Service(home), f"sqlite:///{home / 'evtrust.sqlite'}")
    else:
        server_url: str = request.getfixturevalue("postgresql_server_url")
        with temporary_postgresql_database(server_url) as url:
            yield from _started(Service(home, url), url)


def _started(service: Service, url: str) -> Iterator[Abused]:
    service.initialise()
    database = Database(url)
    try:
        with service.serving():
            abused = Abused(service, database)
            yield abused
            abused.assert_nothing_leaked()
    finally:
        database.close()


@pytest.fixture(scope="session")
def world(abused: Abused, tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(abused, tmp_path_factory.mktemp("world"))
