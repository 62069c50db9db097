"""Quarantines on either database."""

from collections.abc import Callable, Iterator

import pytest

from foundation.database import Database
from tests.autocharge.assembly import Autocharge
from tests.autocharge.quarantines.assembly import Quarantines


@pytest.fixture
def world(autocharge: Autocharge) -> Quarantines:
    return Quarantines(autocharge)


@pytest.fixture
def second_database(database: Database) -> Iterator[Callable[[], Database]]:
    """Open the same database again, with connections and locks of its own."""
    opened: list[Database] = []

    def open_again() -> Database:
        opened.append(Database(database.url.render_as_string(hide_password=False)))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()
