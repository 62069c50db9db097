"""The whole application, once a module on either database."""

from collections.abc import Iterator

import pytest

from tests.databases import database_of_its_own
from tests.server.assembly import Application


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    home = tmp_path_factory.mktemp("home")
    with database_of_its_own(request, home) as database:
        yield Application(database, home)
