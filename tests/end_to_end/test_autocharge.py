"""A clone far away, on a started service: the driver is asked, says yes, and may charge."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from autocharge.store.tables import assessments, sightings
from foundation.database import Database
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service, eventually
from tests.end_to_end.test_webhooks import PATIENCE, at, register, working
from tests.foundation.receivers import OK, Receiver, answering, receiver

HANOVER = {"latitude": 52.375, "longitude": 9.732}
PLACES = ("hanover-1", "hanover-2")


@pytest.fixture(params=on_either_database("autocharge"))
def started(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[tuple[Service, Database]]:
    with demonstrations.copied(request.param, tmp_path, workers=1) as service:
        yield from _started(service)


def _started(service: Service) -> Iterator[tuple[Service, Database]]:
    service.environment["EVTRUST_EGRESS_NETWORKS"] = "127.0.0.0/8"
    url = service.environment["EVTRUST_DATABASE_URL"]
    database = Database(url)
    try:
        with service.serving():
            for station_id in PLACES:
                body = {"station_id": station_id, "operator_id": "DEEVT", "coordinates": HANOVER}
                assert service.ask("POST", "/v1/stations", body, client="cpo").status == 201
            yield service, database
    finally:
        database.close()


def ask_at(service: Service, station_id: str) -> Any:
    answer = service.ask(
        "POST",
        "/v1/authorizations",
        {"station_id": station_id, "identification": service.autocharge_vehicle},
        client="cpo",
    )
    assert answer.status == 200, answer.body
    return answer.json


def ocpp(service: Service, version: str, payload: object) -> Any:
    path = f"/ocpp/{version}/{PLACES[0]}/Authorize"
    answer = service.ask("POST", path, payload, client="cpo")
    assert answer.status == 200, answer.body
    return answer.json


def answer(service: Service, reference: str, what: str, client: str = "mo") -> tuple[int, Any]:
    path = f"/v1/autocharge/step-ups/{reference}"
    given = service.ask("POST", path, {"answer": what}, client=client)
    return given.status, given.json


def told_of(told: Receiver, event_type: str) -> list[Any]:
    bodies = [json.loads(one.partition(b"\r\n\r\n")[2]) for one in list(told.requests)]
    return [body["payload"] for body in bodies if body["eventType"] == event_type]


def test_a_clone_far_away_makes_the_driver_be_asked(started: tuple[Service, Database]) -> None:
    service, database = started
    mac = service.told["demo"]["mac"]
    in_201 = {"idToken": {"idToken": mac, "type": "MacAddress"}}
    in_16 = {"idTag": f"VID:{mac}"}
    with receiver(answering(OK)) as told, working(service):
        register(service, at(told.port), "autocharge.step_up_requested")
        register(service, at(told.port), "autocharge.step_up_answered", client="cpo")
        assert service.authorise(service.autocharge_vehicle)["outcome"] == "accepted"
        stopped = ask_at(service, PLACES[0])
        assert stopped["outcome"] == "step_up"
        assert stopped["evcoid"] is None
        codes = [reason["code"] for reason in stopped["reasons"]]
        assert "risk_impossible_travel" in codes
        assert codes[-1] == "confirmation_needed"
        info = ocpp(service, "2.0.1", in_201)["idTokenInfo"]
        assert info["status"] == "Invalid"
        assert "confirm" in info["personalMessage"]["content"]
        assert ocpp(service, "1.6", in_16) == {"idTagInfo": {"status": "Invalid"}}

        eventually(lambda: told_of(told, "autocharge.step_up_requested"), PATIENCE)
        [asked] = told_of(told, "autocharge.step_up_requested")  # once, however often they ask
        assert asked["reference"] == stopped["reference"]
        assert asked["station_id"] == PLACES[0]
        assert answer(service, asked["reference"], "confirm", "cpo")[0] == 403
        assert answer(service, asked["reference"], "confirm", "oem")[0] == 403
        assert ask_at(service, PLACES[0])["outcome"] == "step_up"
        status, confirmed = answer(service, asked["reference"], "confirm")
        assert (status, confirmed["state"]) == (200, "confirmed")

        eventually(lambda: told_of(told, "autocharge.step_up_answered"), PATIENCE)
        assert told_of(told, "autocharge.step_up_answered") == [
            {
                "reference": asked["reference"],
                "station_id": PLACES[0],
                "operator_id": "DEEVT",
                "answer": "confirm",
            }
        ]
        accepted = ask_at(service, PLACES[0])
        assert accepted["outcome"] == "accepted"
        assert "risk_confirmed" in [reason["code"] for reason in accepted["reasons"]]
        assert ocpp(service, "2.0.1", in_201)["idTokenInfo"]["status"] == "Accepted"
        assert ocpp(service, "1.6", in_16)["idTagInfo"]["status"] == "Accepted"

        assert answer(service, asked["reference"], "confirm")[0] == 200
        status, problem = answer(service, asked["reference"], "decline")
        assert (status, problem["code"]) == (409, "step_up_answered")
        assert ask_at(service, PLACES[1])["outcome"] == "step_up"  # it confirmed one station
    _nothing_in_clear(service, database, mac)


def _nothing_in_clear(service: Service, database: Database, mac: str) -> None:
    logged = service.log() + (service.home / "worker.log").read_text()
    assert mac not in logged.upper()
    with database.read() as connection:
        rows = connection.execute(sa.select(sightings)).all()
        features = connection.scalars(sa.select(assessments.c.features)).all()
    assert len(rows) == 9
    assert len(features) == 9
    for row in rows:
        for value in row:
            text = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            assert mac.encode() not in text.upper()


def test_a_declined_vehicle_is_refused_there(started: tuple[Service, Database]) -> None:
    service, _ = started
    assert service.authorise(service.autocharge_vehicle)["outcome"] == "accepted"
    reference = ask_at(service, PLACES[0])["reference"]
    assert answer(service, reference, "decline")[0] == 200
    refused = ask_at(service, PLACES[0])
    assert refused["outcome"] == "invalid"
    assert refused["reasons"][-1]["code"] == "step_up_declined"


def test_sightings_are_shown_to_those_they_concern(started: tuple[Service, Database]) -> None:
    service, _ = started
    demo = service.told["demo"]
    decided = service.authorise(service.autocharge_vehicle)
    report = {
        "station_id": PLACES[0],
        "identifiers": [
            {"type": "mac", "value": "98:ED:5C:00:00:01"},
            {"type": "vin", "value": demo["vin"]},
        ],
    }
    assert service.ask("POST", "/v1/autocharge/sightings", report, client="cpo").status == 201
    resolved = service.ask(
        "POST", "/v1/autocharge/resolve", {"type": "mac", "value": demo["mac"]}, client="mo"
    ).json
    path = f"/v1/autocharge/sightings?enrolment_id={resolved['enrolment_id']}"
    [own] = service.ask("GET", path, client="mo").json["sightings"]
    assert own["vehicle"] == resolved["enrolment_id"]
    assert own["reference"] == decided["reference"]
    assert (own["accepted"], own["source"]) == (True, "json_api")
    path = f"/v1/autocharge/sightings?station_id={PLACES[0]}"
    shown = service.ask("GET", path, client="cpo")
    assert {one["source"] for one in shown.json["sightings"]} == {"slac"}
    assert len({one["vehicle"] for one in shown.json["sightings"]}) == 2
    for secret in (demo["vin"], "98ED5C000001", "98:ED:5C:00:00:01"):
        assert secret not in shown.body.decode()
    assert service.ask("GET", path, client="mo").status == 403
    assert service.ask("GET", "/v1/autocharge/sightings", client="cpo").status == 400
