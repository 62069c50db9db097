"""The participants wired as `server` wires them, with a clock that tests move."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from foundation.database import Database
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from foundation.sealing import Sealer
from foundation.short_cache import ShortCache
from participants.operations.authenticate import Authenticate
from participants.operations.create_client import ClientCredentials, CreateClient
from participants.operations.issue_token import AccessToken, IssueToken
from participants.operations.list_clients import ListClients
from participants.operations.rotate_secret import RotateSecret
from participants.operations.rotate_token_key import RotateTokenKey
from participants.operations.withdraw_client import WithdrawClient
from participants.store.clients import SqlClientReader
from participants.store.token_keys import load_token_keys
from participants.store.unit_of_work import unit_of_work_opener
from participants.tokens import JoseTokenCodec
from tests.databases import OUTBOX

PUBLIC_URL = "https://id.example"
LIFETIME = timedelta(hours=1)


@dataclass
class Time:
    """A wall clock and a monotonic one that only move together, and only when told to."""

    now: datetime
    seconds: float = 1000.0

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Process:
    """What one server process has in its memory: a codec and a cache of clients."""

    database: Database
    sealer: Sealer
    time: Time
    failures: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        clients = SqlClientReader(self.database)
        self.codec = JoseTokenCodec(
            lambda: load_token_keys(self.database, self.sealer),
            issuer=PUBLIC_URL,
            lifetime=LIFETIME,
            clock=self.time.clock,
            monotonic=self.time.monotonic,
        )
        self.authenticate = Authenticate(
            self.codec,
            ShortCache(clients.find, monotonic=self.time.monotonic),
            self.time.clock,
            self._count,
        )
        self.issue_token = IssueToken(
            clients, self.codec, self.time.clock, PUBLIC_URL, LIFETIME, self._count
        )

    def _count(self, reason: str) -> None:
        self.failures[reason] += 1

    def token_for(self, credentials: ClientCredentials) -> AccessToken:
        return self.issue_token(credentials.client.client_id, credentials.client_secret)


@dataclass
class Participants:
    """One database with its operations; `process()` starts a process on it."""

    database: Database
    time: Time
    sealer: Sealer = field(default_factory=lambda: Sealer(b"k" * 32))

    def __post_init__(self) -> None:
        opener = unit_of_work_opener(self.database, self.sealer, OUTBOX)
        clock = self.time.clock
        self.create_client = CreateClient(opener, clock)
        self.list_clients = ListClients(SqlClientReader(self.database))
        self.withdraw_client = WithdrawClient(opener, clock)
        self.rotate_secret = RotateSecret(opener, clock)
        self.rotate_token_key = RotateTokenKey(opener, clock, LIFETIME)
        self.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_none=True)

    def process(self) -> Process:
        return Process(self.database, self.sealer, self.time)

    def client(
        self,
        *roles: ClientRole,
        provider_ids: Sequence[str] = (),
        wmis: Sequence[str] = (),
        operator_ids: Sequence[str] = (),
    ) -> ClientCredentials:
        return self.create_client(
            LOCAL_ADMINISTRATOR,
            "Test client",
            roles or (ClientRole.MO,),
            provider_ids=provider_ids,
            wmis=wmis,
            operator_ids=operator_ids,
        )

    def events(self) -> list[sa.Row[tuple[str, str, list[str], dict[str, str]]]]:
        with self.database.read() as connection:
            return list(
                connection.execute(
                    sa.select(
                        outbox.c.type, outbox.c.client_id, outbox.c.owners, outbox.c.subject
                    ).order_by(outbox.c.occurred_at, outbox.c.type)
                )
            )
