"""Webhooks on either database."""

import pytest

from foundation.database import Database
from tests.participants.assembly import Time
from tests.participants.webhooks.assembly import Webhooks


@pytest.fixture
def webhooks(database: Database, time: Time) -> Webhooks:
    return Webhooks(database, time)
