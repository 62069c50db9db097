"""A manufacturer deletes a vehicle: its contract data go, and what was issued here is revoked."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.identifiers import Emaid
from server.demo import PARTY, WMI
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service, eventually
from tests.interop.participants import enrol, generate_contract, publish_vehicle, recorded_chain
from tests.pki.validation.test_chain_parser import pem


@pytest.fixture(params=on_either_database("deletion"))
def service(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[Service]:
    with demonstrations.copied(request.param, tmp_path, workers=1) as service:
        yield service


def test_a_deleted_vehicle_takes_its_contract_with_it(service: Service) -> None:
    pcid = WMI + secrets.token_hex(7)
    emaid = Emaid.parse(f"{PARTY}C{secrets.token_hex(4).upper()}").canonical
    with service.serving():
        publish_vehicle(service, enrol(service, "oem", pcid))
        generate_contract(service, emaid, pcid)
        presented = {
            "type": "contract_certificate",
            "emaid": emaid,
            "certificate_chain": "".join(map(pem, recorded_chain(service, emaid))),
        }
        assert service.authorise(presented)["outcome"] == "accepted"
        contracts = f"/v1/ccp/signedContractData/{pcid.upper()}"
        assert emaid in service.ask("GET", contracts, client="oem").body.decode()

        assert service.ask("DELETE", f"/v1/oem/provCerts/{pcid}", client="mo").status == 403
        assert service.ask("DELETE", f"/v1/oem/provCerts/{pcid}", client="oem").status == 200
        gone = service.ask("GET", f"/v1/oem/provCerts/lookupVehicle/{pcid}", client="mo")
        assert gone.status == 404
        assert emaid not in service.ask("GET", contracts, client="oem").body.decode()
        eventually(
            lambda: service.authorise(presented)["certificate_status"] == "CertificateRevoked"
        )
    assert pcid not in service.log()
