"""Two installations roam: an operator's asks a provider's, in OCPI and in OICP, both started."""

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.databases import temporary_postgresql_database
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service, eventually
from tests.end_to_end.test_cpms import now

PROVIDER = "NLXYZ"
OPERATOR = "DEEVT"
PROTOCOLS = ("ocpi-2.2.1", "ocpi-2.3.0", "oicp-2.3")
SOON = 30.0  # seconds: a background round on a busy machine


@dataclass
class Roaming:
    """`operator` has the station, `provider` the drivers; they share nothing but the network."""

    operator: Service
    provider: Service
    folder: Path
    emp: str = ""
    cpo: str = ""

    @property
    def station_id(self) -> str:
        station_id: str = self.operator.told["demo"]["station_id"]
        return station_id

    def contract(self) -> str:
        """Create a contract at the provider whose EMAID alone may be asked about."""
        emaid = f"{PROVIDER}C{secrets.token_hex(4).upper()}"
        answer = self.provider.ask(
            "POST", "/v1/contracts", {"emaid": emaid, "allow_bare_emaid": True}, client="xyz"
        )
        assert answer.status == 201, answer
        return emaid

    def card(self, emaid: str) -> str:
        uid = secrets.token_hex(4).upper()
        added = self.provider.ask(
            "POST",
            f"/v1/contracts/{emaid}/access-methods",
            {"kind": "rfid", "uid": uid},
            client="xyz",
        )
        assert added.status == 201, added
        return uid

    def chain(self, emaid: str) -> str:
        """Have the provider issue a certificate; return it with its authorities as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
        issued = self.provider.ask(
            "POST",
            f"/v1/contracts/{emaid}/certificates",
            {"csr": base64.b64encode(csr).decode()},
            client="xyz",
        )
        assert issued.status == 201, issued
        pem: str = issued.json["certificate_chain"]
        return pem

    def ocpp(self, action: str, body: object) -> Any:
        answer = self.operator.ask(
            "POST", f"/ocpp/2.0.1/{self.station_id}/{action}", body, client="cpo"
        )
        assert answer.status == 200, answer
        return answer.json

    def authorize(self, id_token: str, kind: str, **more: object) -> Any:
        return self.ocpp("Authorize", {"idToken": {"idToken": id_token, "type": kind}, **more})

    def status(self, uid: str) -> str:
        """Return what the station is told of a card."""
        status: str = self.authorize(uid, "ISO14443")["idTokenInfo"]["status"]
        return status

    def event(self, transaction: str, kind: str, number: int, **more: object) -> Any:
        return self.ocpp(
            "TransactionEvent",
            {
                "eventType": kind,
                "timestamp": now(),
                "triggerReason": "Authorized",
                "seqNo": number,
                "transactionInfo": {"transactionId": transaction},
                "evse": {"id": 1, "connectorId": 1},
                **more,
            },
        )

    def asked(self, emaid: str) -> list[Any]:
        """Return what the provider decided about its contract, newest first."""
        page = self.provider.ask("GET", f"/v1/decisions?emaid={emaid}", client="xyz")
        assert page.status == 200, page
        decisions: list[Any] = page.json["decisions"]
        return decisions

    def decided(self, reference: str) -> Any:
        return self.operator.ask("GET", f"/v1/authorizations/{reference}", client="cpo").json

    def connect(self, protocol: str) -> None:
        """Make each the other's partner, the operator's in that protocol."""
        for service in self._both:
            known = service.ask("GET", "/v1/partners", client="admin").json["partners"]
            for one in known:
                service.ask("DELETE", f"/v1/partners/{one['partner_id']}", client="admin")
        # names of their own: what is known of the last ones may be half a second old
        self.emp, self.cpo = f"emp-{secrets.token_hex(2)}", f"cpo-{secrets.token_hex(2)}"
        if protocol.startswith("ocpi"):
            self._connect_ocpi(protocol)
        else:
            self._connect_oicp()
        eventually(self._is_asked, SOON)

    def _is_asked(self) -> bool:
        """Whether the operator's has heard of the route: it asks about a card of nobody's."""
        self.status(secrets.token_hex(4))
        page = self.operator.ask("GET", "/v1/decisions?limit=1", client="cpo").json
        newest = self.decided(page["decisions"][0]["reference"])
        return bool((newest["partner"] or {}).get("partner_id") == self.emp)

    def _register(self, service: Service, partner: str, **body: object) -> None:
        made = service.ask("PUT", f"/v1/partners/{partner}", body, client="admin")
        assert made.status in {200, 201}, made

    def _connect_ocpi(self, protocol: str) -> None:
        there, here = (f"{one.told['base_url']}/ocpi/versions" for one in self._both)
        self._register(
            self.operator,
            self.emp,
            protocol=protocol,
            base_url=here,
            provider_ids=[PROVIDER],
            operator_ids=[PROVIDER],
            is_default=True,
        )
        self._register(
            self.provider, self.cpo, protocol=protocol, base_url=there, operator_ids=[OPERATOR]
        )
        path = "/v1/partners/{}/ocpi/{}"
        drive = {"role": "EMSP", "country_code": "NL", "party_id": "XYZ", "name": "XYZ Drive"}
        charging = {"role": "CPO", "country_code": "DE", "party_id": "EVT", "name": "EVT Charging"}
        invited = self.provider.ask(
            "POST", path.format(self.cpo, "invitation"), {"own_roles": [drive]}, client="admin"
        )
        made = self.operator.ask(
            "POST",
            path.format(self.emp, "registration"),
            {"own_roles": [charging], "token": invited.json["token"]},
            client="admin",
        )
        assert made.status == 200, made
        assert made.json["roles"] == [drive]

    def _connect_oicp(self) -> None:
        hub = self.provider.run(
            *("client", "create", "--name", "hub", "--role", "cpo", "--operator-id", OPERATOR)
        )
        names = ("client_id", "client_secret")
        self.provider.told["clients"][self.cpo] = {name: hub[name] for name in names}
        self._register(
            self.provider,
            self.cpo,
            protocol="oicp-2.3",
            base_url=self.operator.told["base_url"],
            client_id=hub["client_id"],
            own_provider_ids=[PROVIDER],
        )
        self._register(
            self.operator,
            self.emp,
            protocol="oicp-2.3",
            base_url=self.provider.told["base_url"],
            is_default=True,
            credentials={"token": self.provider.token(self.cpo)},
        )

    @property
    def _both(self) -> tuple[Service, Service]:
        return self.operator, self.provider


@pytest.fixture(scope="module", params=on_either_database("roaming"))
def roaming(
    request: pytest.FixtureRequest,
    demonstrations: Demonstrations,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Roaming]:
    homes = [tmp_path_factory.mktemp(one) for one in ("operator", "provider")]
    with (
        demonstrations.copied(request.param, homes[0], workers=1) as operator,
        another(request.param, demonstrations, homes[1]) as provider,
    ):
        for service in (operator, provider):
            service.environment["EVTRUST_EGRESS_NETWORKS"] = "127.0.0.0/8"
        operator.environment["EVTRUST_REVOCATION_HOSTS"] = f"127.0.0.1:{provider.port}"
        made = provider.run(
            *("client", "create", "--name", "xyz", "--role", "mo", "--provider-id", PROVIDER)
        )
        provider.told["clients"]["xyz"] = {
            name: made[name] for name in ("client_id", "client_secret")
        }
        with operator.serving(), provider.serving():
            found = Roaming(operator, provider, tmp_path_factory.mktemp("shared"))
            trust_provider(found)
            yield found


@contextmanager
def another(kind: str, demonstrations: Demonstrations, home: Path) -> Iterator[Service]:
    """Yield an installation with authorities of its own: copies share those of one."""
    with (
        temporary_postgresql_database(demonstrations.postgresql_server)
        if kind == "postgresql"
        else nullcontext(f"sqlite:///{home / 'evtrust.sqlite'}")
    ) as url:
        service = Service(home, url, workers=1)
        service.initialise()
        yield service


def trust_provider(roaming: Roaming) -> None:
    """Have the operator trust the root below which the provider issues."""
    listed = roaming.provider.ask("GET", "/v1/root/rootCerts?rootType=V2G", client="cpo").json
    (root,) = listed["RootCertificateCollection"]["rootCertificates"]
    file = roaming.folder / "root.der"
    file.write_bytes(base64.b64decode(root["caCertificate"]))
    roaming.operator.run("anchor", "add", str(file), "--role", "v2g_root", "--revocation", "hard")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_card_of_another_house_charges_and_is_asked_about_once(
    roaming: Roaming, protocol: str
) -> None:
    roaming.connect(protocol)
    emaid = roaming.contract()
    uid = roaming.card(emaid)
    token = {"idToken": uid, "type": "ISO14443"}
    assert roaming.status(uid) == "Accepted"
    transaction = secrets.token_hex(8)
    started = roaming.event(transaction, "Started", 0, idToken=token)
    assert started["idTokenInfo"]["status"] == "Accepted"
    ended = roaming.event(transaction, "Ended", 1, idToken=token)
    assert ended["idTokenInfo"]["status"] == "Accepted"
    (decision,) = roaming.asked(emaid)  # asked again it would begin another session there
    assert decision["outcome"] == "accepted"

    page = roaming.operator.ask("GET", "/v1/decisions?limit=1", client="cpo").json
    ours = roaming.decided(page["decisions"][0]["reference"])
    assert ours["partner"]["partner_id"] == roaming.emp
    if protocol != "oicp-2.3":  # whose own reference is the hub's session
        assert ours["partner"]["reference"] == decision["reference"]

    suspended = roaming.provider.ask("POST", f"/v1/contracts/{emaid}/suspend", client="xyz")
    assert suspended.status in {200, 204}, suspended
    assert roaming.status(uid) == "Blocked"
    assert roaming.status(secrets.token_hex(4).upper()) == "Unknown"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_contract_certificate_of_another_house(roaming: Roaming, protocol: str) -> None:
    roaming.connect(protocol)
    emaid = roaming.contract()
    chain = roaming.chain(emaid)

    def answer() -> list[str]:
        told = roaming.authorize(emaid, "eMAID", certificate=chain)
        return [told["idTokenInfo"]["status"], told["certificateStatus"]]

    assert answer() == ["Accepted", "Accepted"]
    transaction = secrets.token_hex(8)
    token = {"idToken": emaid, "type": "eMAID"}
    started = roaming.event(transaction, "Started", 0, idToken=token)
    assert started["idTokenInfo"]["status"] == "Accepted"
    roaming.event(transaction, "Ended", 1)
    assert len(roaming.asked(emaid)) == 1

    made_up = f"{PROVIDER}C{secrets.token_hex(4).upper()}"
    refused = roaming.authorize(made_up, "eMAID", certificate=chain)
    assert refused["idTokenInfo"]["status"] == "Invalid"
    assert roaming.asked(made_up) == []  # a partner hears of no certificate that is not its own

    ended = roaming.provider.ask("POST", f"/v1/contracts/{emaid}/terminate", client="xyz")
    assert ended.status in {200, 202, 204}, ended

    # OICP's 210 is any contract that does not stand
    refused_as = "Invalid" if protocol == "oicp-2.3" else "Blocked"
    assert answer() == [refused_as, "ContractCancelled"]


@pytest.mark.parametrize("protocol", ["ocpi-2.2.1", "ocpi-2.3.0"])
def test_cards_of_another_house_are_listed_and_pushed(roaming: Roaming, protocol: str) -> None:
    emaid = roaming.contract()
    listed = roaming.card(emaid)
    roaming.connect(protocol)

    def pull() -> Any:
        path = f"/v1/partners/{roaming.emp}/ocpi/token-pull"
        return roaming.operator.ask("GET", path, client="admin").json

    eventually(lambda: pull()["read_until"] is not None, SOON)
    assert pull()["taken"] >= 1
    pushed = roaming.card(emaid)
    path = f"/v1/contracts/{emaid}/access-methods"
    cards = roaming.provider.ask("GET", path, client="xyz").json["access_methods"]
    for uid, one in zip((listed, pushed), cards, strict=True):
        assert roaming.status(uid) == "Accepted"
        blocked = roaming.provider.ask(
            "PATCH", f"{path}/{one['token_id']}", {"status": "blocked"}, client="xyz"
        )
        assert blocked.status == 204, blocked
        assert roaming.status(uid) == "Blocked"
    log = json.dumps([roaming.operator.log(), roaming.provider.log()])
    assert not any(uid in log for uid in (listed, pushed, emaid))
