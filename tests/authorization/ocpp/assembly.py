"""A CSMS and its stations, in front of the whole application with its authorities."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import KeyAlgorithm
from pki.operations.ports import SigningKey
from server.wiring_web import WebServices
from tests.authorization.ocpp import published
from tests.pki.est.assembly import at, new_csr, new_evse_id
from tests.server.assembly import OURS, THEIRS, Answer, Application

PNC = "org.openchargealliance.iso15118pnc"
HAS2BE = "iso15118"


@dataclass(frozen=True)
class Csms:
    """What a CSMS does for one of its stations, which has one EVSE of its own."""

    application: Application
    station_id: str
    evse_id: str
    client: str = "cpo"

    def send(
        self, version: str, action: str, payload: object, *, client: str | None = None
    ) -> Answer:
        return self.application.ask(
            "POST",
            f"/ocpp/{version}/{self.station_id}/{action}",
            payload,
            client=client or self.client,
        )

    def answered(self, version: str, action: str, payload: object) -> Any:
        """The response payload, which the published schema of that version must allow."""
        answer = self.send(version, action, payload)
        assert answer.status == 200, answer
        assert published.errors(version, action, payload) == []
        assert published.errors(version, action, answer.json, response=True) == []
        return answer.json

    def transferred(self, message_id: str, data: object, vendor_id: str = PNC) -> Any:
        """The inner response of a DataTransfer that was accepted."""
        payload = {"vendorId": vendor_id, "messageId": message_id, "data": json.dumps(data)}
        answer = self.answered("1.6", "DataTransfer", payload)
        assert answer["status"] == "Accepted", answer
        return json.loads(answer["data"])

    def calls(self, state: str | None = None) -> list[dict[str, Any]]:
        query = "" if state is None else f"?state={state}"
        answer = self.application.ask("GET", self.path + query, client=self.client)
        assert answer.status == 200, answer
        listed: list[dict[str, Any]] = answer.json
        assert all(set(call) == {"id", "action", "payload"} for call in listed)
        return listed

    def call(self) -> dict[str, Any]:
        """The one call that waits."""
        (call,) = self.calls()
        return call

    def queue(self, action: str, payload: object, version: str = "2.0.1") -> Answer:
        body = {"ocpp_version": version, "action": action, "payload": payload}
        return self.application.ask("POST", self.path, body, client=self.client)

    def answer(self, call_id: str, payload: object, *, client: str | None = None) -> Answer:
        return self.application.ask(
            "POST", f"{self.path}/{call_id}", payload, client=client or self.client
        )

    def shown(self, call_id: str) -> Any:
        answer = self.application.ask("GET", f"{self.path}/{call_id}", client=self.client)
        assert answer.status == 200, answer
        return answer.json

    @property
    def path(self) -> str:
        return f"/v1/stations/{self.station_id}/calls"

    def later(self, days: float) -> WebServices:
        """The operations over the same database after some days."""
        return at(self.application, lambda: self.application.services.clock() + timedelta(days))


def new_csms(
    application: Application, *, operator: str = OURS, evses: int = 1, secc_id: str | None = None
) -> Csms:
    """Register a new station and return its CSMS."""
    station_id = f"cs-{secrets.token_hex(5)}"
    evse_ids = [new_evse_id(operator) for _ in range(evses)]
    application.services.register_station(
        LOCAL_ADMINISTRATOR, station_id, operator, evse_ids, None, secc_id
    )
    client = "other_cpo" if operator == THEIRS else "cpo"
    return Csms(application, station_id, evse_ids[0] if evse_ids else "", client)


def pem_csr(
    common_name: str | None = None,
    *,
    key: SigningKey | None = None,
    algorithm: KeyAlgorithm = KeyAlgorithm.P256,
) -> str:
    return to_pem(new_csr(common_name, key=key, algorithm=algorithm))


def to_pem(csr: bytes) -> str:
    return x509.load_der_x509_csr(csr).public_bytes(Encoding.PEM).decode()


def chain_of(payload: Mapping[str, Any]) -> list[x509.Certificate]:
    """The certificates that a CertificateSigned carries."""
    return x509.load_pem_x509_certificates(payload["certificateChain"].encode())


def common_name(certificate: x509.Certificate) -> str:
    (name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)
