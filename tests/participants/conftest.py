"""Participants on either database."""

from datetime import datetime

import pytest

from foundation.database import Database
from tests.participants.assembly import Participants, Process, Time


@pytest.fixture
def time(now: datetime) -> Time:
    return Time(now)


@pytest.fixture
def participants(database: Database, time: Time) -> Participants:
    return Participants(database, time)


@pytest.fixture
def process(participants: Participants) -> Process:
    return participants.process()
