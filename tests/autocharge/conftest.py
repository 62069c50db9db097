"""Autocharge on either database."""

from datetime import datetime

import pytest

from foundation.database import Database
from tests.autocharge.assembly import Autocharge


@pytest.fixture
def autocharge(database: Database, now: datetime) -> Autocharge:
    return Autocharge(database, now)
