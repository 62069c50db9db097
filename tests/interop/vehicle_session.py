"""A station and a vehicle of the PyPI package `iso15118`, one session: runs in its environment.

`python vehicle_session.py CONFIGURATION` reads a JSON object (interface, address of the service,
token, station) and prints what happened as JSON on its last line; the package's log goes before
it. The station asks evtrust for the contract and for the decision; the vehicle keeps nothing but
what the answer brought. The package's own settings come from the process environment.
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from iso15118.evcc import EVCCHandler
from iso15118.evcc.controller.simulator import SimEVController
from iso15118.evcc.evcc_config import EVCCConfig
from iso15118.evcc.states import iso15118_2_states as vehicle_states
from iso15118.secc import SECCHandler
from iso15118.secc.controller.interface import (
    AuthorizationResponse,
    AuthorizationStatus,
    ServiceStatus,
)
from iso15118.secc.controller.simulator import SimEVSEController
from iso15118.secc.secc_settings import Config
from iso15118.shared.exi_codec import EXI
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.messages.enums import Namespace, Protocol
from iso15118.shared.messages.iso15118_2.datatypes import EMAID, ResponseCode
from iso15118.shared.security import CertPath, KeyPath

SESSION_SECONDS = 90.0
CALL_SECONDS = 4.0  # the vehicle waits 5 s for its contract and for PaymentDetailsRes
WARMING_ROUNDS = 40  # the JVM compiles on the way, and the vehicle's time-outs are 2 s
CHARGING_LOOPS = 2


@dataclass
class Happened:
    """What happened, in order, with seconds since the script began."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    emaid: str | None = None
    installation: str | None = None
    authorize_response: dict[str, Any] | None = None
    charging_loops: int = 0
    session_stopped: bool = False
    end_reason: str | None = None
    failure: str | None = None
    began: float = field(default_factory=time.monotonic)

    def step(self, name: str) -> None:
        """Note one step."""
        self.steps.append((name, round(time.monotonic() - self.began, 3)))


@dataclass(frozen=True)
class BackEnd:
    """evtrust, as the station's operator reaches it."""

    host: str
    port: int
    token: str
    station_id: str
    evse_id: str
    interface: str

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], str | None]:
        """Post JSON; return status and JSON of the answer, and the installation's reference."""
        connection = HTTPConnection(self.host, self.port, timeout=CALL_SECONDS)
        try:
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
            }
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            reference = answer.headers["X-Installation-Reference"]
            return answer.status, json.loads(answer.read()), reference
        finally:
            connection.close()


class Station(SimEVSEController):
    """A station whose back end is evtrust."""

    def __init__(self, back_end: BackEnd, happened: Happened) -> None:
        super().__init__()
        self.back_end = back_end
        self.happened = happened
        self.ended = asyncio.Event()

    async def get_evse_id(self, protocol: Protocol) -> str:
        """Return the id that stands in its certificate."""
        del protocol
        return self.back_end.evse_id

    async def get_15118_ev_certificate(
        self, base64_encoded_cert_installation_req: str, namespace: str
    ) -> str:
        """Return what the contract pool answers: its last entry, as CitrineOS reads it."""
        body = {
            "certificateInstallationReq": base64_encoded_cert_installation_req,
            "xsdMsgDefNamespace": Namespace(namespace).value,
        }
        status, answer, reference = await asyncio.to_thread(
            self.back_end.post, "/v1/ccp/signedContractData", body
        )
        self.happened.installation = reference
        if status != 200:
            raise ValueError(f"the contract pool answers {status}: {answer}")
        content = answer["CCPResponse"]["emaidContent"][-1]["messageDef"]
        self.happened.emaid = content["emaid"]
        self.happened.step("contract delivered to the station")
        exi: str = content["certificateInstallationRes"]
        return exi

    async def is_authorized(
        self,
        id_token: str | None = None,
        id_token_type: object = None,
        certificate_chain: bytes | None = None,
        hash_data: list[dict[str, str]] | None = None,
    ) -> AuthorizationResponse:
        """Ask by OCPP 2.0.1 Authorize once the vehicle shows its chain; later that decision."""
        del id_token_type
        if certificate_chain is not None:
            body: dict[str, Any] = {
                "idToken": {"idToken": id_token, "type": "eMAID"},
                "certificate": certificate_chain.decode(),
            }
            if hash_data:
                body["iso15118CertificateHashData"] = hash_data
            path = f"/ocpp/2.0.1/{self.back_end.station_id}/Authorize"
            _, answer, _ = await asyncio.to_thread(self.back_end.post, path, body)
            self.happened.authorize_response = answer
            self.happened.step("authorised")
        decision = self.happened.authorize_response or {}
        if (
            decision.get("idTokenInfo", {}).get("status") == "Accepted"
            and decision.get("certificateStatus") == "Accepted"
        ):
            return AuthorizationResponse(AuthorizationStatus.ACCEPTED, ResponseCode.OK)
        return AuthorizationResponse(AuthorizationStatus.REJECTED, ResponseCode.FAILED)

    async def set_hlc_charging(self, is_ongoing: bool) -> None:
        """Note when energy begins and ends to flow."""
        await super().set_hlc_charging(is_ongoing)
        self.happened.step("energy flows" if is_ongoing else "energy ended")

    async def session_ended(self, current_state: str, reason: str) -> None:
        """Note how the station saw the session end."""
        self.happened.end_reason = f"{current_state}: {reason}"
        self.ended.set()


class Vehicle(SimEVController):
    """A vehicle that has no contract and stores the one it gets."""

    def __init__(self, settings: EVCCConfig, happened: Happened) -> None:
        super().__init__(settings)
        self.happened = happened

    async def store_contract_cert_and_priv_key(self, contract_cert: bytes, priv_key: bytes) -> None:
        """Store certificate and key where the next steps read them; they must belong together."""
        key = ec.derive_private_key(int.from_bytes(priv_key, "big"), ec.SECP256R1())
        if x509.load_der_x509_certificate(contract_cert).public_key() != key.public_key():
            raise ValueError("the delivered key is not the delivered certificate's")
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        store(CertPath.CONTRACT_LEAF_DER, contract_cert)
        store(KeyPath.CONTRACT_LEAF_PEM, pem)
        self.happened.step("contract stored in the vehicle")

    async def continue_charging(self) -> bool:
        """Count the charging loop."""
        goes_on: bool = await super().continue_charging()
        self.happened.charging_loops += goes_on
        return goes_on


class StoringSubCas(vehicle_states.CertificateInstallation):
    """Stores the delivered sub-CAs as well: the package's hook passes the leaf alone."""

    async def process_message(self, message: Any, message_exi: bytes | None = None) -> None:
        """Store the chain of a response, then let the package check and use all of it."""
        body = getattr(message, "body", None)
        response = getattr(body, "certificate_installation_res", None)
        if response is not None and response.response_code is ResponseCode.OK:
            above = response.contract_cert_chain.sub_certificates.certificates
            places = (CertPath.MO_SUB_CA2_DER, CertPath.MO_SUB_CA1_DER)
            for place, der in zip(places, above, strict=True):
                store(place, der)
        await super().process_message(message, message_exi)


class NotingStop(vehicle_states.SessionStop):
    """Notes that the station confirmed the stop."""

    async def process_message(self, message: Any, message_exi: bytes | None = None) -> None:
        """Pass the message on, and note what came of it."""
        await super().process_message(message, message_exi)
        happened: Happened = self.comm_session.ev_controller.happened
        reason = self.comm_session.stop_reason
        happened.session_stopped = reason is not None and reason.successful
        happened.step("session stopped")


def store(path: str, content: bytes) -> None:
    """Write a file of the vehicle's."""
    Path(path).write_bytes(content)


def warm_up() -> None:
    """Have the JVM compile its codec before the vehicle's time-outs count."""
    emaid = EMAID(id="id4", value="DEEVTC00000000")
    for _ in range(WARMING_ROUNDS):
        EXI().to_exi(emaid, Namespace.ISO_V2_MSG_DEF)


def vehicle_settings() -> EVCCConfig:
    """Return the settings of a vehicle that charges by contract over TLS and has none yet."""
    settings = EVCCConfig(
        supportedProtocols=["ISO_15118_2"],
        supportedEnergyServices=["AC"],
        energyTransferMode="AC_three_phase_core",
        isCertInstallNeeded=True,
        useTls=True,
        enforceTls=True,
        chargeLoopCycle=CHARGING_LOOPS,
    )
    settings.load_raw_values()
    return settings


async def session(back_end: BackEnd, happened: Happened) -> None:
    """Run station and vehicle until the session stops or fails."""
    station_settings = Config()
    station_settings.load_envs()  # and with them the settings of the package's shared parts
    codec = ExificientEXICodec()
    EXI().set_exi_codec(codec)
    warm_up()
    happened.step("codec warm")
    vehicle_states.CertificateInstallation = StoringSubCas
    vehicle_states.SessionStop = NotingStop
    station = Station(back_end, happened)
    await station.set_status(ServiceStatus.STARTING)
    secc = SECCHandler(codec, station, station_settings).start(back_end.interface)
    tasks = [asyncio.create_task(secc)]
    await asyncio.sleep(1)  # the station must listen when the vehicle's first multicast comes
    settings = vehicle_settings()
    vehicle = Vehicle(settings, happened)
    evcc = EVCCHandler(settings, back_end.interface, codec, vehicle).start()
    tasks.append(asyncio.create_task(evcc))
    await asyncio.wait_for(station.ended.wait(), SESSION_SECONDS)
    await asyncio.sleep(0.5)  # the vehicle's last word
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Run the session; print what happened."""
    happened = Happened()
    back_end = BackEnd(**json.loads(Path(sys.argv[1]).read_text()))
    try:
        asyncio.run(session(back_end, happened))
    except Exception as failure:  # whatever it is, it belongs into the report
        happened.failure = f"{type(failure).__name__}: {failure}"
    sys.stdout.write("\n" + json.dumps(asdict(happened)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the gateway to the JVM would keep the process


if __name__ == "__main__":
    main()
