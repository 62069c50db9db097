"""The OCPI routes of the application over a real database, and a platform to talk to."""

import base64
import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from flask import Flask

from authorization.api.ocpi import OcpiModules, ocpi_blueprint
from authorization.api.ocpi_answers import load_ocpi_answers
from authorization.api.ocpi_requests import OcpiGate
from authorization.api.ocpi_schemas import read_token
from authorization.api.ocpi_sender import SendTokens, ocpi_sender_blueprint
from authorization.api.ocpi_tokens import ReceiveTokens, ocpi_receiver_blueprint
from authorization.clients.ocpi_http import OcpiHttp
from authorization.clients.ocpi_platform import HttpPlatform
from authorization.clients.ocpi_push import HttpPush
from authorization.clients.ocpi_token_list import HttpTokenList
from authorization.model.ocpi import CredentialsRole, OcpiRole
from authorization.model.partner import Partner, PartnerProtocol
from authorization.operations.accept_credentials import AcceptCredentials
from authorization.operations.add_token import AddToken
from authorization.operations.authenticate_ocpi import AuthenticateOcpi
from authorization.operations.authorize_for_partner import AuthorizeForPartner
from authorization.operations.change_token import ChangeToken
from authorization.operations.keep_foreign_token import KeepForeignToken
from authorization.operations.publish_tokens import ListOwnTokens, PushTokens
from authorization.operations.pull_tokens import PullTokens
from authorization.operations.register_at_ocpi import OcpiConnections
from authorization.store.foreign_tokens import (
    ForeignTokenVault,
    OpenSqlForeignTokens,
    SqlForeignTokens,
)
from authorization.store.ocpi_connections import OpenSqlOcpi, SqlConnectionReader
from authorization.store.token_pulls import SqlTokenPulls
from authorization.store.token_pushes import SqlOwnTokens, SqlPushQueue
from authorization.store.tokens import TokenVault, open_token_hash
from authorization.store.unit_of_work import OpenSqlUnitOfWork
from foundation.database import Database
from foundation.egress import Egress, Limits
from foundation.sealing import Sealer
from server.app import create_application
from tests.authorization.fakes import ADMIN, World
from tests.authorization.foreign.tokens import speaks_for
from tests.authorization.ocpi.partner_server import PartnerServer
from tests.databases import OUTBOX

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
OWN_ROLES = (
    CredentialsRole(OcpiRole.CPO, "DE", "ABC", "ABC Charging"),
    CredentialsRole(OcpiRole.EMSP, "DE", "ABC", "ABC Drive"),
)
OWN_URL = "http://127.0.0.1:9/ocpi/versions"


@dataclass(frozen=True)
class Told:
    """An answer: HTTP status, OCPI status code, data and headers."""

    http: int
    code: int
    data: Any
    message: str
    headers: Mapping[str, str]


class _Of:
    """A part of the present world, by its name: the application is built once for all."""

    world: "OcpiWorld"

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, *given: Any) -> Any:
        return getattr(_Of.world, self._part)(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(_Of.world, self._part), name)


@cache
def _application() -> Flask:
    part: Any = _Of
    gate = OcpiGate(
        part("authenticate"),
        lambda _: _Of.world.wait_partner,
        lambda _: _Of.world.wait_stranger,
        part("clock"),
    )
    modules = OcpiModules(part("accept"), OWN_URL.removesuffix("/versions"))
    receive = ReceiveTokens(part("keep"), part("tokens"))
    url = OWN_URL.removesuffix("/versions")
    send = SendTokens(part("authorize"), part("list_own"), load_ocpi_answers(), url)
    return create_application(
        version="0",
        public_url="http://127.0.0.1:9",
        authenticate=lambda _: ADMIN,
        ready=list,
        blueprints=(
            ocpi_blueprint(modules, gate),
            ocpi_receiver_blueprint(receive, gate),
            ocpi_sender_blueprint(send, gate),
        ),
        with_management=False,
    )


@dataclass
class OcpiWorld:
    """Everything behind the OCPI routes; the decision stands on fakes."""

    database: Database
    clock: Callable[[], datetime]
    server: PartnerServer = field(default_factory=PartnerServer)
    decision: World = field(default_factory=World)
    wait_partner: int | None = None
    wait_stranger: int | None = None

    def __post_init__(self) -> None:
        self.sealer = Sealer(b"k" * 32)
        vault = ForeignTokenVault(
            open_token_hash(self.database, self.sealer, self.clock), self.sealer
        )
        self.partners = {
            "peer": Partner(
                "peer",
                PartnerProtocol.OCPI_221,
                self.server.versions_url,
                provider_ids=frozenset({"NLTNM"}),
                operator_ids=frozenset({"NLTNM"}),
            )
        }
        self.reader = SqlConnectionReader(self.database, self.sealer)
        self.tokens = SqlForeignTokens(self.database, vault)
        limits = Limits(
            connect_seconds=20.0, total_seconds=20.0, answer_bytes=65536
        )  # busy machines
        self.http = OcpiHttp(Egress(LOOPBACK, limits=limits))
        work = OpenSqlOcpi(self.database, self.sealer, vault, OUTBOX)
        self.platform = HttpPlatform(self.http)
        self.accept = AcceptCredentials(work, self.platform, OWN_URL, self.clock)
        self.connections = OcpiConnections(
            work, self.reader, self.partners.get, self.platform, OWN_URL, self.clock
        )
        self.keep = KeepForeignToken(
            OpenSqlForeignTokens(self.database, vault, OUTBOX), speaks_for, self.clock
        )
        self.failures: list[str] = []
        self.authenticate = AuthenticateOcpi(
            self.reader.holder, self.partners.get, self.clock, self.failures.append
        )
        self.authorize = AuthorizeForPartner(
            self.decision.authorize, self.decision.stations, self.decision.contracts.by_id
        )
        token_vault = TokenVault(
            open_token_hash(self.database, self.sealer, self.clock), self.sealer
        )
        sites = OpenSqlUnitOfWork(self.database, token_vault, OUTBOX)
        self.add_token = AddToken(self.decision.contracts, sites, self.clock)
        self.change_token = ChangeToken(self.decision.contracts, sites, self.clock)
        self.list_own = ListOwnTokens(
            SqlOwnTokens(self.database, token_vault), self.decision.contracts.by_id
        )
        self.push = PushTokens(
            SqlPushQueue(self.database, token_vault),
            self.reader,
            self.partners.get,
            self.decision.contracts.by_id,
            HttpPush(self.http),
            self.clock,
        )
        self.pull = PullTokens(
            self.reader,
            self.partners.get,
            HttpTokenList(self.http, read_token),
            self.keep,
            SqlTokenPulls(self.database),
            self.clock,
        )
        _Of.world = self

    @property
    def partner(self) -> Partner:
        return self.partners["peer"]

    def change_partner(self, **changes: Any) -> None:
        self.partners["peer"] = replace(self.partner, **changes)

    def invite(self) -> str:
        """Return a registration token."""
        return self.connections.invite(ADMIN, "peer", OWN_ROLES).token

    def registered(self, version: str = "2.2.1") -> str:
        """Register the partner; return the token by which it asks here."""
        self.server.version = version
        told = self.ask(
            "POST", f"/ocpi/{version}/credentials", self.server.credentials(), token=self.invite()
        )
        assert (told.http, told.code) == (200, 1000), told
        token: str = told.data["token"]
        return token

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        raw: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Told:
        sent = dict(headers or {})
        if token is not None:
            shown = token if raw else base64.b64encode(token.encode()).decode()
            sent["Authorization"] = f"Token {shown}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        response = (
            _application()
            .test_client()
            .open(path, method=method, data=data, headers=sent, content_type="application/json")
        )
        assert response.content_type == "application/json", response.get_data()
        told = json.loads(response.get_data())
        assert told["timestamp"].endswith("Z")
        return Told(
            response.status_code,
            told["status_code"],
            told.get("data"),
            told["status_message"],
            dict(response.headers),
        )
