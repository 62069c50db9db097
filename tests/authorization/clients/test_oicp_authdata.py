"""eRoamingPushAuthenticationData to the letter, against a small server on loopback."""

import ipaddress
import json
from typing import Any

import pytest

from authorization.clients.oicp_authdata import PushToOicpHub
from authorization.clients.partner_calls import PartnerCalls
from authorization.model.authdata import Action, AuthdataRecord
from tests.authorization.clients.test_oicp_hub import Stored, http
from tests.authorization.operations.test_push_authdata import EVCO, RFID
from tests.authorization.partners import POLICY, partner
from tests.foundation.receivers import Receiver, answering, receiver

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
RECORDS = [AuthdataRecord("1", "1", EVCO), AuthdataRecord("2", "1", RFID)]
TAKEN = {"Result": True, "StatusCode": {"Code": "000"}}


def push(answer: bytes, action: Action = Action.INSERT) -> tuple[str | None, Receiver]:
    with receiver(answering(answer)) as at:
        hub = partner(base_url=f"http://127.0.0.1:{at.port}")
        send = PushToOicpHub(PartnerCalls(Stored(), POLICY, LOOPBACK))
        return send(hub, "DEABC", action, RECORDS), at


@pytest.mark.parametrize("action", Action)
def test_the_request_is_oicp_s_to_the_letter(action: Action) -> None:
    failed, at = push(http(TAKEN), action)
    assert failed is None
    head, _, body = at.requests[0].partition(b"\r\n\r\n")
    path = "/api/oicp/authdata/v21/providers/DE-ABC/push-request"
    assert head.decode().startswith(f"POST {path} HTTP/1.1\r\n")
    assert json.loads(body) == {
        "ActionType": {"FULL_LOAD": "fullLoad", "INSERT": "insert", "DELETE": "delete"}[
            action.name
        ],
        "ProviderAuthenticationData": {
            "ProviderID": "DE-ABC",
            "AuthenticationDataRecord": [{"Identification": EVCO}, {"Identification": RFID}],
        },
    }


@pytest.mark.parametrize(
    ("told", "failed"),
    [
        ({"Result": False, "StatusCode": {"Code": "019"}}, "refused: 019"),
        ({"Result": True, "StatusCode": {"Code": "022"}}, "refused: 022"),
        ({"Result": False, "StatusCode": {"Code": "000"}}, "refused: 000"),
        ({"Result": "true", "StatusCode": {"Code": "000"}}, "unreadable"),
        ({"StatusCode": {"Code": "000"}}, "unreadable"),
        (b"", "unreadable"),
        (b" " * 100_000, "unreadable"),
    ],
)
def test_http_200_without_a_yes_inside_is_none(told: Any, failed: str) -> None:
    assert push(http(told))[0] == failed


def test_an_http_error_is_a_failure() -> None:
    assert push(http(TAKEN, "500 Internal Server Error"))[0] == "failed"
    assert push(http(TAKEN, "401 Unauthorized"))[0] == "not_authenticated"
