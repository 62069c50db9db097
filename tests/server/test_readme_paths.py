"""The provider's and the CPMS's path in the README, pasted as they stand, from an empty folder."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from contract_service.model.contract_delivery import wrapped_key_of
from contract_service.model.exi_signature import sign_elements
from contract_service.model.key_transport import unwrap_contract_key
from contract_service.model.wrapped_key import WrappedKey
from exi import Schema, decode, encode
from exi.messages import iso15118_2
from exi.messages.xmldsig import X509IssuerSerial
from tests.end_to_end.service import Service
from tests.end_to_end.terminal import Terminal, readme_blocks
from tests.interop.participants import roots

EMAID = "DEEVTC00000001"


def answers(printed: str) -> list[tuple[int, Any]]:
    """Return the status and body of every answer that `ask` printed, in order."""
    found = re.findall(r"^(.*) (\d{3})$", printed, re.M)
    return [(int(status), json.loads(body) if body else None) for body, status in found]


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    if shutil.which("openssl") is None:
        pytest.skip("no `openssl` command here, with which the README makes a station's request")
    service = Service(tmp_path_factory.mktemp("home"), workers=1)
    service.initialise()
    with service.serving():
        yield Terminal(service, tmp_path_factory.mktemp("empty"))


class Car:
    """The car whose key the provider's path made, and what it does at a station."""

    def __init__(self, folder: Path) -> None:
        self.certificate, *_ = x509.load_pem_x509_certificates((folder / "car.pem").read_bytes())
        key = load_pem_private_key((folder / "car.key").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        self.key = key
        self.der = self.certificate.public_bytes(Encoding.DER)

    def request(self, root: bytes) -> bytes:
        """Ask for a contract as a car that trusts this V2G root, raw EXI."""
        anchor = x509.load_der_x509_certificate(root)
        trusted = X509IssuerSerial(
            issuer_name=anchor.issuer.rfc4514_string(), serial_number=anchor.serial_number
        )
        body = iso15118_2.CertificateInstallationReq(
            id="id1", oem_provisioning_certificate=self.der, root_certificate_ids=(trusted,)
        )
        header = iso15118_2.Header(session_id=bytes(8), signature=sign_elements([body], self.key))
        return encode(iso15118_2.V2GMessage(header=header, body=body))

    def unwrapped(self, response: bytes) -> tuple[x509.Certificate, object]:
        """Return the delivered contract certificate, and the key that only this car can unwrap."""
        message = decode(response, Schema.ISO15118_2)
        assert isinstance(message, iso15118_2.V2GMessage)
        delivered = message.body
        assert isinstance(delivered, iso15118_2.CertificateInstallationRes)
        wrapped = wrapped_key_of(delivered)
        assert isinstance(wrapped, WrappedKey)
        contract = delivered.contract_chain.certificate
        key = unwrap_contract_key(wrapped, self.key, self.der, contract)
        return x509.load_der_x509_certificate(contract), key


@pytest.mark.timeout(300)
def test_a_provider_gives_a_car_its_contract_and_a_cpms_lets_it_charge(terminal: Terminal) -> None:
    _, provider, cpms = readme_blocks()
    assert max(provider.count("\n"), cpms.count("\n")) <= 10

    published, known, generated, pooled, shown, suspended, resumed = answers(
        terminal.paste(provider)
    )
    assert published[0] == 200
    assert known[0] == 200
    assert generated[0] == 201
    assert pooled[0] == 200
    assert EMAID in json.dumps(pooled[1])
    assert [(status, body["status"]) for status, body in (shown, suspended, resumed)] == [
        (200, "active"),
        (200, "suspended"),
        (200, "active"),
    ]

    var = terminal.folder / "var"
    car = Car(var)
    (root,) = roots(terminal.service, "V2G")
    (var / "request.exi").write_bytes(car.request(root))
    (status, pool), (delivered_status, delivery), authorized = answers(terminal.paste(cpms))
    (station,) = x509.load_pem_x509_certificates((var / "station.pem").read_bytes())
    assert "DE*EVT*E0001" in station.subject.rfc4514_string()
    assert status == 200
    assert len(pool["RootCertificateCollection"]["rootCertificates"]) == 1
    assert delivered_status == 200
    (content,) = delivery["CCPResponse"]["emaidContent"]
    assert content["messageDef"]["emaid"].startswith(EMAID)
    response = base64.b64decode(content["messageDef"]["certificateInstallationRes"])
    contract, key = car.unwrapped(response)
    assert isinstance(key, EllipticCurvePrivateKey)
    assert contract.public_key() == key.public_key()
    assert f"CN={EMAID}" in contract.subject.rfc4514_string()
    assert authorized[0] == 200
    assert authorized[1]["idTokenInfo"]["status"] == "Accepted"
    assert authorized[1]["certificateStatus"] == "Accepted"
