"""A newcomer's day, on a started service: both vehicles authorised, and what changes the answer."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service, eventually


@pytest.fixture(scope="module", params=on_either_database("started"))
def service(
    request: pytest.FixtureRequest,
    demonstrations: Demonstrations,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    with demonstrations.copied(request.param, home) as service, service.serving():
        yield service


def test_both_vehicles_may_charge(service: Service) -> None:
    by_certificate = service.authorise(service.certificate_vehicle)
    assert by_certificate["outcome"] == "accepted"
    assert by_certificate["certificate_status"] == "Accepted"
    assert by_certificate["assurance"] == "station_attested"
    assert by_certificate["evcoid"] == service.told["demo"]["emaid"]
    assert by_certificate["reasons"]

    by_mac = service.authorise(service.autocharge_vehicle)
    assert by_mac["outcome"] == "accepted"
    assert by_mac["certificate_status"] is None
    assert by_mac["assurance"] == "identifier"

    by_vin = service.authorise({"type": "vin", "value": service.told["demo"]["vin"]})
    assert by_vin["outcome"] == "accepted"


def test_the_decision_is_read_back_by_those_it_concerns(service: Service) -> None:
    decided = service.authorise(service.certificate_vehicle)
    path = f"/v1/authorizations/{decided['reference']}"
    for client in ("cpo", "mo", "admin"):
        read = service.ask("GET", path, client=client)
        assert read.status == 200
        assert read.json["outcome"] == "accepted"
        assert read.json["evcoid"] == decided["evcoid"]
    assert service.ask("GET", path, client="oem").status == 404
    assert service.ask("GET", path).status == 401


def test_suspending_the_contract_changes_the_next_answer(service: Service) -> None:
    emaid = service.told["demo"]["emaid"]
    service.run("contract", "suspend", emaid)
    try:
        eventually(lambda: service.authorise(service.certificate_vehicle)["outcome"] == "blocked")
        blocked = service.authorise(service.certificate_vehicle)
        assert blocked["certificate_status"] == "ContractCancelled"
    finally:
        service.run("contract", "resume", emaid)
    eventually(lambda: service.authorise(service.certificate_vehicle)["outcome"] == "accepted")


def test_ocpp_gets_the_same_answers(service: Service) -> None:
    demo = service.told["demo"]
    station = demo["station_id"]
    authorised = service.ask(
        "POST",
        f"/ocpp/2.0.1/{station}/Authorize",
        {
            "idToken": {"idToken": demo["emaid"], "type": "eMAID"},
            "certificate": demo["contract_chain_pem"],
        },
        client="cpo",
    )
    assert authorised.status == 200, authorised.body
    assert authorised.json["idTokenInfo"]["status"] == "Accepted"
    assert authorised.json["certificateStatus"] == "Accepted"

    by_tag = service.ask(
        "POST", f"/ocpp/1.6/{station}/Authorize", {"idTag": f"VID:{demo['mac']}"}, client="cpo"
    )
    assert by_tag.json["idTagInfo"]["status"] == "Accepted"

    unknown = service.ask(
        "POST", f"/ocpp/1.6/{station}/Authorize", {"idTag": "VID:98ED5C000001"}, client="cpo"
    )
    assert unknown.json["idTagInfo"]["status"] == "Invalid"


def test_a_withdrawn_client_is_out_within_a_second(service: Service) -> None:
    made = service.run("client", "create", "--name", "short-lived", "--role", "AUDITOR")
    service.told["clients"]["short"] = {
        "client_id": made["client_id"],
        "client_secret": made["client_secret"],
    }
    assert service.ask("GET", "/v1/stations", client="short").status in {200, 403}
    service.run("client", "revoke", made["client_id"])
    eventually(lambda: service.ask("GET", "/v1/stations", client="short").status == 401)


def new_contract(service: Service) -> dict[str, object]:
    """As an EMP: create a contract, have a certificate issued; return how its vehicle speaks."""
    emaid = f"DEEVTC{secrets.token_hex(4).upper()}"
    created = service.ask("POST", "/v1/contracts", {"emaid": emaid}, client="mo")
    assert created.status == 201, created.body
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    pem = csr.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    issued = service.ask("POST", f"/v1/contracts/{emaid}/certificates", {"csr": pem}, client="mo")
    assert issued.status == 201, issued.body
    return {
        "type": "contract_certificate",
        "emaid": emaid,
        "certificate_chain": issued.json["certificate_chain"],
    }


def test_revoking_the_certificate_changes_the_next_answer(service: Service) -> None:
    vehicle = new_contract(service)
    assert service.authorise(vehicle)["outcome"] == "accepted"
    leaf = x509.load_pem_x509_certificates(str(vehicle["certificate_chain"]).encode())[0]
    fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
    service.run("ca", "revoke", fingerprint, "--reason", "keyCompromise")
    eventually(lambda: service.authorise(vehicle)["certificate_status"] == "CertificateRevoked")
    assert service.authorise(vehicle)["outcome"] == "invalid"


def test_nothing_personal_is_logged_or_counted(service: Service) -> None:
    demo = service.told["demo"]
    service.authorise(service.certificate_vehicle)
    service.authorise(service.autocharge_vehicle)
    eventually(lambda: "/v1/authorizations" in service.log())  # lines are written together
    metrics = service.ask("GET", "/metrics").body.decode()
    assert 'evtrust_decisions_total{evidence="autocharge",outcome="accepted"}' in metrics
    for text in (service.log(), metrics):
        assert "/v1/authorizations" in text
        for secret in (demo["mac"], demo["vin"], demo["emaid"], demo["pcid"], service.token("cpo")):
            assert secret not in text


def test_nothing_personal_lies_in_the_home_in_clear(service: Service) -> None:
    demo = service.told["demo"]
    files = [path for path in Path(service.home).rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes().upper()
        assert demo["mac"].encode() not in content
        assert bytes.fromhex(demo["mac"]) not in path.read_bytes()
        assert demo["vin"].encode() not in content


def test_a_second_init_tells_the_same(service: Service) -> None:
    assert service.run("init", "--demo")["demo"] == service.told["demo"]


def test_the_api_describes_itself(service: Service) -> None:
    description = service.ask("GET", "/openapi.json").json
    assert description["openapi"].startswith("3.1")
    assert "/v1/authorizations" in description["paths"]
    docs = service.ask("GET", "/docs/swagger")
    assert docs.status == 200
    assert b"/openapi.json" in docs.body
