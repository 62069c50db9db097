"""Authorities for the tests of issuing."""

from collections.abc import Callable
from datetime import datetime

import pytest

from foundation.database import Database
from tests.pki.issuing.house import House


@pytest.fixture
def house(database: Database, clock: Callable[[], datetime]) -> House:
    """The operations over an empty database."""
    return House(database, clock)


@pytest.fixture
def founded(house: House) -> House:
    """The operations over a database with one hierarchy of ISO 15118-2."""
    house.create()
    return house
