"""Contracts on either database."""

from datetime import datetime

import pytest

from foundation.database import Database
from tests.contract_service.assembly import Contracts


@pytest.fixture
def contracts(database: Database, now: datetime) -> Contracts:
    return Contracts(database, now)
