"""DataTransfer of OCPP 1.6: vendors, messages, and the habits of MaEVe's and EVerest's stations."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.api.ocpp_data_transfer import AnswerDataTransfer, InOcpp20
from foundation.errors import ServiceError
from foundation.principal import Principal
from tests.authorization.fakes import CPO
from tests.authorization.ocpp import published
from tests.authorization.ocpp.assembly import HAS2BE, PNC, Csms
from tests.server.assembly import new_emaid


def transfer(vendor_id: str, message_id: str | None, data: str | None) -> dict[str, str]:
    given = {"vendorId": vendor_id, "messageId": message_id, "data": data}
    return {name: text for name, text in given.items() if text is not None}


@pytest.mark.parametrize(
    ("vendor_id", "message_id", "status"),
    [
        ("com.example", "Authorize", "UnknownVendorId"),
        ("", None, "UnknownVendorId"),
        (PNC.upper(), "Authorize", "UnknownVendorId"),
        (PNC, "Heartbeat", "UnknownMessageId"),
        (PNC, None, "UnknownMessageId"),
        (PNC, "CertificateSigned", "UnknownMessageId"),  # that one goes to the station
        (HAS2BE, "authorize", "UnknownMessageId"),
    ],
)
def test_what_is_unknown_is_said_to_be(
    csms: Csms, vendor_id: str, message_id: str | None, status: str
) -> None:
    answer = csms.answered("1.6", "DataTransfer", transfer(vendor_id, message_id, "{}"))
    assert answer == {"status": status}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (None, "data"),
        ("", "data"),
        ("x", "data"),
        ("[]", "data"),
        ("[" * 10_000 + "]" * 10_000, "data"),
        ('{"csr":' * 5_000 + "1" + "}" * 5_000, "data"),
        ('"{}"', "data"),
        ("{}", "data.csr"),
        ('{"csr": 1}', "data.csr"),
        ('{"csr": "x", "more": 1}', "data.more"),
        ('{"csr": "%s"}' % ("x" * 5501), "data.csr"),
    ],
)
@pytest.mark.parametrize("vendor_id", [PNC, HAS2BE])
def test_data_off_the_schema_is_an_error(
    csms: Csms, vendor_id: str, data: str | None, named: str
) -> None:
    answer = csms.send("1.6", "DataTransfer", transfer(vendor_id, "SignCertificate", data))
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert named in answer.json["fields"]


def test_the_envelope_off_the_schema_is_an_error(csms: Csms) -> None:
    for body, named in (
        ({}, "vendorId"),
        ({"vendorId": "x" * 256}, "vendorId"),
        ({"vendorId": PNC, "messageId": "x" * 51}, "messageId"),
        ({"vendorId": PNC, "data": {}}, "data"),
        ({"vendorId": PNC, "customData": {"vendorId": "x"}}, "customData"),
    ):
        answer = csms.send("1.6", "DataTransfer", body)
        assert (answer.status, answer.code) == (400, "invalid_request")
        assert named in answer.json["fields"]


def test_another_operators_station_is_forbidden_even_for_nonsense(csms: Csms) -> None:
    body = transfer("com.example", None, None)
    answer = csms.send("1.6", "DataTransfer", body, client="other_cpo")
    assert (answer.status, answer.code) == (403, "station_not_yours")


def test_authorize_for_plug_and_charge(csms: Csms) -> None:
    """EVerest and MaEVe put the AuthorizeRequest of OCPP 2.0.1 into `data`."""
    emaid = new_emaid()
    asked: dict[str, Any] = {"idToken": {"idToken": emaid, "type": "eMAID"}, "certificate": "x"}
    answer = csms.transferred("Authorize", asked)
    assert published.errors("2.0.1", "Authorize", answer, response=True) == []
    assert answer["certificateStatus"] == "CertChainError"
    assert answer["customData"]["vendorId"] == "evtrust"


def test_authorize_in_the_older_words(csms: Csms) -> None:
    hashed = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "ab",
        "issuerKeyHash": "cd",
        "serialNumber": "1",
    }
    asked = {
        "idToken": {"idToken": new_emaid(), "type": "eMAID"},
        "15118CertificateHashData": [hashed],
    }
    answer = csms.transferred("Authorize", asked, HAS2BE)
    assert set(answer) == {"idTokenInfo", "certificateStatus", "customData"}
    assert answer["idTokenInfo"] == {"status": "Invalid"}


@given(st.text(max_size=200))
def test_whatever_stands_in_data_is_answered_or_refused(data: str) -> None:
    def echo(_: Principal, __: object, body: bytes) -> tuple[int, bytes]:
        return 200, json.dumps({"status": "Accepted", "more": body.decode()}).encode()

    for vendor_id, handle in ((PNC, echo), (HAS2BE, InOcpp20(echo))):
        answering = AnswerDataTransfer({(vendor_id, "Echo"): handle}, lambda *_: None)
        try:
            body = json.dumps(transfer(vendor_id, "Echo", data), ensure_ascii=False).encode()
        except UnicodeEncodeError:  # a lone surrogate
            return
        try:
            status, answer = answering(CPO, {"station_id": "CS-1"}, body)
        except ServiceError as refusal:
            assert refusal.code == "invalid_request"
            return
        assert status == 200
        assert json.loads(answer)["status"] == "Accepted"
