"""OPCP's root pool over HTTP: each call as its participants make it, and what they are told."""

import base64
from dataclasses import dataclass
from typing import Any

import pytest

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from server.wiring_web import WebServices
from tests.pki.validation.authorities import Authority, certify, name
from tests.pki.validation.vectors import hubject
from tests.server.assembly import Answer, Application

ROOTS = "/v1/root/rootCerts"
MEMBERS = {
    "rootCertificateId",
    "distinguishedName",
    "caCertificate",
    "commonName",
    "rootAuthorityKeyIdentifier",
    "rootAuthorityKeyIdentifierHex",
    "rootIssuerSerialNumber",
    "validFrom",
    "validTo",
    "organizationName",
    "rootType",
    "fingerprint",
    "fingerprintSha1",
    "xsdMsgDefNamespace",
    "signatureAlgorithm",
}


@dataclass
class Asking:
    application: Application

    def publish(self, der: bytes, root_type: str, client: str = "admin") -> Answer:
        body = {"caCertificate": base64.b64encode(der).decode(), "rootType": root_type}
        return self.application.ask("PUT", ROOTS, body, client=client)

    def roots(self, query: str = "", client: str = "cpo") -> list[dict[str, Any]]:
        answer = self.application.ask("GET", ROOTS + query, client=client)
        assert answer.status == 200, answer
        (collection,) = answer.json.values()
        assert set(answer.json) == {"RootCertificateCollection"}
        found: list[dict[str, Any]] = collection["rootCertificates"]
        return found


@pytest.fixture
def asking(application: Application) -> Asking:
    return Asking(application)


def new_root(domain: str = "V2G") -> Authority:
    return certify(name("A Root", domain), ca=True)


def test_a_published_root_reads_as_in_the_reference(asking: Asking) -> None:
    """The example of OPCP 1.0.0's RCP description, whose values come from this certificate."""
    told = asking.publish(hubject("v2g_root_g2"), "V2G")
    assert told.status == 200
    root_id = told.json["RootResponse"]["rootCertificateId"]
    answer = asking.application.ask("GET", f"{ROOTS}/{root_id}", client="mo")
    assert answer.status == 200
    assert set(answer.json) == {"RootResponse"}
    root = answer.json["RootResponse"]
    assert set(root) == MEMBERS
    expected = {
        "distinguishedName": "CN=V2G Root CA G2, DC=V2G, O=Hubject GmbH, C=DE",
        "caCertificate": base64.b64encode(hubject("v2g_root_g2")).decode(),
        "commonName": "V2G Root CA G2",
        "rootAuthorityKeyIdentifier": "RbhAnuE4+L8=",
        "rootAuthorityKeyIdentifierHex": "45:b8:40:9e:e1:38:f8:bf",
        "rootIssuerSerialNumber": "bbbbbc1ac45ad2dfe5b1d873c35c84",
        "validFrom": "2019-01-10T12:54:26Z",
        "validTo": "2059-01-09T19:00:00Z",
        "organizationName": "Hubject GmbH",
        "rootType": "V2G",
        "fingerprint": "a76ae4c5d00e06a967554511865bfa89e79590e8a61b5a71f9ce22e039d6c370",
        "signatureAlgorithm": "secp256r1",
        "xsdMsgDefNamespace": "urn:iso:15118:2:2013:MsgDef",
    }
    assert {key: root[key] for key in expected} == expected
    assert root in asking.roots()


def test_a_csms_reads_the_der_of_each_root(asking: Asking) -> None:
    """As CitrineOS and MaEVe do: no query, `caCertificate` as base64 of DER."""
    made = new_root()
    asking.publish(made.der, "V2G")
    assert made.der in [base64.b64decode(root["caCertificate"]) for root in asking.roots()]


def test_the_type_is_lower_case_in_the_query_and_upper_case_in_the_object(asking: Asking) -> None:
    asking.publish(new_root("MO").der, "MO")
    asking.publish(new_root("OEM").der, "OEM")
    asking.publish(new_root("V2G").der, "PE")
    for query, kind in (("mo", "MO"), ("oem", "OEM"), ("OEM", "OEM"), ("pe", "PE")):
        assert {root["rootType"] for root in asking.roots(f"?rootType={query}")} == {kind}
    assert "PE" not in {root["rootType"] for root in asking.roots("?role=cpo")}
    assert {"MO", "OEM"} <= {root["rootType"] for root in asking.roots("?role=cpo")}
    assert asking.roots("?rootType=mo&xsdMsgDefNamespace=urn:iso:15118:20:2022:MsgDef") == []
    for query in ("?rootType=tls", "?role=admin", "?type=mo"):
        answer = asking.application.ask("GET", ROOTS + query, client="cpo")
        assert (answer.status, answer.code) == (400, "invalid_request")


def test_the_trust_list_has_what_is_valid_now(asking: Asking) -> None:
    made = new_root()
    asking.publish(made.der, "V2G")
    answer = asking.application.ask("GET", "/v1/root/ctl", client="cps")
    assert answer.status == 200
    assert set(answer.json) == {"timeStamp", "CTL"}
    listed = answer.json["CTL"]["rootCertificates"]
    assert base64.b64encode(made.der).decode() in {root["caCertificate"] for root in listed}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"caCertificate": "MIIB", "rootType": "V2G"}, "certificate_chain_malformed"),
        ({"caCertificate": "*", "rootType": "V2G"}, "invalid_der"),
        ({"caCertificate": "MIIB", "rootType": "v2g"}, "invalid_request"),
        ({"caCertificate": "A" * 60_000, "rootType": "V2G"}, "invalid_request"),
        ({"rootType": "V2G"}, "invalid_request"),
        (
            {"caCertificate": base64.b64encode(hubject("mo_sub1")).decode(), "rootType": "MO"},
            "root_not_self_signed",
        ),
    ],
)
def test_what_is_no_root_is_400(asking: Asking, body: object, code: str) -> None:
    answer = asking.application.ask("PUT", ROOTS, body, client="admin")
    assert (answer.status, answer.code) == (400, code)
    assert len(answer.json["errorMessages"]) > 1


def test_another_type_is_400_as_opcp_has_no_409(asking: Asking) -> None:
    made = new_root()
    assert asking.publish(made.der, "V2G").status == 200
    answer = asking.publish(made.der, "PE")
    assert (answer.status, answer.code) == (400, "root_of_another_type")


def test_published_is_not_trusted_and_withdrawn_is_trusted_no_longer(asking: Asking) -> None:
    services = asking.application.services
    made = new_root("MO")
    root = asking.publish(made.der, "MO").json["RootResponse"]
    assert root["fingerprint"] not in anchors(services)
    services.add_anchor(LOCAL_ADMINISTRATOR, made.der, CertificateRole.MO_ROOT)
    path = f"{ROOTS}/{root['rootCertificateId']}"
    for client in ("cpo", "mo", "oem", "cps", "auditor"):
        assert asking.application.ask("DELETE", path, client=client).code == "role_required"
    assert root["fingerprint"] in anchors(services)
    answer = asking.application.ask("DELETE", path, client="admin")
    assert (answer.status, answer.body) == (200, b"")
    assert root["fingerprint"] not in anchors(services)
    gone = asking.application.ask("GET", path, client="cpo")
    assert (gone.status, gone.code) == (404, "root_unknown")


def anchors(services: WebServices) -> set[str]:
    return {anchor.fingerprint for anchor in services.list_anchors(LOCAL_ADMINISTRATOR)}


def test_a_trusted_root_is_not_published_by_that(asking: Asking) -> None:
    made = new_root("OEM")
    asking.application.services.add_anchor(LOCAL_ADMINISTRATOR, made.der, CertificateRole.OEM_ROOT)
    encoded = base64.b64encode(made.der).decode()
    assert encoded not in {root["caCertificate"] for root in asking.roots()}


def test_our_own_roots_are_there_without_anybody_publishing_them(asking: Asking) -> None:
    services = WebServices(
        asking.application.services.settings,
        database=asking.application.database,
        installation=asking.application.services.installation,
        offline_keys=True,
    )
    services.create_hierarchy(
        LOCAL_ADMINISTRATOR,
        HierarchyRequest(Edition.ISO15118_2, KeyAlgorithm.P256, "Ours", "DE", "Ours"),
    )
    ours = {
        base64.b64encode(authority.certificate).decode()
        for authority in services.authorities.all()
        if authority.is_root and authority.certificate
    }
    listed = {root["caCertificate"]: root for root in asking.roots()}
    assert len(ours) == 3
    assert ours <= set(listed)
    for encoded in ours:
        path = f"{ROOTS}/{listed[encoded]['rootCertificateId']}"
        refused = asking.application.ask("DELETE", path, client="admin")
        assert (refused.status, refused.code) == (400, "root_is_ours")
