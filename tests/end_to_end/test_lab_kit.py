"""A lab kit held out to a running service, wherever certificates are taken: it trusts none."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract_service.model.key_transport import wrap_contract_key
from contract_service.model.lab_pki import EMAIDS, PCID
from contract_service.model.wrapped_key import WrappedKey
from tests.end_to_end.abuse import Abused
from tests.end_to_end.service import Answer, Service

NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
EMAID = EMAIDS["contract"]


@dataclass(frozen=True)
class Kit:
    """A kit in Josev's layout, and a service with participants who would love to use it."""

    service: Service
    folder: Path

    def file(self, path: str) -> Path:
        return self.folder / "iso15118_2" / path

    def base64(self, name: str) -> str:
        return base64.b64encode(self.file(f"certs/{name}Cert.der").read_bytes()).decode()

    @property
    def contract_chain(self) -> str:
        return (
            self.folder / "evtrust-lab/iso15118-2/contracts/installed/chain.pem"
        ).read_text() + self.file("certs/moRootCACert.pem").read_text()


@pytest.fixture(scope="module")
def kit(abused: Abused, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    service = abused.service
    folder = tmp_path_factory.mktemp("lab") / "kit"
    service.run("lab", "export", "--layout", "josev", str(folder))
    for client, role, option, owned in (
        ("lab-oem", "oem", "--wmi", "LAB"),
        ("lab-mo", "mo", "--provider-id", "DELAB"),
    ):
        service.told["clients"][client] = {
            name: value
            for name, value in service.run(
                "client", "create", "--name", client, "--role", role, option, owned
            ).items()
            if name in {"client_id", "client_secret"}
        }
    created = service.ask("POST", "/v1/contracts", {"emaid": EMAID}, client="lab-mo")
    assert created.status == 201, created.body
    return Kit(service, folder)


@pytest.mark.parametrize("role", ["v2g_root", "mo_root", "oem_root"])
def test_no_anchor(kit: Kit, role: str) -> None:
    name = {"v2g_root": "v2gRootCA", "mo_root": "moRootCA", "oem_root": "oemRootCA"}[role]
    file = str(kit.file(f"certs/{name}Cert.pem"))
    refused = kit.service.run("anchor", "add", file, "--role", role, code=1)
    assert refused["error"]["code"] == "anchor_of_a_lab"


@pytest.mark.parametrize(
    ("role", "key", "chain"),
    [
        ("v2g_root", "v2gRootCA", ["v2gRootCA"]),
        ("mo_sub2", "moSubCA2", ["moSubCA2", "moSubCA1", "moRootCA"]),
        ("mo_sub2", "moSubCA2", ["moSubCA2", "moSubCA1"]),
    ],
)
def test_no_authority(kit: Kit, tmp_path: Path, role: str, key: str, chain: list[str]) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("12345")
    refused = kit.service.run(
        "ca",
        "import-key",
        "--slot",
        f"lab-{role.replace('_', '-')}",
        "--role",
        role,
        "--key",
        str(kit.file(f"private_keys/{key}.key")),
        "--passphrase-file",
        str(passphrase),
        *(str(kit.file(f"certs/{name}Cert.pem")) for name in chain),
        code=1,
    )
    assert refused["error"]["code"] == "lab_certificate"


def publish_root(kit: Kit) -> Answer:
    body = {"caCertificate": kit.base64("v2gRootCA"), "rootType": "V2G"}
    return kit.service.ask("PUT", "/v1/root/rootCerts", body, client="admin")


def publish_vehicle(kit: Kit) -> Answer:
    body = {
        "vehicleCertificate": kit.base64("oemLeaf"),
        "subCA2Certificate": kit.base64("oemSubCA2"),
        "subCA1Certificate": kit.base64("oemSubCA1"),
        "xsdMsgDefNamespace": NAMESPACE,
    }
    return kit.service.ask("PUT", "/v1/oem/provCerts", body, client="lab-oem")


def have_signed(kit: Kit) -> Answer:
    """The kit's contract, its key wrapped for the kit's vehicle: in order but for its root."""
    leaf = kit.file("certs/contractLeafCert.der").read_bytes()
    pem = kit.file("private_keys/contractLeaf.key").read_bytes()
    key = load_pem_private_key(pem, b"12345")
    assert isinstance(key, EllipticCurvePrivateKey)
    wrapped = wrap_contract_key(key, leaf, kit.file("certs/oemLeafCert.der").read_bytes())
    assert isinstance(wrapped, WrappedKey)
    body = {
        "contractData": {
            "contractCertificate": kit.base64("contractLeaf"),
            "contractSubCa2Certificate": kit.base64("moSubCA2"),
            "contractSubCa1Certificate": kit.base64("moSubCA1"),
            "contractSignatureEncryptedPrivateKey": base64.b64encode(
                wrapped.encrypted_private_key
            ).decode(),
            "dHpublickey": base64.b64encode(wrapped.dh_public_key).decode(),
        },
        "emaid": EMAID,
        "xsdMsgDefNamespace": NAMESPACE,
    }
    return kit.service.ask("PUT", "/v1/cps/contractData/signed", body, client="lab-mo")


@pytest.mark.parametrize(
    ("publish", "code"),
    [
        (publish_root, "root_of_a_lab"),
        (publish_vehicle, "chain_not_valid"),
        (have_signed, "contract_chain_invalid"),
    ],
)
def test_no_pool(kit: Kit, publish: Callable[[Kit], Answer], code: str) -> None:
    answer = publish(kit)
    assert answer.status == 400, answer.body
    assert code in answer.json["errorMessages"][0], answer.json


def test_no_vehicle_stays(kit: Kit) -> None:
    publish_vehicle(kit)
    asked = kit.service.ask("GET", f"/v1/oem/provCerts/{PCID}", client="lab-oem")
    assert asked.status == 404, asked.body


def test_no_charging(kit: Kit) -> None:
    answer = kit.service.authorise(
        {
            "type": "contract_certificate",
            "emaid": EMAID,
            "certificate_chain": kit.contract_chain,
        }
    )
    assert (answer["outcome"], answer["certificate_status"]) == ("invalid", "CertChainError")
    assert "unknown_root" in json.dumps(answer["reasons"])
