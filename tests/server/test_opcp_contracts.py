"""From the manufacturer's certificate to the vehicle's contract, over OPCP as clients speak it."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from contract_service.model.exi_signature import sign_elements
from contract_service.model.signature_suite import SigningKey
from exi import Schema, decode, encode
from exi.messages import iso15118_2
from foundation.database import Database
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.sealing import Sealer
from pki.keys.sealed import generate_key
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from pki.operations.issue import IssueRequest
from server.installation import Installation
from server.wiring import Services
from tests.contract_service.provisioning.works import (
    code_of,
    delivered,
    public_octets,
    root_id,
    session_of,
)
from tests.databases import copy_sqlite
from tests.pki.issuing.house import spki
from tests.server.assembly import Answer, Application, new_emaid, new_pcid

NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
SESSION = bytes(range(8))


class Fleet:
    """An application with authorities, and vehicles of theirs."""

    def __init__(self, database: Database, home: Path) -> None:
        self.application = Application(database, home)
        # as the `ca` commands do it: serving processes open no offline key
        ceremony = Services(
            self.application.services.settings,
            database=database,
            installation=Installation(Sealer(bytes(range(32))), demo=False),
            offline_keys=True,
        )
        ceremony.create_hierarchy(
            LOCAL_ADMINISTRATOR,
            HierarchyRequest(Edition.ISO15118_2, KeyAlgorithm.P256, "Example", "DE"),
        )
        self.services = self.application.services
        self.services.renew_cps_signers(self.services.clock())

    def vehicle(self) -> "Vehicle":
        """Make a vehicle and publish it as its manufacturer does."""
        pcid, key = new_pcid(), generate_key(KeyAlgorithm.P256)
        issued = self.services.issue_certificate(
            LOCAL_ADMINISTRATOR,
            IssueRequest(
                issuer="oem-sub2",
                role=CertificateRole.OEM_PROVISIONING,
                common_name=pcid,
                subject_id=pcid.upper(),
                owner=pcid[:3],
                organization=None,
                csr=None,
                public_key=spki(key),
                not_before=None,
                lifetime=None,
            ),
        )
        leaf, sub2, sub1 = (b64(der) for der in issued.chain)
        published = self.ask(
            "PUT",
            "/v1/oem/provCerts",
            {
                "vehicleCertificate": leaf,
                "subCA2Certificate": sub2,
                "subCA1Certificate": sub1,
                "xsdMsgDefNamespace": NAMESPACE,
            },
            client="oem",
        )
        assert published.status == 200, published
        return Vehicle(self, pcid, key, issued.certificate)

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        return self.application.ask(method, path, body, **more)


class Vehicle:
    """A vehicle with its key, behind a station of the operator `cpo`."""

    def __init__(self, fleet: Fleet, pcid: str, key: SigningKey, certificate: bytes) -> None:
        self.fleet = fleet
        self.pcid = pcid
        self.key = key
        self.certificate = certificate

    def request(self, key: SigningKey | None = None) -> str:
        signers = self.fleet.services.find_cps_signers(Schema.ISO15118_2).newest.values()
        body = iso15118_2.CertificateInstallationReq(
            id="id1",
            oem_provisioning_certificate=self.certificate,
            root_certificate_ids=tuple(root_id(one.certificate.root) for one in signers),
        )
        signature = sign_elements([body], key or self.key)
        header = iso15118_2.Header(session_id=SESSION, signature=signature)
        return b64(encode(iso15118_2.V2GMessage(header=header, body=body)))

    def asks(self, request: str | None = None, headers: Any = None) -> Answer:
        body = {
            "certificateInstallationReq": request or self.request(),
            "xsdMsgDefNamespace": NAMESPACE,
        }
        return self.fleet.ask(
            "POST", "/v1/ccp/signedContractData", body, client="cpo", headers=headers
        )

    def contract(self, emaid: str, client: str = "mo") -> Answer:
        return self.fleet.ask(
            "PUT",
            "/v1/cps/generate/signedContractData",
            {
                "contractBegins": "2026-01-01T00:00:00Z",
                "contractEnds": "2099-01-01T00:00:00Z",
                "emaid": emaid,
                "pcid": self.pcid,
                "xsdMsgDefNamespace": NAMESPACE,
                "metaData": "x",
            },
            client=client,
        )

    def unwraps(self, exi: str) -> tuple[Any, Any]:
        found: tuple[Any, Any] = delivered(
            base64.b64decode(exi), Schema.ISO15118_2, self.key, self.certificate
        )
        return found


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


@pytest.fixture(scope="module")
def fleet(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    home = tmp_path_factory.mktemp("fleet")
    database = Database(copy_sqlite(sqlite_template, home / "evtrust.sqlite"))
    yield Fleet(database, home)
    database.close()


@pytest.fixture
def vehicle(fleet: Fleet) -> Vehicle:
    return fleet.vehicle()


def first_entry(answer: Answer) -> tuple[str, str]:
    """Read as MaEVe does: the first entry."""
    message = answer.json["CCPResponse"]["emaidContent"][0]["messageDef"]
    return message["certificateInstallationRes"], message["emaid"]


def last_entry(answer: Answer) -> tuple[str, str]:
    """Read as CitrineOS does: the last entry that has an answer."""
    entries = [
        one["messageDef"]
        for one in answer.json["CCPResponse"]["emaidContent"]
        if one["messageDef"].get("certificateInstallationRes")
    ]
    return entries[-1]["certificateInstallationRes"], entries[-1]["emaid"]


@pytest.mark.parametrize("read", [first_entry, last_entry])
def test_an_emps_path_and_a_cpmss_path(vehicle: Vehicle, read: Any) -> None:
    emaid = new_emaid()
    assert (vehicle.contract(emaid).status, vehicle.contract(emaid).body) == (201, b"")
    answer = vehicle.asks()
    assert answer.status == 200, answer
    exi, told = read(answer)
    assert told == emaid
    key, chain = vehicle.unwraps(exi)
    assert f"CN={emaid}" in x509.load_der_x509_certificate(chain[0]).subject.rfc4514_string()
    assert public_octets(key)
    assert session_of(base64.b64decode(exi), Schema.ISO15118_2) == SESSION


def test_a_refusal_is_told_in_exi_and_read_step_by_step(vehicle: Vehicle, fleet: Fleet) -> None:
    for header in (None, {"alwaysReturnEXI": "true"}):
        answer = vehicle.asks(headers=header)
        assert answer.status == 404
        (entry,) = answer.json["CCPResponse"]["emaidContent"]
        assert set(entry["messageDef"]) == {"certificateInstallationRes"}
        exi = base64.b64decode(entry["messageDef"]["certificateInstallationRes"])
        assert code_of(exi, Schema.ISO15118_2) == "FAILED_NoCertificateAvailable"
        assert session_of(exi, Schema.ISO15118_2) == SESSION
    plain = vehicle.asks(headers={"alwaysReturnEXI": "false", "broadcast": "true"})
    assert (plain.status, plain.code) == (404, "no_contract")
    assert set(plain.json) == {"errorMessages", "traceId"}
    reference = answer.headers["X-Installation-Reference"]
    assert "(installation " in plain.json["errorMessages"][0]
    record = fleet.ask("GET", f"/v1/installations/{reference}", client="cpo")
    assert record.status == 200
    assert [(one["name"], one["passed"]) for one in record.json["steps"]] == [
        ("message", True),
        ("signature", True),
        ("vehicle", True),
        ("chain", True),
        ("contract", False),
    ]
    assert vehicle.pcid not in record.body.decode()
    assert fleet.ask("GET", f"/v1/installations/{reference}", client="other_cpo").status == 404


def test_a_request_of_another_key_and_rubbish(vehicle: Vehicle) -> None:
    vehicle.contract(new_emaid())
    answer = vehicle.asks(vehicle.request(generate_key(KeyAlgorithm.P256)))
    exi = base64.b64decode(
        answer.json["CCPResponse"]["emaidContent"][0]["messageDef"]["certificateInstallationRes"]
    )
    assert (answer.status, code_of(exi, Schema.ISO15118_2)) == (404, "FAILED_SignatureError")
    for rubbish in ("AAAA", b64(bytes(12_000)), "gJg=", "not base64!"):
        refused = vehicle.asks(rubbish)
        assert refused.status == 400, refused
        assert refused.json["errorMessages"]
    assert vehicle.asks("A" * 60_000).status == 400
    assert vehicle.asks("A" * 1_400_000).status == 413


def test_another_providers_emaid_is_forbidden_and_leaves_nothing(
    vehicle: Vehicle, fleet: Fleet
) -> None:
    before = fleet.application.rows()
    answer = vehicle.contract(new_emaid(), client="other_mo")
    assert (answer.status, answer.code) == (403, "not_your_provider")
    assert fleet.application.rows() == before


def test_every_spelling_of_the_20_namespace_is_read(vehicle: Vehicle, fleet: Fleet) -> None:
    for spelling in (
        "urn:iso:15118:20:2020:MsgDef",
        "urn:iso:15118:20:2022:MsgDef",
        "urn:iso:std:iso:15118:-20:CommonMessages",
    ):
        body = {"certificateInstallationReq": "AAAA", "xsdMsgDefNamespace": spelling}
        answer = fleet.ask("POST", "/v1/ccp/signedContractData", body, client="cpo")
        assert (answer.status, answer.code) == (400, "exi_header")


def test_the_pool_is_read_chosen_from_and_emptied(vehicle: Vehicle, fleet: Fleet) -> None:
    first, second = new_emaid(), new_emaid()
    for emaid in (first, second):
        assert vehicle.contract(emaid).status == 201
    pool = f"/v1/ccp/signedContractData/{vehicle.pcid}"
    listed = fleet.ask("GET", pool, client="oem").json["XMLContracts"]
    assert [(one["emaid"], one["defaultContract"]) for one in listed] == [
        (first, True),
        (second, False),
    ]
    assert {one["pcid"] for one in listed} == {vehicle.pcid}
    assert fleet.ask("POST", f"{pool}/{second}/default", client="oem").status == 200
    assert first_entry(vehicle.asks())[1] == second
    looked_up = fleet.ask("GET", f"/v1/ccp/lookupContract/{first}", client="cpo")
    (shown,) = looked_up.json["XMLContracts"]
    assert "pcid" not in shown
    assert shown["xsdMsgDefNamespace"] == NAMESPACE
    provided = fleet.ask(
        "GET",
        f"/v1/ccp/provideSignedContractData/{first}/{vehicle.pcid}?sessionID=A1B2",
        client="oem",
    )
    exi = provided.json["certificateInstallationRes"]
    assert session_of(base64.b64decode(exi), Schema.ISO15118_2) == b"\xa1\xb2"
    assert vehicle.unwraps(exi)
    for emaid in (first, second):
        deleted = fleet.ask("DELETE", f"/v1/ccp/signedContractData/{emaid}", client="mo")
        assert (deleted.status, deleted.body) == (200, b"")
    assert fleet.ask("GET", pool, client="oem").json == {"XMLContracts": []}
    assert vehicle.asks(headers={"alwaysReturnEXI": "false"}).code == "no_contract"


@pytest.mark.parametrize(("header", "status"), [(None, "revoked"), ("true", "good")])
def test_a_deletion_revokes_unless_it_is_told_not_to(
    vehicle: Vehicle, fleet: Fleet, header: str | None, status: str
) -> None:
    emaid = new_emaid()
    vehicle.contract(emaid)
    (pooled,) = fleet.services.contract_pool.of_contract(_parsed(emaid), None)
    headers = None if header is None else {"X-Skip-Revocation": header}
    path = f"/v1/ccp/signedContractData/{emaid}"
    assert fleet.ask("DELETE", path, client="mo", headers=headers).status == 200
    record = fleet.services.authorities.record(pooled.data.fingerprint)
    assert record is not None
    assert record.status == status


def test_deleting_the_vehicle_deletes_and_revokes(vehicle: Vehicle, fleet: Fleet) -> None:
    emaid = new_emaid()
    vehicle.contract(emaid)
    fingerprint = fleet.services.contract_pool.of_vehicle(
        fleet.services.contract_pool.of_contract(_parsed(emaid), None)[0].data.pcid, None
    )[0].data.fingerprint
    assert fleet.ask("DELETE", f"/v1/oem/provCerts/{vehicle.pcid}", client="oem").status == 200
    assert fleet.services.contract_pool.of_contract(_parsed(emaid), None) == []
    record = fleet.services.authorities.record(fingerprint)
    assert record is not None
    assert record.status == "revoked"


def _parsed(emaid: str) -> Any:
    from foundation.identifiers import Emaid

    return Emaid.parse(emaid)


@pytest.mark.parametrize("route", ["contractData/signed", "forward", "signedContractData"])
def test_contract_data_are_signed_by_the_new_and_the_deprecated_operations(
    vehicle: Vehicle, fleet: Fleet, route: str
) -> None:
    """Of a provider with its own authority: here one whose contract we had made before."""
    emaid = new_emaid()
    vehicle.contract(emaid)
    answer: Any = decode(base64.b64decode(first_entry(vehicle.asks())[0]), Schema.ISO15118_2).body
    leaf = b64(answer.contract_chain.certificate)
    sub2, sub1 = map(b64, answer.contract_chain.sub_certificates)
    wrapped = {
        "contractSignatureEncryptedPrivateKey": b64(answer.encrypted_private_key.value),
        "dHpublickey": b64(answer.dh_public_key.value),
    }
    (signer,) = fleet.ask("GET", "/cps/signer", client="mo").json["cpsCertificates"]
    common = {
        "pcid": vehicle.pcid,
        "emaid": emaid,
        "xsdMsgDefNamespace": NAMESPACE,
        "cpsV2GRootCertificateFingerprint": signer["cpsV2GRootCertificateFingerprint"],
    }
    new = {
        "contractCertificate": leaf,
        "contractSubCa2Certificate": sub2,
        "contractSubCa1Certificate": sub1,
        **wrapped,
    }
    old = {
        "contractSignatureCertChain": {
            "contractSignatureCertChainCertificate": leaf,
            "contractSignatureCertChainSubCertificates": [sub2, sub1],
        },
        "emaid": emaid,
        **wrapped,
    }
    path, data, status = {
        "contractData/signed": ("contractData/signed", new, 201),
        "forward": ("forward/signedContractData", old, 201),
        "signedContractData": ("signedContractData", old, 200),
    }[route]
    signed = fleet.ask("PUT", f"/v1/cps/{path}", {"contractData": data, **common}, client="mo")
    assert signed.status == status, signed
    if route != "forward":
        body = json.loads(signed.body)
        assert body["pcid"] == vehicle.pcid
        assert body["cpsRootDistinguishedName"] == signer["cpsRootDistinguishedName"]
        assert b"CertificateInstallationRes" in base64.b64decode(body["signedData"])
    origin = fleet.services.contract_pool.of_contract(_parsed(emaid), None)[0].data.origin
    assert origin == ("generated" if route == "signedContractData" else "signed")
    assert vehicle.unwraps(first_entry(vehicle.asks())[0])
