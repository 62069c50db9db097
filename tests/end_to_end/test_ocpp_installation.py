"""On a started service: a vehicle gets its contract through its station's CSMS, then charges."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_service.model.exi_signature import sign_elements
from contract_service.model.pem import chain_pem
from exi import Schema, encode
from exi.messages import iso15118_2
from tests.contract_service.provisioning.works import delivered, root_id
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Answer, Service
from tests.interop.participants import (
    NAMESPACE,
    Holder,
    enrol,
    generate_contract,
    installation,
    publish_vehicle,
    roots,
)


@pytest.fixture(params=on_either_database("ocpp"))
def service(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[Service]:
    with demonstrations.copied(request.param, tmp_path, workers=1) as service, service.serving():
        yield service


def signed_request(service: Service, vehicle: Holder) -> bytes:
    body = iso15118_2.CertificateInstallationReq(
        id="id1",
        oem_provisioning_certificate=vehicle.certificate,
        root_certificate_ids=tuple(root_id(root) for root in roots(service, "V2G")),
    )
    header = iso15118_2.Header(session_id=bytes(8), signature=sign_elements([body], vehicle.key))
    return encode(iso15118_2.V2GMessage(header=header, body=body))


def ask(service: Service, action: str, payload: object, client: str = "cpo") -> Answer:
    station_id = service.told["demo"]["station_id"]
    return service.ask("POST", f"/ocpp/2.0.1/{station_id}/{action}", payload, client=client)


@pytest.mark.timeout(300)
def test_a_vehicle_installs_its_contract_and_charges_on_it(service: Service) -> None:
    pcid, emaid = f"WEV{secrets.token_hex(7).upper()}", f"DEEVTC{secrets.token_hex(4).upper()}"
    vehicle = enrol(service, "oem", pcid)
    publish_vehicle(service, vehicle)
    payload = {
        "iso15118SchemaVersion": NAMESPACE,
        "action": "Install",
        "exiRequest": base64.b64encode(signed_request(service, vehicle)).decode(),
    }

    early = ask(service, "Get15118EVCertificate", payload)
    assert (early.status, early.json["status"]) == (200, "Failed")
    assert early.json["exiResponse"]
    why = installation(service, early.json["customData"]["reference"])
    assert "no_contract" in str(why)

    generate_contract(service, emaid, pcid)
    answer = ask(service, "Get15118EVCertificate", payload)
    assert (answer.status, answer.json["status"]) == (200, "Accepted"), answer.body
    exi = base64.b64decode(answer.json["exiResponse"], validate=True)
    key, chain = delivered(exi, Schema.ISO15118_2, vehicle.key, vehicle.certificate)
    assert key is not None

    authorised = ask(
        service,
        "Authorize",
        {"idToken": {"idToken": emaid, "type": "eMAID"}, "certificate": chain_pem(chain)},
    )
    assert authorised.json["idTokenInfo"]["status"] == "Accepted"
    assert authorised.json["certificateStatus"] == "Accepted"

    for client in ("mo", "oem", "cps"):
        assert ask(service, "Get15118EVCertificate", payload, client).status == 403
    told = service.log() + service.ask("GET", "/metrics").body.decode()
    assert pcid not in told
    assert emaid not in told
    assert "Traceback" not in told
