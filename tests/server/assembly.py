"""The whole application over a real database, asked without a socket, by two tenants' clients."""

import json
import secrets
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from werkzeug.test import Client

from autocharge.model.challenge import Challenge, ChallengeState
from autocharge.model.enrolment import EnrolmentSource, IdentifierKind
from autocharge.model.proposal import Proposal, ProposalState
from contract_service.model.root_pool import RootType
from foundation.clock import Clock, utc_now
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.identifiers import Emaid, Mac
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from foundation.sealing import Sealer
from participants.model.webhook_event import WebhookEvent
from pki.model.roles import CertificateRole
from server.entry import main_application
from server.installation import Installation
from server.schema import metadata
from server.settings import load_settings
from server.wiring_web import WebServices
from tests.contract_service.pools.manufacturer import manufacturer
from tests.pki.validation.authorities import certify
from tests.pki.validation.authorities import name as subject
from tests.server.sites import made_site

OURS, THEIRS, THIRD = "DEAAA", "DEBBB", "DECCC"
"""Provider and operator id of the tenant that owns everything here, and of another."""

WMI = "WAA"
HOOK = "https://127.0.0.1/hook"
PARTNER = {"protocol": "oicp-2.3", "base_url": "http://127.0.0.1:9999", "provider_ids": ["DEZZZ"]}
OCPI_PARTNER = {
    "protocol": "ocpi-2.2.1",
    "base_url": "http://127.0.0.1:9999/ocpi/versions",
    "provider_ids": ["DEYYY"],
}
COORDINATES = {"latitude": 52.5, "longitude": 13.4}

CLIENTS: Mapping[str, tuple[ClientRole, dict[str, list[str]]]] = {
    "cpo": (ClientRole.CPO, {"operator_ids": [OURS]}),
    "mo": (ClientRole.MO, {"provider_ids": [OURS]}),
    "other_cpo": (ClientRole.CPO, {"operator_ids": [THEIRS]}),
    "other_mo": (ClientRole.MO, {"provider_ids": [THEIRS]}),
    "oem": (ClientRole.OEM, {"wmis": [WMI]}),
    "cps": (ClientRole.CPS, {}),
    "auditor": (ClientRole.AUDITOR, {}),
    "admin": (ClientRole.ADMIN, {}),
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers.get("Content-Type", "")

    @property
    def code(self) -> str:
        """The code of a problem document, or of OPCP's or OICP's error."""
        if "StatusCode" in self.json:
            return str(self.json["StatusCode"]["AdditionalInfo"].partition(":")[0])
        if "traceId" in self.json:
            return str(self.json["errorMessages"][0].partition(":")[0])
        assert self.media_type == "application/problem+json", (self.status, self.body)
        assert self.json["status"] == self.status
        return str(self.json["code"])


@dataclass(frozen=True)
class Things:
    """What the tenant `OURS` owns, new for each test."""

    emaid: str
    free_emaid: str
    mac: str
    free_mac: str
    station_id: str
    free_station_id: str
    evse_id: str
    enrolment_id: str
    quarantine_id: str
    token_id: str
    reference: str
    unused_reference: str
    session_id: str
    root_id: str
    pcid: str
    call_id: str
    endpoint_id: str
    delivery_id: str
    step_up: str
    challenge_id: str
    proposal_id: str
    import_id: str
    site_id: str
    group_id: str
    partner_id: str
    ocpi_partner_id: str


@dataclass
class Application:
    """The application as one worker process serves it."""

    database: Database
    home: Path
    clock: Clock = utc_now
    tokens: dict[str, str] = field(default_factory=dict)
    client_ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = load_settings(
            {
                "EVTRUST_HOME": str(self.home),
                "EVTRUST_DATABASE_URL": self.database.url.render_as_string(hide_password=False),
                "EVTRUST_LOG_LEVEL": "error",
                "EVTRUST_EGRESS_NETWORKS": "127.0.0.0/8",
            }
        )
        self.services = WebServices(
            settings,
            database=self.database,
            installation=Installation(Sealer(bytes(range(32))), demo=False),
            clock=self.clock,
        )
        self.wsgi = main_application(self.services)
        self._client = Client(self.wsgi)
        self.services.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_none=True)
        self.services.vault  # noqa: B018 - opening it makes the first pepper
        for name, (role, ids) in CLIENTS.items():
            made = self.services.create_client(LOCAL_ADMINISTRATOR, name, [role], **ids)
            given = self.services.issue_token(made.client.client_id, made.client_secret)
            self.tokens[name] = given.token
            self.client_ids[name] = made.client.client_id

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        client: str | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = "application/json",
    ) -> Answer:
        """Send one request; a body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if client is not None:
            sent["Authorization"] = f"Bearer {self.tokens[client]}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        response = self._client.open(
            path,
            method=method,
            data=data,
            headers=sent,
            content_type=content_type if data is not None else None,
        )
        with response:
            return Answer(response.status_code, dict(response.headers), response.get_data())

    def things(self) -> Things:
        """Make one of everything for the tenant `OURS`."""
        services = self.services
        emaid, mac = new_emaid(), new_mac()
        suffix = secrets.token_hex(4)
        station_id, evse_id = f"station-{suffix}", f"DE*AAA*E{suffix.upper()}"
        services.create_contract(LOCAL_ADMINISTRATOR, emaid)
        services.register_station(LOCAL_ADMINISTRATOR, station_id, OURS, [evse_id])
        enrolled = services.enrol(LOCAL_ADMINISTRATOR, emaid, Mac.parse(mac))
        card = self._ok(
            "POST",
            f"/v1/contracts/{emaid}/access-methods",
            {"kind": "rfid", "uid": secrets.token_hex(7).upper()},
            client="mo",
        )
        question = {
            "station_id": station_id,
            "identification": {"type": "mac", "value": mac},
        }
        references = [
            self._ok("POST", "/v1/authorizations", question, client="cpo")["reference"]
            for _ in range(2)
        ]
        strange = {
            "station_id": station_id,
            "identification": {"type": "mac", "value": mac, "fingerprint_score": 0},
        }
        step_up = self._ok("POST", "/v1/authorizations", strange, client="cpo")
        assert step_up["outcome"] == "step_up"
        session = self._ok("POST", "/v1/sessions", {"reference": references[0]}, client="cpo")
        call = self._ok(
            "POST",
            f"/v1/stations/{station_id}/calls",
            {"ocpp_version": "2.1", "action": "GetInstalledCertificateIds", "payload": {}},
            client="cpo",
        )
        return Things(
            emaid=emaid,
            free_emaid=new_emaid(),
            mac=mac,
            free_mac=new_mac(),
            station_id=station_id,
            free_station_id=f"station-{secrets.token_hex(4)}",
            evse_id=evse_id,
            enrolment_id=enrolled.enrolment_id,
            quarantine_id=self._quarantine(mac),
            token_id=card["token_id"],
            reference=references[0],
            unused_reference=references[1],
            session_id=session["session_id"],
            root_id=self._published_root(),
            pcid=self.published_vehicle(),
            call_id=call["id"],
            challenge_id=self._challenge(emaid),
            proposal_id=self._proposal(emaid),
            import_id=self.imported(b"type,value,emaid\n"),
            step_up=step_up["reference"],
            partner_id=self._partner(),
            ocpi_partner_id=self._ocpi_partner(),
            **made_site(self, evse_id),
            **self._webhook(),
        )

    def _partner(self) -> str:
        """Register the only hub, which asks as the operator, at an address where nobody is."""
        partner_id = f"hub-{secrets.token_hex(4)}"
        hub = {**PARTNER, "client_id": self.client_ids["cpo"], "own_provider_ids": [OURS]}
        for known in self.ask("GET", "/v1/partners", client="admin").json["partners"]:
            self.ask("DELETE", f"/v1/partners/{known['partner_id']}", client="admin")
        self._ok("PUT", f"/v1/partners/{partner_id}", hub, client="admin")
        self.see_partners()
        return partner_id

    def _ocpi_partner(self) -> str:
        """Register another that speaks OCPI, at an address where nobody is."""
        partner_id = f"peer-{secrets.token_hex(4)}"
        self._ok("PUT", f"/v1/partners/{partner_id}", OCPI_PARTNER, client="admin")
        self.see_partners()
        return partner_id

    def see_partners(self) -> None:
        """Forget what is known of partners, which else may be half a second old."""
        self.services._known_partners._cache._entries.clear()

    def _challenge(self, emaid: str) -> str:
        """Claim a vehicle of a third provider, as often as one likes."""
        now = self.clock()
        challenge = Challenge(
            str(uuid.uuid4()),
            IdentifierKind.MAC,
            Emaid.parse(emaid),
            "client",
            EnrolmentSource.PROVIDER,
            THIRD,
            ChallengeState.OPEN,
            now,
            now + timedelta(days=1),
        )
        with self.services.enrolment_work() as work:
            assert work.challenges.add(challenge, Mac.parse(new_mac()))
            work.commit()
        return challenge.challenge_id

    def _quarantine(self, mac: str) -> str:
        provider = self.services.authenticate(self.tokens["mo"])
        [made] = self.services.quarantine_identifier(provider, Mac.parse(mac), "said so")
        return made.quarantine_id

    def _proposal(self, emaid: str) -> str:
        """Propose a vehicle for a contract, as a first session would."""
        now = self.clock()
        proposal = Proposal(
            str(uuid.uuid4()),
            IdentifierKind.MAC,
            Emaid.parse(emaid),
            ProposalState.OPEN,
            now,
            now + timedelta(days=1),
            1,
        )
        with self.services.enrolment_work() as work:
            assert work.proposals.add(proposal, Mac.parse(new_mac()))
            work.commit()
        return proposal.proposal_id

    def imported(self, file: bytes, client: str = "mo") -> str:
        """Import a file for a provider, beside what waits to be imported; return the id."""
        principal = self.services.authenticate(self.tokens[client])
        self.import_all()
        received = self.services.receive_import(principal, BytesIO(file))
        self.import_all()
        return received.import_id

    def import_all(self) -> None:
        """Do what a serving process's importer does until nothing waits."""
        while self.services.importer.run_once():
            pass

    def published_vehicle(self) -> str:
        """Publish a vehicle of the manufacturer `WMI` and return its PCID."""
        maker = manufacturer()
        with suppress(ServiceError):  # trusted since the first of these
            self.services.add_anchor(LOCAL_ADMINISTRATOR, maker.root.der, CertificateRole.OEM_ROOT)
        pcid = new_pcid()
        self.services.publish_vehicle(LOCAL_ADMINISTRATOR, maker.publication(maker.vehicle(pcid)))
        return pcid

    def _published_root(self) -> str:
        root = certify(subject("V2G Root", "V2G"), ca=True)
        services = self.services.root_pool_operations
        return services.publish(LOCAL_ADMINISTRATOR, root.der, RootType.V2G).root_id

    def _webhook(self) -> dict[str, str]:
        """Make the provider's only endpoint, at a target that is allowed and not there."""
        webhooks = self.services.webhook_operations
        provider = self.services.authenticate(self.tokens["mo"])
        for owned in webhooks.list(provider):
            webhooks.delete(provider, owned.endpoint.endpoint_id)
        made = webhooks.create(provider, HOOK, [WebhookEvent.SUSPENDED]).endpoint
        return {
            "endpoint_id": made.endpoint_id,
            "delivery_id": webhooks.ping(provider, made.endpoint_id),
        }

    def _ok(self, method: str, path: str, body: object, *, client: str) -> Any:
        answer = self.ask(method, path, body, client=client)
        assert answer.status in {200, 201}, (path, answer)
        return answer.json

    def rows(self) -> dict[str, list[str]]:
        """Return every row of every table, to see whether anything was written."""
        return all_rows(self.database)


def all_rows(database: Database) -> dict[str, list[str]]:
    """Return every row of every table as text, in an order that two calls share."""
    with database.read() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            for table in metadata.sorted_tables
        }


def new_emaid(provider_id: str = OURS) -> str:
    return Emaid.parse(f"{provider_id}C{secrets.token_hex(4).upper()}").canonical


def new_pcid(wmi: str = WMI) -> str:
    return wmi + secrets.token_hex(7)


def new_mac() -> str:
    return "98ED5C" + secrets.token_hex(3).upper()
