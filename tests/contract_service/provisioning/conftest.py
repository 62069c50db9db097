"""Provisioning on either database."""

from datetime import datetime

import pytest

from foundation.database import Database
from tests.contract_service.provisioning.works import Works


@pytest.fixture
def works(database: Database, now: datetime) -> Works:
    return Works(database, now)
