"""Webhooks wired as `server` wires them, over an outside that answers as tests tell it to."""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from foundation.database import Database
from foundation.errors import Refused
from foundation.events import Event
from foundation.outbox import OutboxQueue
from foundation.principal import ClientRole, Principal
from foundation.sealing import Sealer
from participants.model.webhook_endpoint import Delivery, Endpoint
from participants.model.webhook_event import WebhookEvent
from participants.operations.clean_webhooks import CleanWebhooks
from participants.operations.create_client import CreateClient
from participants.operations.create_endpoint import CreatedEndpoint, CreateEndpoint
from participants.operations.delete_endpoint import DeleteEndpoint
from participants.operations.deliver_webhooks import DeliverWebhooks
from participants.operations.dispatch_events import DispatchEvents
from participants.operations.list_endpoints import ListDeliveries, ListEndpoints, ShowEndpoint
from participants.operations.replay_delivery import PingEndpoint, ReplayDelivery
from participants.operations.update_endpoint import UpdateEndpoint
from participants.operations.withdraw_client import WithdrawClient
from participants.profiles.webhooks import load_webhook_profile
from participants.store.tables import webhook_deliveries
from participants.store.unit_of_work import unit_of_work_opener
from participants.store.webhook_turns import SqlTurns, SqlWebhookChores
from participants.store.webhooks import SqlWebhookReader
from tests.databases import OUTBOX
from tests.participants.assembly import Time

PROFILE = load_webhook_profile()
URL = "https://hooks.example/events"
EMAID, PCID = "DEABCC12345678", "WP01234567890ABCD"
EVERYTHING = tuple(WebhookEvent)

EMP = Principal("emp", frozenset({ClientRole.MO}), frozenset({"DEABC"}))
OTHER_EMP = Principal("other-emp", frozenset({ClientRole.MO}), frozenset({"DEXYZ"}))
OEM = Principal("oem", frozenset({ClientRole.OEM}), wmis=frozenset({"WP0"}))
CPO = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))
ADMIN = Principal("admin", frozenset({ClientRole.ADMIN}))


@dataclass(frozen=True)
class Answer:
    status: int = 200


@dataclass
class Sent:
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        digest = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        return (
            self.headers["payload-signature"] == digest
            and self.headers["X-Hubject-Signature"] == f"sha256={digest}"
            and self.headers["X-Operator-Signature"] == f"sha256={digest}"
        )


@dataclass
class Outside:
    """Stands in for `foundation.egress`: each url answers in turn what it was given."""

    refused: Refused | None = None
    answers: dict[str, list[Answer | Refused]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def check(self, url: str) -> Refused | None:
        self.checked.append(url)
        return self.refused

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer | Refused:
        self.sent.append(Sent(url, headers, body))
        answers = self.answers.get(url, [Answer()])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def events(self) -> list[str]:
        return [sent.json["eventType"] for sent in self.sent]


class Webhooks:
    """Every operation on webhooks, as one process has them, over one database."""

    def __init__(self, database: Database, time: Time, **policy: Any) -> None:
        self.database, self.time = database, time
        self.sealer = Sealer(b"w" * 32)
        self.outside = Outside()
        self.policy = replace(PROFILE.policy, **policy)
        self.counted: Counter[str] = Counter()
        opener, clock = unit_of_work_opener(database, self.sealer, OUTBOX), time.clock
        reader, queue = SqlWebhookReader(database), OutboxQueue(database, OUTBOX)
        self.create = CreateEndpoint(opener, self.outside, clock, self.policy.endpoints_per_client)
        self.update = UpdateEndpoint(opener, self.outside, clock)
        self.delete = DeleteEndpoint(opener, clock)
        self.list = ListEndpoints(reader)
        self.show = ShowEndpoint(reader)
        self.deliveries = ListDeliveries(reader)
        self.replay = ReplayDelivery(opener, self.policy, clock)
        self.ping = PingEndpoint(opener, self.policy, clock)
        self.dispatch = DispatchEvents(
            queue, reader, opener, self.concerned, PROFILE.rules, self.policy, clock, self._count
        )
        self.deliver = DeliverWebhooks(
            SqlTurns(database, self.sealer),
            opener,
            self.outside,
            self.policy,
            clock,
            lambda: 0.0,
            self._count,
        )
        self.clean = CleanWebhooks(SqlWebhookChores(database), queue, self.policy)
        self.create_client = CreateClient(opener, clock)
        self.withdraw_client = WithdrawClient(opener, clock)
        self._register(EMP, OTHER_EMP, OEM, CPO, AUDITOR, ADMIN)

    def concerned(self, event: Event) -> Sequence[Event]:
        """Stands in for `contract_service`: two contracts of the vehicle, one each of two EMPs."""
        if not event.type.startswith("provisioning_certificate."):
            return (event,)
        return [
            replace(event, owners=(owner,), personal={**event.personal, "emaid": emaid})
            for owner, emaid in (("DEABC", EMAID), ("DEXYZ", "DEXYZC12345678"))
        ]

    def _count(self, word: str) -> None:
        self.counted[word] += 1

    def _register(self, *principals: Principal) -> None:
        from participants.model.client import Client
        from participants.operations.create_client import new_secret

        opener = unit_of_work_opener(self.database, self.sealer, OUTBOX)
        for principal in principals:
            _, stored = new_secret(self.time.now)
            with opener() as work:
                work.clients.add(
                    Client(principal.client_id.upper(), principal, self.time.now, secrets=(stored,))
                )
                work.commit()

    def endpoint(
        self,
        principal: Principal = EMP,
        url: str = URL,
        events: Sequence[WebhookEvent] = EVERYTHING,
    ) -> CreatedEndpoint:
        """Register an endpoint; what that itself appends to the outbox is dealt with."""
        return self.create(principal, url, events)

    def happens(self, *events: Event) -> None:
        for event in events:
            self.database.append(OUTBOX.row(event))

    def tell(self) -> None:
        """Dispatch what happened and send what is due, until nothing is."""
        while self.dispatch():
            pass
        self.send()

    def send(self) -> None:
        while turns := self.deliver.claim(10):
            for turn in turns:
                self.deliver(turn)

    def log(self, endpoint: Endpoint, principal: Principal = EMP) -> Sequence[Delivery]:
        return self.deliveries(principal, endpoint.endpoint_id)

    def bodies(self) -> Sequence[bytes]:
        with self.database.read() as connection:
            return connection.scalars(sa.select(webhook_deliveries.c.body)).all()

    def contract_data(self, kind: str = "created", **subject: str) -> Event:
        return Event(
            f"contract_data.{kind}",
            self.time.now,
            EMP.client_id,
            ("DEABC", "WP0"),
            {"schema": "iso15118-2", **subject},
            {"emaid": EMAID, "pcid": PCID},
        )

    def suspended(self) -> Event:
        return Event(
            "contract.suspended",
            self.time.now,
            EMP.client_id,
            ("DEABC",),
            {"contract_id": "1"},
            {"emaid": EMAID},
        )

    def root_added(self) -> Event:
        return Event(
            "root.added",
            self.time.now,
            ADMIN.client_id,
            subject={
                "root_id": "b1b86334-7c74-4ccc-b78d-d4f773d3b559",
                "distinguished_name": "CN=V2G Root, O=evtrust, C=DE",
                "common_name": "V2G Root",
                "root_type": "V2G",
                "fingerprint": "ab" * 32,
            },
        )
