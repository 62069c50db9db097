"""Each call as the clients of the field make it: RFC 7030, OPCP, MaEVe, CitrineOS."""

import base64
from collections.abc import Mapping
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from foundation.principal import ClientRole
from server.description import PUBLIC
from server.entry import flask_application
from tests.pki.est.assembly import (
    PKCS7,
    Asker,
    certificates_of,
    enrol,
    leaf_of,
    new_asker,
    new_csr,
    new_evse_id,
    refusal,
    value_of,
)
from tests.server.assembly import Answer, Application


def post(asker: Asker, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    return asker.application.ask(
        "POST", path, body, headers=headers, content_type="application/pkcs10"
    )


def assert_enrolled(answer: Answer, evse_id: str) -> x509.Certificate:
    assert answer.headers["Content-Type"] == PKCS7
    assert "Content-Transfer-Encoding" not in answer.headers  # RFC 7030 erratum 5107
    leaf = leaf_of(answer)
    assert value_of(leaf.subject, NameOID.COMMON_NAME) == evse_id
    assert value_of(leaf.subject, NameOID.DOMAIN_COMPONENT) == "CPO"
    return leaf


def assert_ca_chain(answer: Answer, role: str = "CPO", edition: str = "") -> None:
    """Sub-CA 2, Sub-CA 1, root: each is issued by the one after it, the root by itself."""
    assert answer.headers["Content-Transfer-Encoding"] == "base64"
    chain = [x509.load_der_x509_certificate(der) for der in certificates_of(answer)]
    assert len(chain) == 3
    for below, above in pairwise([*chain, chain[-1]]):
        below.verify_directly_issued_by(above)
    names = [value_of(certificate.subject, NameOID.COMMON_NAME) for certificate in chain]
    assert names == [
        f"evtrust {role} Sub-CA 2{edition} G1",
        f"evtrust {role} Sub-CA 1{edition} G1",
        f"evtrust V2G Root{edition} G1",
    ]


def test_maeve(application: Application) -> None:
    """Token by JSON without audience; sent twice; the CSR's base64 on one line."""
    asker = new_asker(application)
    token, evse_id = asker.token_by_json(), new_evse_id()
    authorization = {"Authorization": f"Bearer {token}", "X-API-Key": token}
    csr = base64.b64encode(new_csr(evse_id))
    assert_enrolled(post(asker, "/cpo/simpleenroll/ISO15118-2", csr, authorization), evse_id)
    answer = application.ask("GET", "/cpo/cacerts/ISO15118-2", headers=authorization)
    assert_ca_chain(answer)


def test_citrineos(application: Application) -> None:
    """Token by form with the audience; Accept is the request's own type."""
    asker = new_asker(application)
    authorization = {"Authorization": f"Bearer {asker.token_by_form()}"}
    evse_id = new_evse_id()
    der = new_csr(evse_id)
    headers = {**authorization, "Accept": "application/pkcs10"}
    path = "/.well-known/cpo/simpleenroll"
    assert_enrolled(post(asker, path, base64.b64encode(der), headers), evse_id)
    pem = x509.load_der_x509_csr(der).public_bytes(Encoding.PEM)  # as OCPP brought it
    assert_enrolled(post(asker, path, pem, headers), evse_id)
    headers = {
        **authorization,
        "Accept": "application/pkcs10, application/pkcs7",
        "Content-Transfer-Encoding": "application/pkcs10",
    }
    assert_ca_chain(application.ask("GET", "/.well-known/cpo/cacerts", headers=headers))


def test_opcp(application: Application) -> None:
    """Edition and key type in the path, the namespace as an option, a final slash."""
    asker = new_asker(application)
    headers = {"Authorization": f"Bearer {asker.token_by_json()}"}
    evse_id = new_evse_id()
    csr = base64.encodebytes(new_csr(evse_id))
    path = "/.well-known/est/cpo/simpleenroll/ISO15118-2"
    assert_enrolled(post(asker, path, csr, headers), evse_id)
    path += "?xsdMsgDefNamespace=urn:iso:15118:2:2013:MsgDef"
    assert_enrolled(post(asker, path, csr, headers), evse_id)
    headers = {"Content-Transfer-Encoding": "application/pkcs10"}
    for path in ("/cpo/cacerts/ISO15118-2/secp256r1/", "/cpo/cacerts/ISO15118-2/secp256r1"):
        assert_ca_chain(application.ask("GET", path, headers=headers))


def test_rfc_7030_without_a_label(application: Application) -> None:
    asker = new_asker(application)
    headers = {"Authorization": f"Bearer {asker.token_by_json()}"}
    evse_id = new_evse_id()
    csr = base64.encodebytes(new_csr(evse_id)).replace(b"\n", b"\r\n")
    headers["Content-Transfer-Encoding"] = "base64"  # ignored: RFC 8951 section 3
    assert_enrolled(post(asker, "/.well-known/est/simpleenroll", csr, headers), evse_id)
    assert_ca_chain(application.ask("GET", "/.well-known/est/cacerts"))
    answer = application.ask("GET", "/.well-known/est/csrattrs", headers=headers)
    assert answer.media_type == "application/csrattrs"


def test_without_a_label_the_tokens_role_decides(application: Application) -> None:
    for client, role in (("cpo", "CPO"), ("mo", "MO"), ("oem", "OEM"), ("cps", "Prov")):
        answer = application.ask("GET", "/.well-known/est/cacerts", client=client)
        assert_ca_chain(answer, role)
    # whose role does not decide is asked to
    for client in ("admin", "auditor"):
        answer = application.ask("GET", "/.well-known/est/cacerts", client=client)
        assert refusal(answer) == (400, "label_needed")
        assert_ca_chain(application.ask("GET", "/.well-known/est/mo/cacerts", client=client), "MO")


def test_a_token_that_does_not_stand_gets_no_other_roles_authorities(
    application: Application,
) -> None:
    """An MO whose token has run out would otherwise install the CPO's authorities."""
    headers = {"Authorization": "Bearer x.y.z"}
    answer = application.ask("GET", "/.well-known/est/cacerts", headers=headers)
    assert refusal(answer) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    # where the path names the role nobody looks at the token
    assert_ca_chain(application.ask("GET", "/cpo/cacerts/ISO15118-2", headers=headers))


@pytest.mark.parametrize(
    ("path", "role", "edition"),
    [
        ("/cpo/cacerts/ISO15118-20/secp521r1/", "CPO", " 20 P-521"),
        ("/cpo/cacerts/ISO15118-20/ed448/", "CPO", " 20 Ed448"),
        ("/mo/cacerts/ISO15118-20/secp521r1/", "MO", " 20 P-521"),
        ("/veh/cacerts/ISO15118-20/ed448/", "OEM", " 20 Ed448"),
        ("/cps/cacerts/ISO15118-2/secp256r1/", "Prov", ""),
        ("/oem/cacerts/ISO15118-20", "OEM", " 20 P-521"),
        ("/.well-known/est/veh/cacerts", "OEM", " 20 P-521"),
        ("/.well-known/est/oem/cacerts", "OEM", ""),
        ("/.well-known/est/cacerts/ISO15118-20/ed448", "CPO", " 20 Ed448"),
        ("/.well-known/est/CPO/cacerts/", "CPO", ""),
        ("/.well-known/cpo/cacerts/ISO15118-20", "CPO", " 20 P-521"),
        (
            "/.well-known/est/cpo/cacerts?xsdMsgDefNamespace=urn:iso:15118:20:2022:MsgDef",
            "CPO",
            " 20 P-521",
        ),
        (  # generated clients send the default along; the path is what was meant
            "/cpo/cacerts/ISO15118-20?xsdMsgDefNamespace=urn:iso:15118:2:2013:MsgDef",
            "CPO",
            " 20 P-521",
        ),
    ],
)
def test_every_chain_has_an_address(
    application: Application, path: str, role: str, edition: str
) -> None:
    assert_ca_chain(application.ask("GET", path), role, edition)


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/xyz/cacerts/ISO15118-2", (404, "label_unknown")),
        ("/.well-known/est/a-b-cpo/cacerts", (404, "label_unknown")),
        ("/.well-known/est/cpo%0A/cacerts", (404, "label_unknown")),
        ("/.well-known/est/" + "x" * 25 + "-cpo/cacerts", (404, "label_unknown")),
        ("/.well-known/est/other-cpo/cacerts", (404, "authority_unknown")),
        ("/.well-known/est/A_B-mo/cacerts", (404, "authority_unknown")),
        ("/cpo/cacerts/ISO15118-3", (400, "edition_unknown")),
        ("/cpo/cacerts/ISO15118-20/secp256r1/", (400, "key_algorithm_not_allowed")),
        ("/cpo/cacerts/ISO15118-2/ed448/", (400, "key_algorithm_not_allowed")),
        ("/cpo/cacerts/ISO15118-2/rsa/", (400, "algorithm_unknown")),
        ("/.well-known/est/cacerts?xsdMsgDefNamespace=urn:x", (400, "edition_unknown")),
    ],
)
def test_what_is_not_there_is_refused_in_plain_text(
    application: Application, path: str, refused: tuple[int, str]
) -> None:
    assert refusal(application.ask("GET", path)) == refused


def test_authorities_beside_the_houses_have_a_prefix(application: Application) -> None:
    """OPCP's `{ca}` may carry one."""
    for path in ("/acme-cpo/cacerts/ISO15118-2/secp256r1/", "/.well-known/est/Acme-CPO/cacerts"):
        chain = certificates_of(application.ask("GET", path))
        names = [x509.load_der_x509_certificate(der).subject for der in chain]
        assert value_of(names[0], NameOID.COMMON_NAME) == "Acme CPO Sub-CA 2"
        assert value_of(names[2], NameOID.COMMON_NAME) == "evtrust V2G Root G1"
    evse_id = new_evse_id()
    leaf = leaf_of(enrol(application, "/.well-known/est/acme-cpo/simpleenroll", new_csr(evse_id)))
    assert leaf.issuer == names[0]


def test_only_cacerts_answers_strangers(application: Application) -> None:
    app = flask_application(application.services, with_management=False)
    routes = {
        (method, rule.rule, rule.endpoint.partition(".")[0])
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.endpoint.startswith("est")
    }
    for method, path, blueprint in routes:
        assert (blueprint in PUBLIC) is ("/cacerts" in path), path
        asked = path.replace("<ca>", "cpo").replace("<edition>", "ISO15118-2")
        answer = application.ask(method, asked.replace("<algorithm>", "secp256r1"))
        if blueprint in PUBLIC:
            assert answer.status == 200, path
        else:
            assert (answer.status, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer"), path
            assert method == "HEAD" or refusal(answer) == (401, "token_missing")
    assert {method for method, path, _ in routes if "enroll" in path or "keygen" in path} == {
        "POST",
        "OPTIONS",
    }
    assert len(routes) == 4 * (2 * 2 * 3 + 2 * 3 + 3 * 3)


def test_who_asks_too_often_waits(application: Application) -> None:
    strangers = {"REMOTE_ADDR": "192.0.2.7"}
    client = flask_application(application.services, with_management=False).test_client()
    for _ in range(301):
        response = client.get("/cpo/cacerts/ISO15118-2", environ_base=strangers)
        if response.status_code == 429:
            break
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    assert response.content_type == "text/plain; charset=utf-8"
    assert client.get("/cpo/cacerts/ISO15118-2").status_code == 200


def test_the_answer_is_base64_that_openssl_reads(application: Application) -> None:
    """Wrapped, with a line end: a script of the field pipes it to `openssl enc -base64 -d`."""
    lines = application.ask("GET", "/cpo/cacerts/ISO15118-2").body.split(b"\n")
    assert max(map(len, lines)) == 76
    assert lines[-1] == b""


@pytest.mark.parametrize("role", [ClientRole.MO, ClientRole.OEM, ClientRole.CPS])
def test_another_role_enrols_no_station(application: Application, role: ClientRole) -> None:
    asker = new_asker(application, role)
    headers = {"Authorization": f"Bearer {asker.token_by_json()}"}
    csr = base64.b64encode(new_csr(new_evse_id()))
    for path in ("/cpo/simpleenroll/ISO15118-2", "/.well-known/cpo/simpleenroll"):
        assert refusal(post(asker, path, csr, headers)) == (403, "role_required")
