"""OPCP's provisioning pool over HTTP: each call as its participants make it."""

import base64
import datetime as dt
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundation.database import Database
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from pki.model.roles import CertificateRole
from tests.contract_service.pools.manufacturer import Manufacturer, manufacturer
from tests.databases import copy_sqlite
from tests.pki.validation.authorities import Authority
from tests.pki.validation.vectors import HUBJECT_TIME, hubject
from tests.server.assembly import Answer, Application, new_pcid

VEHICLES = "/v1/oem/provCerts"
OLDER = "urn:iso:15118:2:2013:MsgDef"
MAKER = manufacturer()


def b64(der: bytes) -> str:
    return base64.b64encode(der).decode()


def body(leaf: Authority, maker: Manufacturer = MAKER, **members: object) -> dict[str, object]:
    return {
        "subCA1Certificate": b64(maker.sub_ca_1.der),
        "subCA2Certificate": b64(maker.sub_ca_2.der),
        "vehicleCertificate": b64(leaf.der),
    } | members


def put(application: Application, sent: object, client: str = "oem") -> Answer:
    return application.ask("PUT", VEHICLES, sent, client=client)


@pytest.fixture(autouse=True)
def trusted(application: Application) -> None:
    application.published_vehicle()


def test_a_vehicle_is_published_delivered_looked_up_and_deleted(application: Application) -> None:
    pcid = new_pcid()
    sent = body(
        MAKER.vehicle(pcid),
        xsdMsgDefNamespace=OLDER,
        v2gRootAuthorityKeyIdentifiers=["45:B8:40:9E:E1:38:F8:BF"],
        previousPcid=new_pcid(),
    )
    told = put(application, sent)
    assert told.status == 200
    published = told.json
    assert {key: published[key] for key in sent if "Identifiers" not in key} == {
        key: value for key, value in sent.items() if "Identifiers" not in key
    }
    assert published["v2gRootAuthorityKeyIdentifiers"] == ["45:b8:40:9e:e1:38:f8:bf"]
    assert "CN=OEM Root" in published["rootIssuerDistinguishedName"]
    for spelling in (pcid, pcid.upper()):
        path = f"{VEHICLES}/{spelling}"
        answer = application.ask("GET", path, client="mo", headers={"broadcast": "true"})
        assert (answer.status, answer.json) == (200, {"OEMMessage": published})
        found = application.ask("GET", f"{VEHICLES}/lookupVehicle/{spelling}", client="mo")
        assert (found.status, found.body) == (200, b"")
        head = application.ask("HEAD", path, client="mo")
        assert (head.status, head.body) == (200, b"")
    gone = application.ask("DELETE", f"{VEHICLES}/{pcid}", client="oem")
    assert (gone.status, gone.body) == (200, b"")
    for method, path, client in (
        ("GET", f"{VEHICLES}/{pcid}", "mo"),
        ("GET", f"{VEHICLES}/lookupVehicle/{pcid}", "mo"),
        ("DELETE", f"{VEHICLES}/{pcid}", "oem"),
    ):
        answer = application.ask(method, path, client=client)
        assert (answer.status, answer.code) == (404, "vehicle_unknown")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", VEHICLES),
        ("GET", f"{VEHICLES}/lookupVehicle"),
        ("DELETE", VEHICLES),
    ],
)
@pytest.mark.parametrize("pcid", ["short", "a" * 19, "WAA-2345678901234", "WAA%0A345678901234"])
def test_what_is_no_pcid_is_400(
    application: Application, method: str, path: str, pcid: str
) -> None:
    answer = application.ask(method, f"{path}/{pcid}", client="admin")
    assert answer.status == 400
    assert any(message.startswith("pcid : ") for message in answer.json["errorMessages"])
    assert pcid not in str(answer.json)


@pytest.mark.parametrize(
    ("changed", "code", "named"),
    [
        ({"vehicleCertificate": "%%%"}, "invalid_der", "vehicleCertificate"),
        ({"subCA2Certificate": "TUlJ"}, "invalid_der", "subCA2Certificate"),
        ({"subCA1Certificate": "MIIB"}, "certificate_chain_malformed", "subCA1Certificate"),
        ({"subCA1Certificate": ""}, "invalid_request", "subCA1Certificate"),
        ({"vehicleCertificate": "A" * 2140}, "invalid_request", "vehicleCertificate"),
        ({"xsdMsgDefNamespace": "urn:iso"}, "invalid_request", "xsdMsgDefNamespace"),
        (
            {"xsdMsgDefNamespace": "urn:iso:15118:20:2022:MsgDef"},
            "key_of_another_edition",
            "xsdMsgDefNamespace",
        ),
        ({"previousPcid": "WAA"}, "invalid_request", "previousPcid"),
        ({"v2gRootAuthorityKeyIdentifiers": []}, "invalid_request", "v2gRootAuth"),
        ({"v2gRootAuthorityKeyIdentifiers": ["zz"]}, "invalid_request", "v2gRootAuth"),
        ({"v2gRootAuthorityKeyIdentifiers": ["aa"] * 11}, "invalid_request", "v2gRootAuth"),
        ({"provisioningCertificate": "MIIB"}, "invalid_request", "provisioningCertificate"),
    ],
)
def test_the_input_at_fault_is_named_and_nothing_stored(
    application: Application, changed: dict[str, object], code: str, named: str
) -> None:
    pcid = new_pcid()
    before = application.rows()
    answer = put(application, body(MAKER.vehicle(pcid)) | changed)
    assert (answer.status, answer.code) == (400, code)
    assert any(message.startswith(named) for message in answer.json["errorMessages"])
    assert application.rows() == before


def test_another_manufacturers_pcid_is_403(application: Application) -> None:
    before = application.rows()
    answer = put(application, body(MAKER.vehicle(new_pcid("WBB"))))
    assert (answer.status, answer.code) == (403, "not_your_wmi")
    assert application.rows() == before


def test_a_megabyte_of_random_bytes_is_413(application: Application) -> None:
    answer = put(application, secrets.token_bytes(1_000_000))
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_a_chain_of_a_hundred_certificates_is_refused(application: Application) -> None:
    leaf = MAKER.vehicle(new_pcid())
    sent = body(leaf) | {"subCA1Certificate": b64(MAKER.sub_ca_1.der * 100)}
    assert put(application, sent).status in {400, 413}


def test_an_older_certificate_is_400_as_opcp_has_no_409(application: Application) -> None:
    pcid = new_pcid()
    new = MAKER.vehicle(pcid, start=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    assert put(application, body(new)).status == 200
    answer = put(application, body(MAKER.vehicle(pcid)))
    assert (answer.status, answer.code) == (400, "certificate_older")


def test_an_unknown_root_is_told_step_by_step(application: Application) -> None:
    stranger = manufacturer("a stranger to this service")
    answer = put(application, body(stranger.vehicle(new_pcid()), stranger))
    assert (answer.status, answer.code) == (400, "chain_not_valid")
    assert any(
        message.startswith("issuer_not_found : ") for message in answer.json["errorMessages"]
    )


def test_the_chores_of_the_pools_are_done_by_housekeeping(application: Application) -> None:
    done = set(application.services.housekeeping.run_once())
    assert {"expired_roots", "vehicles", "vehicle_deletions"} <= done


@pytest.fixture
def in_2022(sqlite_template: Path, tmp_path: Path) -> Iterator[Application]:
    database = Database(copy_sqlite(sqlite_template, tmp_path / "evtrust.sqlite"))
    application = Application(database, tmp_path, clock=lambda: HUBJECT_TIME)
    services = application.services
    services.add_anchor(LOCAL_ADMINISTRATOR, hubject("v2g_root_qa_g1"), CertificateRole.V2G_ROOT)
    made = services.create_client(LOCAL_ADMINISTRATOR, "hub", [ClientRole.OEM], wmis=["HUB"])
    given = services.issue_token(made.client.client_id, made.client_secret)
    application.tokens["hub"] = given.token
    yield application
    database.close()


def test_the_example_of_the_reference_gets_the_answer_of_the_reference(
    in_2022: Application,
) -> None:
    """OPCP 1.0.0, PCP, addOEMProvCert: the request's certificates and what the answer adds."""
    sent: dict[str, Any] = {
        "subCA1Certificate": b64(hubject("oem_sub1")),
        "subCA2Certificate": b64(hubject("oem_sub2")),
        "vehicleCertificate": b64(hubject("oem_provisioning")),
        "xsdMsgDefNamespace": OLDER,
    }
    expected = sent | {
        "rootIssuerDistinguishedName": "CN=V2G Root CA QA G1, DC=V2G, O=Hubject GmbH, C=DE",
        "rootIssuerSerialNumber": "69ab00d259bbdf42ce80529ad30ce5ed",
        "rootAuthorityKeyIdentifier": "4b:45:ff:82:25:fc:10:96",
    }
    answer = put(in_2022, sent, "hub")
    assert answer.status == 200, answer
    told = answer.json
    fingerprint = told.pop("fingerprint")
    assert len(fingerprint) == 64
    assert told == expected
    read = in_2022.ask("GET", f"{VEHICLES}/HUBOEMPROVCQA0615", client="mo")
    assert read.json == {"OEMMessage": expected | {"fingerprint": fingerprint}}
