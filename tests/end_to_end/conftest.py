"""Services to start, on either database, and two that are started once for all who abuse them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.database import Database
from tests.end_to_end.abuse import Abused
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.world import World, make_world


@pytest.fixture(scope="session")
def demonstrations(postgresql_server_url: str, testrun_uid: str) -> Iterator[Demonstrations]:
    folder = Path(tempfile.gettempdir()) / "evtrust-demonstrations" / testrun_uid
    folder.mkdir(parents=True, exist_ok=True)
    made = Demonstrations(folder, postgresql_server_url)
    yield made
    made.forget()


@pytest.fixture(scope="session", params=on_either_database("bad-input"))
def abused(
    request: pytest.FixtureRequest,
    demonstrations: Demonstrations,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Abused]:
    with demonstrations.copied(request.param, tmp_path_factory.mktemp("abused")) as service:
        database = Database(service.environment["EVTRUST_DATABASE_URL"])
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
