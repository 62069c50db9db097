"""A contract that may use some EVSEs of a station only, and where charging then begins."""

import secrets
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.server.assembly import Application
from tests.server.sites import Scene, made_scene


@pytest.fixture
def scene(application: Application) -> Scene:
    made = made_scene(application)
    made.site()
    made.restrict(connector_types=["IEC_62196_T2_COMBO"])
    return made


def begin(scene: Scene, version: str, evse: int | None, **more: object) -> Any:
    event = {
        "eventType": "Started",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": secrets.token_hex(8)},
        "evse": None if evse is None else {"id": evse},
        "idToken": scene.card,
        **more,
    }
    event = {member: value for member, value in event.items() if value is not None}
    path = f"/ocpp/{version}/{scene.station_id}/TransactionEvent"
    answer = scene.application.ask("POST", path, event, client="cpo")
    assert answer.status == 200, answer
    return answer.json


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_charging_begins_at_an_evse_that_the_decision_left_out(scene: Scene, version: str) -> None:
    authorised = scene.ocpp(version, scene.card)
    reference = authorised["customData"]["reference"]
    assert authorised["idTokenInfo"]["evseId"] == [1]
    refused = begin(scene, version, 2)
    assert refused["idTokenInfo"]["status"] == "NotAllowedTypeEVSE"
    assert "customData" not in refused  # no session
    named = {"customData": {"vendorId": "evtrust", "reference": reference}}
    assert begin(scene, version, 2, **named)["idTokenInfo"]["status"] == "NotAllowedTypeEVSE"
    # the decision is still there for the EVSE that it is for
    begun = begin(scene, version, 1)
    assert begun["idTokenInfo"]["status"] == "Accepted"
    assert begun["customData"]["reference"] == reference


def test_the_evse_that_a_station_named_before_the_token_counts(scene: Scene) -> None:
    scene.ocpp("2.0.1", scene.card)
    plugged = {"transactionId": secrets.token_hex(8)}
    told = begin(scene, "2.0.1", 2, idToken=None, transactionInfo=plugged)
    assert told == {}
    then = {"eventType": "Updated", "seqNo": 1, "transactionInfo": plugged}
    status = begin(scene, "2.0.1", None, **then)["idTokenInfo"]["status"]
    assert status == "NotAllowedTypeEVSE"


def test_an_evse_that_the_station_does_not_have_is_not_here(scene: Scene) -> None:
    told = begin(scene, "2.1", 3)["idTokenInfo"]
    assert (told["status"], told["evseId"]) == ("NotAtThisLocation", [1])


def test_an_emaid_alone_goes_with_the_decision_and_its_evses(scene: Scene) -> None:
    by_card = scene.ocpp("2.0.1", scene.card)["customData"]["reference"]
    token = {"idToken": scene.emaid, "type": "eMAID"}
    refused = begin(scene, "2.0.1", 2, idToken=token)
    assert refused["idTokenInfo"] | {"personalMessage": None} == {
        "status": "NotAtThisLocation",
        "evseId": [1],
        "personalMessage": None,
    }
    begun = begin(scene, "2.0.1", 1, idToken=token)
    assert (begun["idTokenInfo"]["status"], begun["customData"]["reference"]) == (
        "Accepted",
        by_card,
    )
