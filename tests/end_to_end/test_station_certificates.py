"""A CSMS's day on a started service: certificates for its station, kept through a SIGKILL."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Answer, Service


@pytest.fixture(params=on_either_database("stations"))
def service(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[Service]:
    with demonstrations.copied(request.param, tmp_path, workers=1) as service:
        yield service


def sign(service: Service, key: ec.EllipticCurvePrivateKey, use: str) -> Answer:
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    station = service.told["demo"]["station_id"]
    return service.ask(
        "POST",
        f"/ocpp/2.0.1/{station}/SignCertificate",
        {"csr": csr, "certificateType": use},
        client="cpo",
    )


def test_what_was_accepted_waits_whatever_happens(service: Service) -> None:
    calls_at = f"/v1/stations/{service.told['demo']['station_id']}/calls"
    keys = {
        use: ec.generate_private_key(ec.SECP256R1())
        for use in ("V2GCertificate", "ChargingStationCertificate")
    }
    with service.serving() as process:
        for use, key in keys.items():
            answer = sign(service, key, use)
            assert (answer.status, answer.json) == (200, {"status": "Accepted"})
        process.kill()  # after the last answer, before anybody fetched anything
        process.wait()
        time.sleep(0.5)

    with service.serving():
        calls = service.ask("GET", calls_at, client="cpo").json
        assert [call["payload"]["certificateType"] for call in calls] == list(keys)
        for call in calls:
            chain = x509.load_pem_x509_certificates(call["payload"]["certificateChain"].encode())
            key = keys[call["payload"]["certificateType"]]
            assert chain[0].public_key() == key.public_key()
        v2g, own = (call["id"] for call in calls)
        told = service.ask("POST", f"{calls_at}/{v2g}", {"status": "Accepted"}, client="cpo")
        assert told.json["state"] == "accepted"
        told = service.ask("POST", f"{calls_at}/{own}", {"status": "Rejected"}, client="cpo")
        assert told.json["state"] == "rejected"
        assert service.ask("GET", calls_at, client="cpo").json == []
        rejected = service.ask("GET", f"{calls_at}?state=rejected", client="cpo").json
        assert [call["id"] for call in rejected] == [own]
        _nobody_elses(service, calls_at, own)
    log = service.log()
    assert "Traceback" not in log
    assert "unexpected" not in log


def _nobody_elses(service: Service, calls_at: str, call_id: str) -> None:
    for client in ("mo", "oem", "cps"):
        assert service.ask("GET", f"{calls_at}/{call_id}", client=client).status == 403
    strange = calls_at.replace(service.told["demo"]["station_id"], secrets.token_hex(8))
    assert service.ask("GET", strange, client="cpo").status == 403
