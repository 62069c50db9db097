"""`POST /v1/ccp/signedContractData` ahead of Flask: what it answers is what its view answers."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from contract_service.api.opcp_contract_schemas import CcpResponseBody
from exi import encode
from exi.messages import iso15118_2
from exi.messages.xmldsig import X509IssuerSerial
from foundation.database import Database
from server.entry import flask_application
from tests.databases import copy_sqlite
from tests.server.assembly import Answer, Application

PATH = "/v1/ccp/signedContractData"
NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
UNSIGNED = base64.b64encode(
    encode(
        iso15118_2.V2GMessage(
            header=iso15118_2.Header(session_id=bytes(8)),
            body=iso15118_2.CertificateInstallationReq(
                id="id1",
                oem_provisioning_certificate=b"x",
                root_certificate_ids=(X509IssuerSerial(issuer_name="CN=V2G", serial_number=1),),
            ),
        )
    )
).decode()
ASKED = {"certificateInstallationReq": UNSIGNED, "xsdMsgDefNamespace": NAMESPACE}


@pytest.fixture(scope="module")
def application(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    home = tmp_path_factory.mktemp("lane")
    database = Database(copy_sqlite(sqlite_template, home / "evtrust.sqlite"))
    yield Application(database, home)
    database.close()


def through_flask(application: Application) -> Client:
    return Client(flask_application(application.services, with_management=False))


def alike(answer: Answer) -> object:
    """What two answers to one request share: all but their ids."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"Content-Length", "X-Installation-Reference"}
    }
    if "traceId" not in answer.json:
        return answer.status, headers, answer.json
    said = [message.partition(" (installation ")[0] for message in answer.json["errorMessages"]]
    return answer.status, headers, said


@pytest.mark.parametrize(
    ("status", "body", "client", "headers", "content_type"),
    [
        (404, ASKED, "cpo", {}, "application/json"),
        (404, ASKED, "cpo", {"alwaysReturnEXI": "1", "broadcast": "off"}, "application/json"),
        (404, ASKED, "cpo", {"alwaysReturnEXI": "false"}, "application/json"),
        (404, ASKED | {"metadata": "x"}, "admin", {"alwaysReturnEXI": "no"}, "application/json"),
        (400, ASKED, "cpo", {"alwaysReturnEXI": "perhaps"}, "application/json"),
        (400, ASKED | {"more": 1}, "cpo", {}, "application/json"),
        (400, ASKED | {"xsdMsgDefNamespace": "urn:x"}, "cpo", {}, "application/json"),
        (400, ASKED | {"certificateInstallationReq": "AAAA"}, "cpo", {}, "application/json"),
        (400, ASKED | {"certificateInstallationReq": "%"}, "cpo", {}, "application/json"),
        (400, b"[]", "cpo", {}, "application/json"),
        (400, b'{"certificateInstallationReq": NaN}', "cpo", {}, "application/json"),
        (400, b"[" * 20_000, "cpo", {}, "application/json"),
        (413, b" " * 70_000, "cpo", {}, "application/json"),
        (415, ASKED, "cpo", {}, "text/plain"),
        (403, b"rubbish", "mo", {}, "application/json"),
        (403, b"rubbish", "auditor", {"broadcast": "x"}, "application/json"),
        (401, ASKED, None, {}, "application/json"),
    ],
)
def test_the_lane_answers_as_the_view_does(
    application: Application,
    status: int,
    body: object,
    client: str | None,
    headers: dict[str, str],
    content_type: str,
) -> None:
    ahead = application.ask(
        "POST", PATH, body, client=client, headers=headers, content_type=content_type
    )
    in_lane, application._client = application._client, through_flask(application)
    try:
        behind = application.ask(
            "POST", PATH, body, client=client, headers=headers, content_type=content_type
        )
    finally:
        application._client = in_lane
    assert ahead.status == status, ahead
    assert alike(ahead) == alike(behind)


def test_an_answer_has_the_documented_shape_and_names_its_record(application: Application) -> None:
    answer = application.ask("POST", PATH, ASKED, client="cpo")
    shown = CcpResponseBody.model_validate_json(answer.body)
    (entry,) = shown.CCPResponse.emaidContent
    assert base64.b64decode(entry.messageDef.certificateInstallationRes)
    reference = answer.headers["X-Installation-Reference"]
    record = application.ask("GET", f"/v1/installations/{reference}", client="cpo")
    assert record.json["reference"] == reference
