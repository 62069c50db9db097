"""The decision's surroundings on a real database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from authorization.operations.add_token import AddToken
from authorization.operations.change_token import ChangeToken
from authorization.operations.end_session import EndSession
from authorization.operations.list_stations import ListStations
from authorization.operations.list_tokens import ListTokens
from authorization.operations.register_station import RegisterStation
from authorization.operations.show_session import ShowSession
from authorization.operations.start_session import StartSession
from authorization.store.decisions import SqlDecisionLog
from authorization.store.sessions import SqlSessionReader
from authorization.store.stations import SqlStationDirectory, SqlStationReader
from authorization.store.tokens import SqlTokens, TokenVault, open_token_hash
from authorization.store.unit_of_work import OpenSqlUnitOfWork
from foundation.database import Database
from foundation.sealing import Sealer
from tests.authorization.fakes import FakeContracts
from tests.databases import OUTBOX


@dataclass
class Kept:
    """Everything around the decision that is kept in a database."""

    database: Database
    contracts: FakeContracts
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.sealer = Sealer(b"k" * 32)
        vault = TokenVault(open_token_hash(self.database, self.sealer, self.clock), self.sealer)
        work = OpenSqlUnitOfWork(self.database, vault, OUTBOX)
        self.decisions = SqlDecisionLog(self.database, self.sealer)
        self.tokens = SqlTokens(self.database, vault)
        self.directory = SqlStationDirectory(self.database)
        self.register_station = RegisterStation(work, self.clock)
        self.list_stations = ListStations(SqlStationReader(self.database))
        self.add_token = AddToken(self.contracts, work, self.clock)
        self.list_tokens = ListTokens(self.contracts, self.tokens)
        self.change_token = ChangeToken(self.contracts, work, self.clock)
        self.start_session = StartSession(self.decisions, work, self.clock)
        self.end_session = EndSession(work, self.clock)
        self.show_session = ShowSession(SqlSessionReader(self.database))


@pytest.fixture
def kept(database: Database, clock: Callable[[], datetime]) -> Kept:
    return Kept(database, FakeContracts(), clock)
