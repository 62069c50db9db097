"""The whole application: vehicle published, contract provisioned, installed by way of a CSMS."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from contract_service.model.vehicle import VehicleToPublish
from contract_service.operations.provision import ProvisioningRequest
from exi import Schema, encode
from foundation.identifiers import Pcid
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.keys.sealed import generate_key
from pki.model.roles import CertificateRole, KeyAlgorithm
from tests.authorization.ocpp.assembly import HAS2BE, PNC, Csms
from tests.contract_service.provisioning.works import Car, code_of, delivered, request, root_id
from tests.pki.issuing.house import leaf_request, spki
from tests.server.assembly import WMI, Application, new_emaid

SUFFIXES = {KeyAlgorithm.P256: "", KeyAlgorithm.P521: "-20-p521"}
NAMESPACES = {
    Schema.ISO15118_2: "urn:iso:15118:2:2013:MsgDef",
    Schema.ISO15118_20: "urn:iso:15118:20:2020:MsgDef",
}


@dataclass(frozen=True)
class Vehicle:
    """A vehicle with a contract, and what it sends to get it."""

    car: Car
    emaid: str
    message: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return {
            "iso15118SchemaVersion": NAMESPACES[self.car.published.schema],
            "action": "Install",
            "exiRequest": base64.b64encode(self.message).decode(),
        }

    def takes(self, answer: dict[str, Any]) -> bool:
        """Whether it can verify the answer and use the contract's key."""
        assert answer["status"] == "Accepted", answer
        exi = base64.b64decode(answer["exiResponse"], validate=True)
        car = self.car
        _, chain = delivered(exi, car.published.schema, car.key, car.certificate)
        return self.emaid.encode() in chain[0]


def new_vehicle(application: Application, algorithm: KeyAlgorithm) -> Vehicle:
    services = application.services
    services.renew_cps_signers(services.clock())
    schema = Schema.ISO15118_2 if algorithm is KeyAlgorithm.P256 else Schema.ISO15118_20
    pcid, emaid = f"{WMI}{secrets.token_hex(7).upper()}X", new_emaid()
    key = generate_key(algorithm)
    issued = services.issue_certificate(
        LOCAL_ADMINISTRATOR,
        leaf_request(
            CertificateRole.OEM_PROVISIONING,
            suffix=SUFFIXES[algorithm],
            public_key=spki(key),
            common_name=pcid,
            subject_id=pcid,
            owner=WMI,
        ),
    )
    leaf, sub2, sub1 = issued.chain
    services.publish_vehicle(LOCAL_ADMINISTRATOR, VehicleToPublish(leaf, sub2, sub1, schema))
    services.provision_contract(LOCAL_ADMINISTRATOR, ProvisioningRequest(emaid, pcid, schema))
    published = services.vehicles.find(Pcid.parse(pcid), schema)
    assert published is not None
    car = Car(key, published)
    signers = services.find_cps_signers(schema).newest.values()
    roots = [root_id(one.certificate.root) for one in signers]
    message = encode(request(None, car, roots=roots))  # type: ignore[arg-type] # its roots are given
    return Vehicle(car, emaid, message)


@pytest.mark.parametrize("algorithm", SUFFIXES)
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_over_ocpp_2(csms: Csms, version: str, algorithm: KeyAlgorithm) -> None:
    vehicle = new_vehicle(csms.application, algorithm)
    answer = csms.answered(version, "Get15118EVCertificate", vehicle.payload)
    assert vehicle.takes(answer)
    again = csms.answered(version, "Get15118EVCertificate", vehicle.payload)
    assert vehicle.takes(again)
    assert again["customData"] != answer["customData"]  # each has its record


@pytest.mark.parametrize("vendor_id", [PNC, HAS2BE])
def test_over_ocpp_16(csms: Csms, vendor_id: str) -> None:
    vehicle = new_vehicle(csms.application, KeyAlgorithm.P256)
    payload = vehicle.payload
    if vendor_id == HAS2BE:
        payload = {"exiRequest": payload["exiRequest"]}
    assert vehicle.takes(csms.transferred("Get15118EVCertificate", payload, vendor_id))


def test_the_engineer_reads_why_by_the_reference_of_the_answer(csms: Csms) -> None:
    vehicle = new_vehicle(csms.application, KeyAlgorithm.P256)
    payload = vehicle.payload | {"exiRequest": base64.b64encode(vehicle.message[:-9]).decode()}
    answer = csms.answered("2.0.1", "Get15118EVCertificate", payload)
    assert answer["status"] == "Failed"
    exi = base64.b64decode(answer["exiResponse"])
    assert code_of(exi, Schema.ISO15118_2).startswith("FAILED")
    ask = csms.application.ask
    path = f"/v1/installations/{answer['customData']['reference']}"
    for client in ("cpo", "admin", "auditor"):
        read = ask("GET", path, client=client)
        assert read.status == 200, (client, read)
        assert read.json["station_id"] == csms.station_id
        assert read.json["accepted"] is False
        failed = [step for step in read.json["steps"] if not step["passed"]]
        assert len(failed) == 1
        assert failed[0]["code"] in answer["statusInfo"]["additionalInfo"]
        assert vehicle.emaid not in read.body.decode()
        assert vehicle.car.published.pcid.value not in read.body.decode()
    for client in ("other_cpo", "other_mo", "cps"):
        assert ask("GET", path, client=client).status == 404


@pytest.mark.parametrize("client", ["other_cpo", "mo", "oem", "auditor"])
def test_another_operators_station_installs_nothing(csms: Csms, client: str) -> None:
    vehicle = new_vehicle(csms.application, KeyAlgorithm.P256)
    for version in ("2.0.1", "2.1"):
        answer = csms.send(version, "Get15118EVCertificate", vehicle.payload, client=client)
        assert (answer.status, answer.code) == (403, "station_not_yours")
