"""The provisioning pool over either database."""

import datetime as dt

import pytest

from foundation.database import Database
from tests.contract_service.pools.manufacturer import VehiclePool


@pytest.fixture
def pool(database: Database, now: dt.datetime) -> VehiclePool:
    return VehiclePool(database, now)
