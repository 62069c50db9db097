"""The decision's surroundings on a real database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from authorization.operations.add_token import AddToken
from authorization.operations.change_token import ChangeToken
from authorization.operations.end_session import EndSession
from authorization.operations.list_access_methods import ListAccessMethods
from authorization.operations.list_stations import ListStations
from authorization.operations.register_station import RegisterStation
from authorization.operations.show_session import ShowSession
from authorization.operations.start_session import StartSession
from authorization.store.decisions import SqlDecisionLog, evcoid_digest, presented_digest
from authorization.store.session_policy import load_session_policy
from authorization.store.sessions import SqlSessionReader
from authorization.store.stations import SqlStationDirectory, SqlStationReader
from authorization.store.tokens import SqlTokens, TokenVault, open_token_hash
from authorization.store.unit_of_work import OpenSqlUnitOfWork
from autocharge.operations.list_enrolments import EnrolmentPage
from autocharge.store.identifier_vault import open_vault
from autocharge.store.traces import TraceRows
from foundation.database import Database
from foundation.sealing import Sealer
from tests.authorization.fakes import FakeContracts, FakeValidate
from tests.databases import OUTBOX


@dataclass
class Kept:
    """Everything around the decision that is kept in a database."""

    database: Database
    contracts: FakeContracts
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.sealer = Sealer(b"k" * 32)
        look_up_hash = open_token_hash(self.database, self.sealer, self.clock)
        self.digest = evcoid_digest(look_up_hash)
        vault = TokenVault(look_up_hash, self.sealer)
        work = OpenSqlUnitOfWork(self.database, vault, OUTBOX)
        identifiers = open_vault(self.database, self.sealer, self.clock)
        self.presented = presented_digest(look_up_hash)
        self.decisions = SqlDecisionLog(
            self.database,
            self.sealer,
            TraceRows(identifiers, OUTBOX),
            self.digest,
            self.presented,
        )
        self.tokens = SqlTokens(self.database, vault)
        self.directory = SqlStationDirectory(self.database)
        self.register_station = RegisterStation(work, self.clock)
        self.list_stations = ListStations(SqlStationReader(self.database))
        self.add_token = AddToken(self.contracts, work, self.clock)
        self.list_access_methods = ListAccessMethods(
            self.contracts,
            self.tokens,
            lambda _principal, _emaid: EnrolmentPage((), None),
            FakeValidate(),
            self.clock,
        )
        self.change_token = ChangeToken(self.contracts, work, self.clock)
        self.work = work
        self.policy = load_session_policy()
        self.start_session = StartSession(
            self.decisions, SqlStationReader(self.database), work, self.policy, self.clock
        )
        self.end_session = EndSession(work, self.clock)
        self.show_session = ShowSession(SqlSessionReader(self.database))


@pytest.fixture
def kept(database: Database, clock: Callable[[], datetime]) -> Kept:
    return Kept(database, FakeContracts(), clock)
